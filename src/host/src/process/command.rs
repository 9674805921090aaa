//! What to start and how: the builder of a child process.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ferrovirt_core::{Error, Result};
use rustix::process::{Resource, Rlimit};
use rustix::thread::CpuSet;

use super::descriptors::place;
use super::handle::Process;
use super::kernel::{self, Failure, Plan, Step};

/// A program to start, with everything that the child gets from us; it gets nothing else.
///
/// The environment starts empty, the standard streams are `/dev/null`, no descriptor is passed, signals are at their
/// defaults and unblocked, whatever the calling program has set up for itself.
#[derive(Debug)]
pub struct Command {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    stdio: [Stdio; 3],
    passed: Vec<(Arc<OwnedFd>, RawFd)>,
    /// Which of the numbers in `passed` somebody chose.
    chosen: Vec<RawFd>,
    new_session: bool,
    umask: Option<u32>,
    limits: Vec<(Resource, Rlimit)>,
    affinity: Option<CpuSet>,
    cgroups: Vec<File>,
    identity: Option<Identity>,
    die_with_parent: bool,
}

/// The numbers that can be chosen for a child's descriptors: above the standard streams, below those that are not.
const CHOSEN: std::ops::Range<RawFd> = 3..64;

/// Where one of the child's standard streams leads.
#[derive(Debug, Clone, Default)]
pub enum Stdio {
    /// `/dev/null`.
    #[default]
    Null,
    /// The same as the calling program's.
    Inherit,
    File(Arc<OwnedFd>),
}

impl<T: Into<OwnedFd>> From<T> for Stdio {
    fn from(file: T) -> Self {
        Self::File(Arc::new(file.into()))
    }
}

impl Stdio {
    /// A log that is appended to, readable by its owner only; made where it is missing.
    pub fn append(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        file.map(Self::from)
            .map_err(|e| Error::system(e, format_args!("cannot open log file '{}'", path.display())))
    }
}

#[derive(Debug)]
struct Identity {
    uid: u32,
    gid: u32,
    groups: Vec<u32>,
}

impl Command {
    /// A program by its path; a bare name is looked for in the directories of our `PATH`.
    pub fn new(program: impl AsRef<Path>) -> Self {
        Self {
            program: program.as_ref().to_path_buf(),
            args: Vec::new(),
            env: Vec::new(),
            directory: None,
            stdio: Default::default(),
            passed: Vec::new(),
            chosen: Vec::new(),
            new_session: false,
            umask: None,
            limits: Vec::new(),
            affinity: None,
            cgroups: Vec::new(),
            identity: None,
            die_with_parent: false,
        }
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.args.push(arg.as_ref().to_os_string());
        self
    }

