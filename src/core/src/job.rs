//! The job slot: changes to one object go through it one at a time, while readers pass by.

use crate::{Error, ErrorCode, Result};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a caller waits for the job before it, as libvirt does.
const PATIENCE: Duration = Duration::from_secs(30);

/// The place for an object's one running job.
#[derive(Default)]
pub struct JobSlot {
    current: Mutex<Option<Arc<Running>>>,
    free: Condvar,
}

struct Running {
    name: &'static str,
    since: Instant,
    cancelled: AtomicBool,
}

/// A job that is under way; it ends when this is dropped.
#[must_use = "the job ends when this is dropped"]
pub struct Job<'a> {
    slot: &'a JobSlot,
    running: Arc<Running>,
}

impl JobSlot {
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for the job before this one, but not for ever (`VIR_ERR_OPERATION_TIMEOUT`).
    pub fn begin(&self, name: &'static str) -> Result<Job<'_>> {
        self.begin_within(name, PATIENCE)
    }

    /// As [`JobSlot::begin`], with another limit.
    pub fn begin_within(&self, name: &'static str, patience: Duration) -> Result<Job<'_>> {
        let deadline = Instant::now() + patience;
        let mut current = self.current.lock();
        while let Some(running) = current.clone() {
            if self.free.wait_until(&mut current, deadline).timed_out() {
                return Err(Error::new(
                    ErrorCode::OperationTimeout,
                    format!(
                        "cannot begin '{name}': the job '{}' has been running for {} s; wait for it or abort it",
                        running.name,
                        running.since.elapsed().as_secs()
                    ),
                ));
            }
        }
        let running = Arc::new(Running { name, since: Instant::now(), cancelled: AtomicBool::new(false) });
        *current = Some(running.clone());
        Ok(Job { slot: self, running })
    }

    /// The name of the running job, and for how long it has been running.
    pub fn current(&self) -> Option<(&'static str, Duration)> {
        self.current.lock().as_ref().map(|running| (running.name, running.since.elapsed()))
    }

    /// Asks the running job to stop; false where there is none.
    pub fn cancel(&self) -> bool {
        match &*self.current.lock() {
            Some(running) => {
                running.cancelled.store(true, Ordering::SeqCst);
                true
            }
            None => false,
        }
    }
}

impl Job<'_> {
    /// Whether somebody asked the job to stop.
    pub fn is_cancelled(&self) -> bool {
        self.running.cancelled.load(Ordering::SeqCst)
    }
}

impl Drop for Job<'_> {
    fn drop(&mut self) {
        *self.slot.current.lock() = None;
        self.slot.free.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_job_waits_its_turn_or_says_whom_it_waited_for() {
        let slot = JobSlot::new();
        let first = slot.begin("snapshot").unwrap();
        let Err(err) = slot.begin_within("suspend", Duration::from_millis(1)) else {
            panic!("the slot is taken")
        };
        assert_eq!(err.code(), ErrorCode::OperationTimeout);
        assert!(err.message().contains("'snapshot'"));
        assert!(slot.cancel() && first.is_cancelled());
        drop(first);
        assert!(slot.begin("suspend").is_ok() && slot.current().is_none());
    }
}
