//! Waiting for events at the terminal: shown as they come, counted, until enough has come.

use crate::failure::{Failure, Outcome};
use crate::output::{Format, Output, say};
use crate::shell::Shell;
use crate::values::time;
use crate::waiting::{self, End, Wait};
use parking_lot::Mutex;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The wait of one command.
pub struct EventWait {
    sink: Sink,
    wait: Wait,
}

/// Where the callbacks of a command show what came.
#[derive(Clone)]
pub struct Sink(Arc<Shared>);

struct Shared {
    /// Whether to go on after the first.
    many: bool,
    count: AtomicUsize,
    /// One line at a time.
    out: Mutex<Output>,
}

impl EventWait {
    pub fn begin(many: bool) -> Outcome<Self> {
        let out = Mutex::new(Output::default());
        Ok(Self {
            sink: Sink(Arc::new(Shared { many, count: AtomicUsize::new(0), out })),
            wait: Wait::begin()?,
        })
    }

    pub fn sink(&self) -> Sink {
        self.sink.clone()
    }
}

impl Sink {
    /// Shows an event, unless only one was wanted and has come.
    pub fn tell(&self, line: String, json: Value) {
        let shared = &self.0;
        let mut out = shared.out.lock();
        if !shared.many && shared.count.load(Ordering::Acquire) > 0 {
            return;
        }
        match out.format {
            Format::Text => out.print(format_args!("{line}\n")),
            Format::Json => out.stream(&json),
        }
        crate::output::flush();
        shared.count.fetch_add(1, Ordering::AcqRel);
        drop(out);
        waiting::notify();
    }

    /// The same with the time in front, if that is wanted.
    pub fn tell_stamped(&self, stamped: bool, line: String, mut json: Value) {
        if !stamped {
            return self.tell(line, json);
        }
        let stamp = time::stamp();
        if let Value::Object(object) = &mut json {
            object.insert("time".into(), stamp.as_str().into());
        }
        self.tell(format!("{stamp}: {line}"), json);
    }
}

/// Waits for what was registered for, and tells how much has come. None at all is a failure.
pub fn report(shell: &mut Shell, wait: EventWait, timeout: Option<Duration>) -> Outcome {
    let shared = &wait.sink.0;
    shared.out.lock().format = shell.out.format;
    let enough = || Ok(!shared.many && shared.count.load(Ordering::Acquire) > 0 || shell.is_disconnected());
    let end = wait.wait.until(timeout, None, enough)?;
    let count = shared.count.load(Ordering::Acquire);
    if !shell.out.is_json() {
        match end {
            End::Interrupted => say!(shell, "event loop interrupted\n"),
            End::TimedOut => say!(shell, "event loop timed out\n"),
            End::Done => {}
        }
        say!(shell, "events received: {count}\n");
    }
    if count > 0 { Ok(()) } else { Err(Failure::silent()) }
}
