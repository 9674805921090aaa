//! A daemon that a program leads to, over the program's standard input and output.

use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_rpc::frame::{Received, TcpTransport, Transport};
use parking_lot::Mutex;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use std::io::{self, Read};
use std::os::fd::BorrowedFd;
use std::process::{Child, ChildStderr, Command, Stdio};

/// What of a program's complaints is passed on.
const WORDS_MAX: usize = 4096;

/// A running program. It ends when dropped.
pub(super) struct CommandTransport {
    /// A socket to ourselves; it behaves as one to another host does, as no descriptors come through.
    socket: Option<TcpTransport>,
    child: Child,
    complaints: Mutex<Option<ChildStderr>>,
    secure: bool,
}

/// Starts the program; whether it gets anywhere shows when it is talked to.
pub(super) fn start(program: &str, arguments: &[String], secure: bool) -> Result<CommandTransport> {
    let failed = |err: io::Error| {
        Error::system(err, format!("cannot start '{program}' to reach the daemon")).domain(ErrorDomain::Rpc)
    };
    let pair = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    let (ours, theirs) = pair.map_err(|err| failed(err.into()))?;
    let input = Stdio::from(theirs.try_clone().map_err(failed)?);
    let mut command = Command::new(program);
    command.args(arguments).stdin(input).stdout(Stdio::from(theirs)).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    // It holds our copies of the other end, which must be gone for its end to be seen.
    drop(command);
    let complaints = child.stderr.take();
    if let Some(complaints) = &complaints {
        let flags = fcntl_getfl(complaints).map_err(|err| failed(err.into()))?;
        fcntl_setfl(complaints, flags | OFlags::NONBLOCK).map_err(|err| failed(err.into()))?;
    }
    let socket = Some(TcpTransport::new(ours));
    Ok(CommandTransport { socket, child, complaints: Mutex::new(complaints), secure })
}

impl CommandTransport {
    fn socket(&self) -> &TcpTransport {
        self.socket.as_ref().expect("it is taken only when this is dropped")
    }
}

impl Transport for CommandTransport {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket().descriptor()
    }

    fn send(&self, bytes: &[u8]) -> Result<usize, Errno> {
        self.socket().send(bytes)
    }

    fn send_fd(&self, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        self.socket().send_fd(fd)
    }

    fn receive(&self, space: &mut [u8]) -> Result<Received, Errno> {
        self.socket().receive(space)
    }

    fn passes_fds(&self) -> bool {
        false
    }

    fn is_secure(&self) -> bool {
        self.secure
    }

    /// What it has written to its standard error by the time at which it is gone.
    fn last_words(&self) -> Option<String> {
        let mut complaints = self.complaints.lock().take()?;
        let mut words = Vec::new();
        let mut chunk = [0; 1024];
        while let Ok(count @ 1..) = complaints.read(&mut chunk) {
            words.extend(&chunk[..count]);
            if words.len() > WORDS_MAX {
                break;
            }
        }
        let words = String::from_utf8_lossy(&words).trim().to_owned();
        (!words.is_empty()).then_some(words)
    }
}

impl Drop for CommandTransport {
    fn drop(&mut self) {
        self.socket.take();
        // One that has ended already is only collected.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