    pub fn args<A: AsRef<OsStr>>(&mut self, args: impl IntoIterator<Item = A>) -> &mut Self {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_os_string()));
        self
    }

    /// The arguments so far, without the program's name.
    pub fn arguments(&self) -> &[OsString] {
        &self.args
    }

    /// Sets a variable of the child's environment, which starts empty.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        let name = name.as_ref().to_os_string();
        let value = value.as_ref().to_os_string();
        match self.env.iter_mut().find(|(have, _)| *have == name) {
            Some((_, old)) => *old = value,
            None => self.env.push((name, value)),
        }
        self
    }

    /// Gives the child our value of each of these variables that we have.
    pub fn env_pass<N: AsRef<OsStr>>(&mut self, names: impl IntoIterator<Item = N>) -> &mut Self {
        for name in names {
            if let Some(value) = std::env::var_os(name.as_ref()) {
                self.env(name, value);
            }
        }
        self
    }

    /// The environment so far, in the order in which it was set.
    pub fn environment(&self) -> &[(OsString, OsString)] {
        &self.env
    }

    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.directory = Some(directory.as_ref().to_path_buf());
        self
    }

    pub fn stdin(&mut self, stream: impl Into<Stdio>) -> &mut Self {
        self.stdio[0] = stream.into();
        self
    }

    pub fn stdout(&mut self, stream: impl Into<Stdio>) -> &mut Self {
        self.stdio[1] = stream.into();
        self
    }

    pub fn stderr(&mut self, stream: impl Into<Stdio>) -> &mut Self {
        self.stdio[2] = stream.into();
        self
    }

    /// Hands a descriptor to the child and returns the number under which it finds it there, 64 or above.
    ///
    /// It has the same number here, so that an argument can name it at once. It stays close-on-exec here: no other
    /// child gets it. Our copy is closed when the command is dropped.
    pub fn pass_fd(&mut self, fd: OwnedFd) -> Result<RawFd> {
        // Out of the way of numbers that somebody chooses: which ones are free here is chance.
        let fd = if fd.as_raw_fd() < CHOSEN.end {
            rustix::io::fcntl_dupfd_cloexec(fd.as_fd(), CHOSEN.end)
                .map_err(|e| Error::system(e, "cannot duplicate a descriptor for a child"))?
        } else {
            fd
        };
        let number = fd.as_raw_fd();
        self.passed.push((Arc::new(fd), number));
        Ok(number)
    }

    /// Hands a descriptor to the child under a number of the caller's choice, 3 to 63.
    pub fn pass_fd_as(&mut self, fd: OwnedFd, number: RawFd) -> &mut Self {
        self.passed.push((Arc::new(fd), number));
        self.chosen.push(number);
        self
    }

    /// Makes the child the leader of a session of its own, out of reach of our terminal's signals.
    pub fn new_session(&mut self) -> &mut Self {
        self.new_session = true;
        self
    }

    pub fn umask(&mut self, mask: u32) -> &mut Self {
        self.umask = Some(mask);
        self
    }

    pub fn limit(&mut self, resource: Resource, limit: Rlimit) -> &mut Self {
        self.limits.push((resource, limit));
        self
    }

    /// The CPUs that the child may run on.
    pub fn affinity(&mut self, cpus: CpuSet) -> &mut Self {
        self.affinity = Some(cpus);
        self
    }

    /// A `cgroup.procs` (or `tasks`) file, open for writing, of a control group that the child joins before it runs.
    pub fn cgroup(&mut self, procs: File) -> &mut Self {
        self.cgroups.push(procs);
        self
    }

    /// Runs the child as this user and group with these supplementary groups and no others.
    pub fn identity(&mut self, uid: u32, gid: u32, groups: &[u32]) -> &mut Self {
        self.identity = Some(Identity { uid, gid, groups: groups.to_vec() });
        self
    }

    /// Has the kernel kill the child when the *thread* that spawns it ends, which the end of the program implies.
    ///
    /// For helpers that are waited for on the spot, never for guests.
    pub fn die_with_parent(&mut self) -> &mut Self {
        self.die_with_parent = true;
        self
    }

    /// Starts the program; it has been reached when this returns, so a missing one is an error here.
    pub fn spawn(&self) -> Result<Process> {
        let program = self.resolve()?;
        let mut wanted = self.standard_streams()?;
        wanted.extend(self.passed.iter().cloned());
        if let Some(number) = self.chosen.iter().find(|number| !CHOSEN.contains(number)) {
            return Err(Error::internal(format!("a child's descriptor can't be given the number {number}")));
        }
        let placement = place(&wanted)?;
        let plan = self.plan(&program, placement.pairs.clone())?;
        let (pid, pidfd) = kernel::launch(&plan).map_err(|failure| self.explain(&program, failure))?;
        tracing::debug!(program = %program.display(), pid, "started");
        Ok(Process::of_child(pid, pidfd))
    }

    /// The program's path; as shells do, only a name without a slash is looked for.
    fn resolve(&self) -> Result<PathBuf> {
        if self.program.as_os_str().as_bytes().contains(&b'/') {
            return Ok(self.program.clone());
        }
        find_in_path(&self.program).ok_or_else(|| {
            let missing = std::io::Error::from(rustix::io::Errno::NOENT);
            Error::system(missing, format_args!("cannot find '{}' in PATH", self.program.display()))
        })
    }

    fn standard_streams(&self) -> Result<Vec<(Arc<OwnedFd>, RawFd)>> {
        let mut streams = Vec::with_capacity(3);
        for (stream, number) in self.stdio.iter().zip(0..) {
            match stream {
                Stdio::Inherit => {}
                Stdio::File(fd) => streams.push((fd.clone(), number)),
                Stdio::Null => {
                    let null = OpenOptions::new().read(true).write(true).open("/dev/null");
                    let null = null.map_err(|e| Error::system(e, "cannot open '/dev/null'"))?;
                    streams.push((Arc::new(null.into()), number));
                }
            }
        }
        Ok(streams)
    }

    fn plan(&self, program: &Path, descriptors: Vec<(RawFd, RawFd)>) -> Result<Plan> {
        let name = c_string(self.program.as_os_str())?;
        let args = self.args.iter().map(|a| c_string(a));
        let env = self.env.iter().map(|(name, value)| {
            let mut pair = name.clone();
            pair.push("=");
            pair.push(value);
            c_string(&pair)
        });
        let cgroups = self.cgroups.iter().map(File::try_clone).collect::<std::io::Result<_>>();
        Ok(Plan {
            program: c_string(program.as_os_str())?,
            args: std::iter::once(Ok(name)).chain(args).collect::<Result<_>>()?,
            env: env.collect::<Result<_>>()?,
            directory: self.directory.as_ref().map(|d| c_string(d.as_os_str())).transpose()?,
            descriptors,
            new_session: self.new_session,
            umask: self.umask,
            limits: self
                .limits
                .iter()
                .map(|(resource, limit)| (*resource as u32, raw_limit(limit)))
                .collect(),
            affinity: self.affinity,
            cgroups: cgroups.map_err(|e| Error::system(e, "cannot duplicate a control group's file"))?,
            groups: self.identity.as_ref().map(|i| i.groups.clone()),
            gid: self.identity.as_ref().map(|i| i.gid),
            uid: self.identity.as_ref().map(|i| i.uid),
            die_with_parent: self.die_with_parent,
        })
    }

    fn explain(&self, program: &Path, failure: Failure) -> Error {
        let step = match failure.step {
            Step::Clone => "a new process can't be made".to_string(),
            Step::Session => "a new session can't be made".into(),
            Step::Limits => "its resource limits can't be set".into(),
            Step::Affinity => "it can't be bound to its CPUs".into(),
            Step::Cgroup => "it can't join its control group".into(),
            Step::Directory => {
                let directory = self.directory.as_deref().unwrap_or(Path::new(""));
                format!("its working directory '{}' can't be entered", directory.display())
            }
            Step::Identity => match &self.identity {
                Some(i) => format!("it can't become user {} and group {}", i.uid, i.gid),
                None => "its user can't be changed".into(),
            },
            Step::ParentDeath => "it can't be bound to the life of its parent".into(),
            Step::Descriptors => "its file descriptors can't be put in place".into(),
            Step::Execute => {
                return Error::system(failure.error, format_args!("cannot execute '{}'", program.display()));
            }
        };
        Error::system(failure.error, format_args!("cannot execute '{}': {step}", program.display()))
    }
}

fn find_in_path(name: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/sbin:/usr/bin:/sbin:/bin".into());
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|candidate| {
        candidate.is_file() && rustix::fs::access(candidate, rustix::fs::Access::EXEC_OK).is_ok()
    })
}

fn raw_limit(limit: &Rlimit) -> libc::rlimit {
    libc::rlimit {
        rlim_cur: limit.current.unwrap_or(libc::RLIM_INFINITY),
        rlim_max: limit.maximum.unwrap_or(libc::RLIM_INFINITY),
    }
}

fn c_string(text: &OsStr) -> Result<CString> {
    CString::new(text.as_bytes())
        .map_err(|_| Error::invalid_arg(format!("'{}' has a zero byte in it", text.to_string_lossy())))
}
