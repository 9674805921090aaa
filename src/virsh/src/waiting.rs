//! Waiting at the terminal: for events, for the end of a job, for a time, or for Ctrl-C.

use crate::failure::{Outcome, fail};
use parking_lot::{Condvar, Mutex};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use std::time::{Duration, Instant};

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Done,
    TimedOut,
    Interrupted,
}

/// Whether somebody pressed Ctrl-C, or the connection went away, since the wait began.
static INTERRUPTED: Mutex<bool> = Mutex::new(false);
static NEWS: Condvar = Condvar::new();

/// Has everybody who waits look again.
pub fn notify() {
    let _look = INTERRUPTED.lock();
    NEWS.notify_all();
}

/// Ends all waiting.
pub fn interrupt() {
    *INTERRUPTED.lock() = true;
    NEWS.notify_all();
}

/// As long as this lives, Ctrl-C ends waiting rather than the program.
pub struct Wait {
    handle: Handle,
}

impl Wait {
    pub fn begin() -> Outcome<Self> {
        *INTERRUPTED.lock() = false;
        let mut signals = match Signals::new([SIGINT, SIGTERM]) {
            Ok(signals) => signals,
            Err(err) => fail!("cannot watch for Ctrl-C: {err}"),
        };
        let handle = signals.handle();
        let watch = move || signals.forever().for_each(|_| interrupt());
        match std::thread::Builder::new().name("signals".into()).spawn(watch) {
            Ok(_) => Ok(Self { handle }),
            Err(err) => fail!("cannot watch for Ctrl-C: {err}"),
        }
    }

    /// Waits until `done`, which is asked whenever there is news, and every `every` if that is said.
    pub fn until(
        &self,
        timeout: Option<Duration>,
        every: Option<Duration>,
        mut done: impl FnMut() -> Outcome<bool>,
    ) -> Outcome<End> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            if done()? {
                return Ok(End::Done);
            }
            let mut interrupted = INTERRUPTED.lock();
            if *interrupted {
                return Ok(End::Interrupted);
            }
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(End::TimedOut);
            }
            // A notice between the question above and the lock is caught by looking again soon.
            let pause = every.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN);
            let until = deadline.map_or(now + pause, |deadline| deadline.min(now + pause));
            NEWS.wait_until(&mut interrupted, until);
        }
    }
}

const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Drop for Wait {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Goes on waiting after an interruption that has been answered.
pub fn forget() {
    *INTERRUPTED.lock() = false;
}
