//! The application's event loop: it watches the socket while no caller does, and keeps the time of keepalive probes.
//!
//! The loop is given an epoll descriptor, and what that watches is changed under way: nothing while a caller polls. To tell
//! the loop itself would wake its thread, twice a call, and not to tell it would wake it by every answer.

use super::Shared;
use super::state::State;
use ferrovirt_core::event_loop::{self, EventLoop, interest};
use ferrovirt_core::{Error, Result};
use parking_lot::Mutex;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// What the event loop is shown of a socket.
pub(super) struct Gate {
    epoll: OwnedFd,
    shown: EventFlags,
}

impl Gate {
    fn new(socket: BorrowedFd<'_>) -> Result<Self> {
        let (failed, shown) = (|err| Error::system(err, "cannot watch a connection"), EventFlags::IN);
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(failed)?;
        epoll::add(&epoll, socket, EventData::new_u64(0), shown).map_err(failed)?;
        Ok(Self { epoll, shown })
    }

    /// Shows what is `wanted` now.
    fn show(&mut self, socket: BorrowedFd<'_>, wanted: EventFlags) {
        if self.shown == wanted {
            return;
        }
        match epoll::modify(&self.epoll, socket, EventData::new_u64(0), wanted) {
            Ok(()) => self.shown = wanted,
            Err(err) => tracing::warn!(%err, "a connection can't be watched any more"),
        }
    }
}

/// What is registered with the event loop. Its calls are made without the connection's lock: they may run the
/// application's code.
#[derive(Default)]
pub(super) struct Watch(Mutex<Option<Registered>>);

struct Registered {
    event_loop: Arc<dyn EventLoop>,
    handle: i32,
    timer: Option<i32>,
}

impl Watch {
    /// Has the socket watched, if there is an event loop.
    pub fn attach(shared: &Arc<Shared>) -> Result<()> {
        let Some(event_loop) = event_loop::current() else { return Ok(()) };
        let weak = Arc::downgrade(shared);
        let gate = Gate::new(shared.transport.descriptor())?;
        let fd = gate.epoll.as_raw_fd();
        shared.state.lock().gate = Some(gate);
        let mut registered = shared.watch.0.lock();
        let handle = event_loop.add_handle(fd, interest::READABLE, Box::new(move |_, _, _| ready(&weak)))?;
        *registered = Some(Registered { event_loop, handle, timer: None });
        Ok(())
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

/// There is something to do at the socket, unless a caller does that.
fn ready(shared: &Weak<Shared>) {
    let Some(shared) = shared.upgrade() else { return };
    let mut state = shared.state.lock();
    if state.polling {
        return;
    }
    shared.turn(&mut state, Ok(true));
    shared.settle(state);
}

impl Shared {
    /// Shows the event loop what is to be watched now.
    pub fn show(&self, state: &mut State) {
        let wanted = match (state.polling, state.outgoing.is_empty()) {
            (true, _) => EventFlags::empty(),
            (false, true) => EventFlags::IN,
            (false, false) => EventFlags::IN | EventFlags::OUT,
        };
        if let Some(gate) = &mut state.gate {
            gate.show(self.transport.descriptor(), wanted);
        }
    }
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
