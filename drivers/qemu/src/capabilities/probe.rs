//! Asking a binary: one process with KVM where the host has it, one without, side by side, all questions at once.

use std::io::{Read, Seek};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use ferrovirt_core::{Error, Result};
use ferrovirt_host::process::{Command, Process, Signal};
use rustix::fs::MemfdFlags;

use super::answers::{Answers, Plan};
use super::host::kvm_is_usable;
use super::{Capabilities, queries};
use crate::qmp::{Client, Options};
use crate::reactor::Reactor;

/// How a binary is probed.
#[derive(Debug, Clone)]
pub struct ProbeOptions {
    /// User and group to run it as, where we are root and guests are not.
    pub identity: Option<(u32, u32)>,
    /// How long any one answer may take.
    pub deadline: Duration,
    /// Also ask what differs with KVM, if this host has it.
    pub with_kvm: bool,
}

impl Default for ProbeOptions {
    fn default() -> Self {
        Self { identity: None, deadline: Duration::from_secs(30), with_kvm: true }
    }
}

/// Asks a binary what it can do. Blocks for as long as that takes, some 50 to 100 ms.
pub fn probe(reactor: &Reactor, binary: &Path, options: &ProbeOptions) -> Result<Capabilities> {
    let answers = converse(reactor, binary, options)?;
    let explain = |e: Error| e.context(format_args!("cannot probe '{}'", binary.display()));
    Capabilities::from_answers(&answers[0], answers.get(1)).map_err(explain)
}

/// Asks a binary and gives its answers as they came: from the best accelerator, and from TCG if that is another.
pub fn converse(reactor: &Reactor, binary: &Path, options: &ProbeOptions) -> Result<Vec<Answers>> {
    if !(options.with_kvm && kvm_is_usable()) {
        let (mut only, socket) = Candidate::start(binary, "none,accel=tcg", options)?;
        let deadline = options.deadline;
        let answers = reactor.call(async move { ask(socket, deadline, queries::first).await });
        return Ok(vec![only.explained(answers)?]);
    }
    let (mut first, first_socket) = Candidate::start(binary, "none,accel=kvm:tcg", options)?;
    let (mut second, second_socket) = Candidate::start(binary, "none,accel=tcg", options)?;
    let deadline = options.deadline;
    let (one, other) = reactor.call(async move {
        Ok(tokio::join!(
            ask(first_socket, deadline, queries::first),
            ask(second_socket, deadline, queries::accelerator)
        ))
    })?;
    Ok(vec![first.explained(one)?, second.explained(other)?])
}

/// Holds the whole conversation with one process.
async fn ask(socket: UnixStream, deadline: Duration, first: fn(&mut Plan)) -> Result<Answers> {
    let options = Options { deadline, ..Options::default() };
    let (client, _events) = Client::from_socket(socket, options).await?;
    let mut answers = Answers::default();
    let mut plan = Plan::default();
    first(&mut plan);
    answers.collect(&client, plan).await?;
    let mut plan = Plan::default();
    queries::second(&answers, &mut plan);
    answers.collect(&client, plan).await?;
    Ok(answers)
}

/// A QEMU that is there to be asked; killed and reaped when dropped.
struct Candidate {
    process: Process,
    complaints: std::fs::File,
    what: String,
}

impl Candidate {
    fn start(binary: &Path, machine: &str, options: &ProbeOptions) -> Result<(Self, UnixStream)> {
        let what = format!("cannot probe '{}'", binary.display());
        let failed = |e: std::io::Error| Error::system(e, &what);
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        // What it says is of interest only when it fails, and must not be able to block it.
        let complaints =
            rustix::fs::memfd_create("qemu-probe", MemfdFlags::CLOEXEC).map_err(|e| failed(e.into()))?;
        let complaints = std::fs::File::from(complaints);
        let mut command = Command::new(binary);
        command.args(["-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", machine]);
        // Nobody must tell it to go: a pair's other end is ours alone, and it dies with us.
        let fd = command.pass_fd(OwnedFd::from(theirs))?;
        command.args([
            "-chardev",
            &format!("socket,id=monitor,fd={fd}"),
            "-mon",
            "chardev=monitor,mode=control",
        ]);
        command.env("LC_ALL", "C").env_pass(["PATH"]).current_dir("/").new_session().die_with_parent();
        command.stderr(complaints.try_clone().map_err(failed)?);
        if let Some((uid, gid)) = options.identity {
            command.identity(uid, gid, &[gid]);
        }
        let process = command.spawn().map_err(|e| e.context(&what))?;
        Ok((Self { process, complaints, what }, ours))
    }

    /// Adds to an error what the process itself had to say.
    fn explained<T>(&mut self, result: Result<T>) -> Result<T> {
        // Whether all went well or not, it is not needed any longer; it can die while the answers are read.
        let _ = self.process.kill(Signal::KILL);
        result.map_err(|e| {
            let mut said = String::new();
            let _ = self.complaints.rewind();
            let _ = (&self.complaints).take(16 * 1024).read_to_string(&mut said);
            match said.trim() {
                "" => e.context(&self.what),
                said => Error::internal(format!("{}: {said}", self.what)).caused_by(e),
            }
        })
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        let _ = self.process.kill(Signal::KILL);
        if let Err(error) = self.process.wait() {
            tracing::warn!(%error, pid = self.process.pid(), "a probed QEMU was not reaped");
        }
    }
}
