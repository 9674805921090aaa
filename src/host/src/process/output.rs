//! Helpers that are run to their end: what they print is collected, and a deadline ends those that hang.

use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use ferrovirt_core::{Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Signal;

use super::command::Command;
use super::handle::{ExitStatus, Process};

/// More than this of either stream is read but not kept.
const KEEP: usize = 16 * 1024 * 1024;

/// What a helper left behind.
#[derive(Debug)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Output {
    /// What it said on its error stream, trimmed, for an error message.
    pub fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_string()
    }
}

impl Command {
    /// Runs the program to its end and collects its output; killed when it takes longer than `limit`.
    ///
    /// It ends when both streams are closed, so a helper that leaves a daemon behind must have that close them.
    pub fn output(&mut self, limit: Duration) -> Result<Output> {
        let what = self.program().display().to_string();
        let pipe_error = |e| Error::system(e, format_args!("cannot make a pipe for '{what}'"));
        let (out_read, out_write) = pipe_with(PipeFlags::CLOEXEC).map_err(pipe_error)?;
        let (err_read, err_write) = pipe_with(PipeFlags::CLOEXEC).map_err(pipe_error)?;
        self.stdout(out_write).stderr(err_write);
        let process = self.spawn();
        // Our copies of the writing ends must go, or the end of the output never comes.
        self.stdout(super::Stdio::Null).stderr(super::Stdio::Null);
        let process = process?;
        let deadline = Instant::now() + limit;
        let collected = collect([out_read, err_read], deadline, &what);
        finish(process, collected, deadline, limit, &what)
    }
}

fn finish(
    process: Process,
    collected: Result<Option<[Vec<u8>; 2]>>,
    deadline: Instant,
    limit: Duration,
    what: &str,
) -> Result<Output> {
    if let Ok(Some(_)) = &collected
        && let Some(status) = process.wait_until(Some(deadline))?
    {
        let [stdout, stderr] = collected?.expect("just matched");
        return Ok(Output { status, stdout, stderr });
    }
    process.kill(Signal::KILL)?;
    process.wait()?;
    collected?;
    Err(Error::new(
        ferrovirt_core::ErrorCode::OperationTimeout,
        format!("'{what}' has not finished within {limit:?} and was killed"),
    ))
}

/// Reads both pipes to their ends; `None` when the deadline comes first.
fn collect(pipes: [OwnedFd; 2], deadline: Instant, what: &str) -> Result<Option<[Vec<u8>; 2]>> {
    let mut kept = [Vec::new(), Vec::new()];
    let mut open = pipes.map(|fd| Some(std::fs::File::from(fd)));
    let mut buffer = vec![0; 64 * 1024];
    while open.iter().any(Option::is_some) {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).ok();
        let which: Vec<usize> = (0..2).filter(|n| open[*n].is_some()).collect();
        let mut wanted: Vec<PollFd<'_>> = which
            .iter()
            .filter_map(|n| open[*n].as_ref())
            .map(|file| PollFd::from_borrowed_fd(file.as_fd(), PollFlags::IN))
            .collect();
        match poll(&mut wanted, left.as_ref()) {
            Ok(0) => return Ok(None),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(Error::system(e, format_args!("cannot wait for output of '{what}'"))),
        }
        let ready: Vec<bool> = wanted.iter().map(|p| !p.revents().is_empty()).collect();
        drop(wanted);
        for (n, _) in which.into_iter().zip(ready).filter(|(_, ready)| *ready) {
            let Some(file) = &mut open[n] else { continue };
            match file.read(&mut buffer) {
                Ok(0) => open[n] = None,
                Ok(got) => {
                    let room = KEEP - kept[n].len();
                    kept[n].extend_from_slice(&buffer[..got.min(room)]);
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Error::system(e, format_args!("cannot read output of '{what}'"))),
            }
        }
    }
    Ok(Some(kept))
}
