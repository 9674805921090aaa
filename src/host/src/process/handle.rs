//! A process that is held on to: by pidfd, so that a number used again never gets a stranger killed.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use ferrovirt_core::{Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitIdStatus, pidfd_open, pidfd_send_signal, waitid,
};

/// What tells one process from all others since the host was booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProcessId {
    pub pid: u32,
    /// Clock ticks between boot and its start, as `/proc/PID/stat` has it.
    pub start_time: u64,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    Exited(i32),
    Killed {
        signal: i32,
        core_dumped: bool,
    },
    /// It is gone, but it was not our child, or the application reaped it before us.
    Unknown,
}

impl ExitStatus {
    pub fn success(self) -> bool {
        self == Self::Exited(0)
    }
}

impl std::fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit status {code}"),
            Self::Killed { signal, core_dumped: false } => write!(f, "killed by signal {signal}"),
            Self::Killed { signal, core_dumped: true } => write!(f, "killed by signal {signal}, core dumped"),
            Self::Unknown => f.write_str("exit status unknown"),
        }
    }
}

/// A running or ended process.
///
/// Dropping it neither kills nor reaps. As a descriptor it becomes readable when the process ends.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    pidfd: OwnedFd,
    start_time: OnceLock<u64>,
    /// Locked while it is being reaped: of two threads that wait, only one is told by the kernel.
    status: Mutex<Option<ExitStatus>>,
}

impl Process {
    pub(super) fn of_child(pid: u32, pidfd: OwnedFd) -> Self {
        Self { pid, pidfd, start_time: OnceLock::new(), status: Mutex::new(None) }
    }

    /// The process that has this number now; `None` if none has.
    pub fn attach(pid: u32) -> Result<Option<Self>> {
        let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
            return Ok(None);
        };
        match pidfd_open(number, PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Some(Self::of_child(pid, pidfd))),
            Err(Errno::SRCH) => Ok(None),
            Err(e) => Err(Error::system(e, format_args!("cannot watch process {pid}"))),
        }
    }

    /// The process that was noted down as `id`, even by an earlier run of ours; `None` if it is gone, also when
    /// its number has been given to another process since.
    pub fn attach_to(id: ProcessId) -> Result<Option<Self>> {
        let Some(process) = Self::attach(id.pid)? else {
            return Ok(None);
        };
        match process.id() {
            Ok(now) if now == id => Ok(Some(process)),
            _ => Ok(None),
        }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The identity to note down; to be asked for before the process is waited for.
    pub fn id(&self) -> Result<ProcessId> {
        if let Some(start_time) = self.start_time.get() {
            return Ok(ProcessId { pid: self.pid, start_time: *start_time });
        }
        let read = read_start_time(self.pid)?;
        // It keeps its number at least until it ends: if it still runs, what we read was its own.
        if self.has_ended()? {
            return Err(Error::operation_failed(format!("process {} has ended", self.pid)));
        }
        Ok(ProcessId { pid: self.pid, start_time: *self.start_time.get_or_init(|| read) })
    }

    /// Sends a signal; `false` where the process is already gone.
    pub fn kill(&self, signal: Signal) -> Result<bool> {
        match pidfd_send_signal(&self.pidfd, signal) {
            Ok(()) => Ok(true),
            Err(Errno::SRCH) => Ok(false),
            Err(e) => Err(Error::system(
                e,
                format_args!("cannot send signal {} to process {}", signal.as_raw(), self.pid),
            )),
        }
    }

    /// Whether it has ended, without reaping it.
    pub fn has_ended(&self) -> Result<bool> {
        self.poll_until(Some(Instant::now()))
    }

    /// How it ended, if it has; reaps it if it is our child.
    pub fn try_wait(&self) -> Result<Option<ExitStatus>> {
        self.wait_until(Some(Instant::now()))
    }

    /// Waits for its end and reaps it if it is our child.
    pub fn wait(&self) -> Result<ExitStatus> {
        self.wait_until(None).map(|status| status.expect("there is no deadline"))
    }

    /// Waits for its end, but no longer than `deadline`; `None` where it still runs then.
    pub fn wait_until(&self, deadline: Option<Instant>) -> Result<Option<ExitStatus>> {
        if !self.poll_until(deadline)? {
            return Ok(None);
        }
        let mut known = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            *known = Some(self.reap()?);
        }
        Ok(*known)
    }

    /// Takes the status of an ended process from the kernel.
    fn reap(&self) -> Result<ExitStatus> {
        match waitid(WaitId::PidFd(self.as_fd()), WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
            Ok(Some(status)) => Ok(ExitStatus::from_kernel(&status)),
            // Another process is tracing it and will let it go later; it is dead all the same.
            Ok(None) | Err(Errno::CHILD) => Ok(ExitStatus::Unknown),
            Err(e) => Err(Error::system(e, format_args!("cannot reap process {}", self.pid))),
        }
    }

    fn poll_until(&self, deadline: Option<Instant>) -> Result<bool> {
        loop {
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            let left = left.and_then(|d| Timespec::try_from(d).ok());
            match poll(&mut [PollFd::new(&self.pidfd, PollFlags::IN)], left.as_ref()) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::INTR) => {}
                Err(e) => return Err(Error::system(e, format_args!("cannot wait for process {}", self.pid))),
            }
        }
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl AsRawFd for Process {
    fn as_raw_fd(&self) -> RawFd {
        self.pidfd.as_raw_fd()
    }
}

impl ExitStatus {
    fn from_kernel(status: &WaitIdStatus) -> Self {
        match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, Some(signal)) => Self::Killed { signal, core_dumped: status.dumped() },
            (None, None) => Self::Unknown,
        }
    }
}

/// Field 22 of `/proc/PID/stat`. The name in field 2 may hold anything, so counting starts behind its last bracket.
fn read_start_time(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read(&path).map_err(|e| Error::system(e, format_args!("cannot read '{path}'")))?;
    parse_start_time(&text).ok_or_else(|| Error::internal(format!("'{path}' has no start time in field 22")))
}

fn parse_start_time(stat: &[u8]) -> Option<u64> {
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let rest = std::str::from_utf8(&stat[after_name..]).ok()?;
    rest.split_ascii_whitespace().nth(22 - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_time_is_found_behind_an_odd_name() {
        let stat = b"7 (a) b (\xff) S 1 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 97188 3133440 409 1\n";
        assert_eq!(parse_start_time(stat), Some(97188));
        assert_eq!(parse_start_time(b"7 (cut) S 1 7"), None);
        assert_eq!(parse_start_time(b""), None);
    }
}
