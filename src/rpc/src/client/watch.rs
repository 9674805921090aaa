//! The application's event loop: it watches the socket while no caller does, and keeps the time of keepalive probes.

use super::Shared;
use ferrovirt_core::Result;
use ferrovirt_core::event_loop::{self, EventLoop, interest};
use parking_lot::Mutex;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// What is registered with the event loop. Its calls are made without the connection's lock: they may run the
/// application's code.
#[derive(Default)]
pub(super) struct Watch(Mutex<Option<Registered>>);

struct Registered {
    event_loop: Arc<dyn EventLoop>,
    handle: i32,
    events: i32,
    timer: Option<i32>,
}

impl Watch {
    /// Has the socket watched, if there is an event loop.
    pub fn attach(shared: &Arc<Shared>) -> Result<()> {
        let Some(event_loop) = event_loop::current() else { return Ok(()) };
        let weak = Arc::downgrade(shared);
        let fd = shared.transport.descriptor().as_raw_fd();
        let callback = Box::new(move |_, _, events| ready(&weak, events));
        let mut registered = shared.watch.0.lock();
        let handle = event_loop.add_handle(fd, interest::READABLE, callback)?;
        shared.state.lock().watched = Some(interest::READABLE);
        *registered = Some(Registered { event_loop, handle, events: interest::READABLE, timer: None });
        Ok(())
    }

    /// Tells the event loop what to watch for now. Whoever changes that calls this afterwards, so the last one is right.
    pub fn sync(&self, shared: &Shared) {
        let mut registered = self.0.lock();
        let Some(registered) = &mut *registered else { return };
        let wanted = {
            let mut state = shared.state.lock();
            let wanted = state.wanted();
            state.watched = Some(wanted);
            wanted
        };
        if registered.events != wanted {
            registered.events = wanted;
            registered.event_loop.update_handle(registered.handle, wanted);
        }
    }

    /// Has probes sent every `interval`; without an event loop only callers that wait send them.
    pub fn set_timer(&self, shared: &Arc<Shared>, interval: Option<Duration>) -> Result<()> {
        let mut registered = self.0.lock();
        let Some(registered) = &mut *registered else { return Ok(()) };
        let milliseconds = interval.map_or(-1, milliseconds);
        match registered.timer {
            Some(timer) => registered.event_loop.update_timeout(timer, milliseconds),
            None if interval.is_some() => {
                let weak = Arc::downgrade(shared);
                let callback = Box::new(move |timer| time_has_come(&weak, timer));
                registered.timer = Some(registered.event_loop.add_timeout(milliseconds, callback)?);
            }
            None => {}
        }
        Ok(())
    }

    /// Lets the timers of streams run at the next turn of the loop.
    pub fn fire(&self, timers: &[i32]) {
        if timers.is_empty() {
            return;
        }
        if let Some(registered) = &*self.0.lock() {
            timers.iter().for_each(|timer| registered.event_loop.update_timeout(*timer, 0));
        }
    }

    /// Ends the watch.
    pub fn detach(&self) {
        let Some(registered) = self.0.lock().take() else { return };
        if let Err(err) = registered.event_loop.remove_handle(registered.handle) {
            tracing::warn!(%err, "the event loop did not know the connection's watch");
        }
        if let Some(Err(err)) = registered.timer.map(|timer| registered.event_loop.remove_timeout(timer)) {
            tracing::warn!(%err, "the event loop did not know the connection's timer");
        }
    }
}

/// The socket is ready. While a caller polls it is that caller's: the event loop stops watching until then.
fn ready(shared: &Weak<Shared>, events: i32) {
    let Some(shared) = shared.upgrade() else { return };
    let mut state = shared.state.lock();
    if state.polling {
        drop(state);
        shared.watch.sync(&shared);
        return;
    }
    let read = events & (interest::READABLE | interest::HANGUP | interest::ERROR) != 0;
    shared.turn(&mut state, Ok(read));
    shared.settle(state);
}

fn time_has_come(shared: &Weak<Shared>, timer: i32) {
    let Some(shared) = shared.upgrade() else { return };
    let mut state = shared.state.lock();
    let next = shared.keepalive(&mut state);
    shared.settle(state);
    if let Some(registered) = &*shared.watch.0.lock() {
        registered.event_loop.update_timeout(timer, next.map_or(-1, milliseconds));
    }
}

/// Rounded up: a timer that fires too early would only be set again.
fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
}
