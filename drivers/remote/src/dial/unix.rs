//! A daemon of this host, by its socket; the user's own is started if it does not run.

use super::Arrival;
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_rpc::frame::UnixTransport;
use rustix::fs::{FlockOperation, Mode, OFlags, fcntl_lock, open};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect as connect_to, socket_with,
};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A daemon that was started for us ends so many seconds after its last client.
const TIMEOUT: &str = "--timeout=120";
/// How long a daemon that was started may take to listen.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connects to `socket`; where nobody listens, `daemon` is started.
pub(super) fn connect(socket: &Path, daemon: Option<&Path>) -> Result<UnixTransport> {
    let failed = |err: Errno| {
        Error::system(err, format!("cannot connect to the daemon's socket '{}'", socket.display()))
            .domain(ErrorDomain::Rpc)
    };
    let Some(daemon) = daemon else {
        return reach(socket).map(UnixTransport::new).map_err(failed);
    };
    // Two clients that come at the same time start one daemon.
    let lock = Lock::take(socket, daemon)?;
    let mut arrival = Arrival::at(Some(socket));
    let mut until = None;
    loop {
        match reach(socket) {
            Ok(connected) => {
                drop(lock);
                return Ok(UnixTransport::new(connected));
            }
            Err(Errno::NOENT | Errno::CONNREFUSED) => {}
            Err(err) => return Err(failed(err)),
        }
        // It goes into the background when it listens; one of another kind may do so later.
        match until {
            None => {
                start(daemon)?;
                until = Some(Instant::now() + PATIENCE);
            }
            Some(until) if Instant::now() < until => arrival.wait(PATIENCE),
            Some(_) => return Err(failed(Errno::NOENT)),
        }
    }
}

/// Connects; a name that begins with '@' is not one of a file.
fn reach(path: &Path) -> Result<OwnedFd, Errno> {
    let address = match path.as_os_str().as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddrUnix::new_abstract_name(name)?,
        None => SocketAddrUnix::new(path)?,
    };
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    connect_to(&socket, &address)?;
    Ok(socket)
}

/// Starts a daemon, which goes into the background by itself: the program that was started ends once it listens.
fn start(daemon: &Path) -> Result<()> {
    let failed = |err: io::Error| {
        Error::system(err, format!("cannot start the user's own daemon '{}'", daemon.display()))
            .domain(ErrorDomain::Rpc)
    };
    let mut command = Command::new(daemon);
    command.args(["-d", TIMEOUT]).current_dir("/");
    // What this program is to find libraries by need not suit the daemon: libvirt's own does not run on our library.
    command.env_remove("LD_LIBRARY_PATH").env_remove("LD_PRELOAD");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(failed)?;
    if !status.success() {
        return Err(failed(io::Error::other(format!("it ended with {status}"))));
    }
    Ok(())
}

/// Held while a daemon may be started.
struct Lock {
    path: PathBuf,
    _file: OwnedFd,
}

impl Lock {
    fn take(socket: &Path, daemon: &Path) -> Result<Self> {
        let folder = socket.parent().unwrap_or(Path::new("/"));
        let name = daemon.file_name().unwrap_or_default().to_string_lossy();
        let path = folder.join(format!("{name}.lock"));
        let failed = |err: io::Error| {
            Error::system(err, format!("cannot lock '{}'", path.display())).domain(ErrorDomain::Rpc)
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let file = open(&path, flags, Mode::RUSR | Mode::WUSR).map_err(|err| failed(err.into()))?;
        fcntl_lock(&file, FlockOperation::LockExclusive).map_err(|err| failed(err.into()))?;
        Ok(Self { path, _file: file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The next client makes its own.
        let _ = fs::remove_file(&self.path);
    }
}
