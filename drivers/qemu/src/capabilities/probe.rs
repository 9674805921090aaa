//! Asking a binary: one process with KVM where the host has it, one without, side by side, all questions at once.

use std::future::Future;
use std::io::{Read, Seek};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ferrovirt_core::{Error, ErrorCode, Result};
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
    let answers = match converse(reactor, binary, options) {
        // Once in a long while a QEMU among many that start at once never says a word: another one is asked then.
        Err(err) if err.code() == ErrorCode::OperationTimeout => {
            tracing::warn!(binary = %binary.display(), %err, "the emulator is asked once more");
            converse(reactor, binary, options)?
        }
        told => told?,
    };
    let explain = |e: Error| e.context(format_args!("cannot probe '{}'", binary.display()));
    Capabilities::from_answers(&answers[0], answers.get(1)).map_err(explain)
}

/// Asks a binary and gives its answers as they came: from the best accelerator, and from TCG if that is another.
pub fn converse(reactor: &Reactor, binary: &Path, options: &ProbeOptions) -> Result<Vec<Answers>> {
    if !options.with_kvm {
        return Ok(vec![hold(reactor, binary, TCG, options, queries::first)?]);
    }
    if kvm_is_usable() {
        let mut first = Candidate::start(binary, BEST, options)?;
        let mut second = Candidate::start(binary, TCG, options)?;
        let (one, other) = (first.ask(options, queries::first), second.ask(options, queries::accelerator));
        let (one, other) = reactor.call(async move { Ok(tokio::join!(one, other)) })?;
        return Ok(vec![first.explained(one)?, second.explained(other)?]);
    }
    // Hardly, but its word counts: there may be another way to the accelerator than ours.
    let first = hold(reactor, binary, BEST, options, queries::first)?;
    if !queries::has_kvm(&first) {
        return Ok(vec![first]);
    }
    let second = hold(reactor, binary, TCG, options, queries::accelerator)?;
    Ok(vec![first, second])
}

/// With KVM, if that can be had.
const BEST: &str = "none,accel=kvm:tcg";
const TCG: &str = "none,accel=tcg";

/// Starts one process and holds the whole conversation with it.
fn hold(
    reactor: &Reactor,
    binary: &Path,
    machine: &str,
    options: &ProbeOptions,
    first: fn(&mut Plan),
) -> Result<Answers> {
    let mut candidate = Candidate::start(binary, machine, options)?;
    let asked = candidate.ask(options, first);
    let answers = reactor.call(asked);
    candidate.explained(answers)
}

/// A QEMU that is there to be asked; killed and reaped when dropped.
struct Candidate {
    process: Arc<Process>,
    complaints: std::fs::File,
    what: String,
    folder: Folder,
}

/// The folder of a monitor's socket; nobody else gets in, and it is gone with what drops it.
struct Folder(PathBuf);

impl Folder {
    fn make(identity: Option<(u32, u32)>) -> std::io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folders = std::env::temp_dir();
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folders.join(format!("qemu-probe-{}-{number}", std::process::id()));
            match std::fs::DirBuilder::new().mode(0o700).create(&path) {
                Err(err) if err.kind() == std::io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let folder = Self(path);
            if let Some((uid, gid)) = identity {
                std::os::unix::fs::chown(&folder.0, Some(uid), Some(gid))?;
            }
            return Ok(folder);
        }
    }

    fn socket(&self) -> PathBuf {
        self.0.join("qmp")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the folder of a probe is left behind");
        }
    }
}

impl Candidate {
    fn start(binary: &Path, machine: &str, options: &ProbeOptions) -> Result<Self> {
        let what = format!("cannot probe '{}'", binary.display());
        let failed = |e: std::io::Error| Error::system(e, &what);
        let folder = Folder::make(options.identity).map_err(failed)?;
        // What it says is of interest only when it fails, and must not be able to block it.
        let complaints =
            rustix::fs::memfd_create("qemu-probe", MemfdFlags::CLOEXEC).map_err(|e| failed(e.into()))?;
        let complaints = std::fs::File::from(complaints);
        let mut command = Command::new(binary);
        command.args(["-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", machine]);
        // A path and not a descriptor, as whatever stands in for an emulator knows it.
        command.args(["-qmp", &format!("unix:{},server=on,wait=off", folder.socket().display())]);
        command.env("LC_ALL", "C").env_pass(["PATH"]).current_dir("/").new_session().die_with_parent();
        command.stderr(complaints.try_clone().map_err(failed)?);
        if let Some((uid, gid)) = options.identity {
            command.identity(uid, gid, &[gid]);
        }
        let process = Arc::new(command.spawn().map_err(|e| e.context(&what))?);
        Ok(Self { process, complaints, what, folder })
    }

    /// The whole conversation.
    fn ask(
        &self,
        options: &ProbeOptions,
        first: fn(&mut Plan),
    ) -> impl Future<Output = Result<Answers>> + Send + use<> {
        let (socket, process, deadline) = (self.folder.socket(), self.process.clone(), options.deadline);
        async move {
            let options = Options { deadline, ..Options::default() };
            let stream = connect(&socket, &process, deadline).await?;
            let (client, _events) = Client::from_socket(stream, options).await?;
            let mut answers = Answers::default();
            let mut plan = Plan::default();
            first(&mut plan);
            answers.collect(&client, plan).await?;
            let mut plan = Plan::default();
            queries::second(&answers, &mut plan);
            answers.collect(&client, plan).await?;
            Ok(answers)
        }
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

/// Connects to a socket that a process is about to listen on.
async fn connect(socket: &Path, process: &Process, patience: Duration) -> Result<UnixStream> {
    let begin = tokio::time::Instant::now();
    loop {
        let err = match UnixStream::connect(socket) {
            Ok(stream) => return Ok(stream),
            Err(err) => err,
        };
        let is_early =
            matches!(err.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused);
        if process.has_ended()? {
            return Err(Error::internal("it has ended before it could be asked"));
        }
        if !is_early || begin.elapsed() > patience {
            return Err(Error::system(err, format_args!("cannot connect to '{}'", socket.display())));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
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
