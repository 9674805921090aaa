//! The default event loop, on `poll(2)`.

use super::{EventLoop, HandleCallback, TimeoutCallback, interest};
use crate::{Error, Result};
use parking_lot::Mutex;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::time::Timespec;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A loop that one thread at a time turns by calling [`DefaultLoop::run_once`].
pub struct DefaultLoop {
    state: Mutex<State>,
    /// Wakes the thread that polls when another one changes what is watched.
    wakeup: OwnedFd,
}

#[derive(Default)]
struct State {
    next_watch: i32,
    next_timer: i32,
    handles: Vec<Handle>,
    timeouts: Vec<Timeout>,
    polling: bool,
    /// Callbacks of removed watches and timers: dropped by the loop, since dropping runs the application's code.
    removed: Vec<Removed>,
}

/// Held only to be dropped.
struct Removed {
    _handle: Option<Arc<HandleCallback>>,
    _timeout: Option<Arc<TimeoutCallback>>,
}

struct Handle {
    watch: i32,
    fd: RawFd,
    events: i32,
    callback: Arc<HandleCallback>,
}

struct Timeout {
    timer: i32,
    milliseconds: i32,
    due: Option<Instant>,
    callback: Arc<TimeoutCallback>,
}

impl Timeout {
    fn arm(&mut self) {
        self.due = u64::try_from(self.milliseconds).ok().map(|ms| Instant::now() + Duration::from_millis(ms));
    }
}

impl DefaultLoop {
    pub fn new() -> Result<Self> {
        let wakeup = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|err| Error::system(err, "cannot create the event loop's wake-up descriptor"))?;
        let state = State { next_watch: 1, next_timer: 1, ..State::default() };
        Ok(Self { state: Mutex::new(state), wakeup })
    }

    /// Waits until something is due, then runs what is: timers first, then descriptors.
    pub fn run_once(&self) -> Result<()> {
        let (watched, timeout) = {
            let mut state = self.state.lock();
            state.polling = true;
            let watched: Vec<_> =
                state.handles.iter().filter(|h| h.events != 0).map(|h| (h.watch, h.fd, h.events)).collect();
            (watched, state.next_due())
        };
        let outcome = self.wait(&watched, timeout);
        self.state.lock().polling = false;
        let ready = outcome?;
        self.run_timeouts();
        self.run_handles(&ready);
        let removed = std::mem::take(&mut self.state.lock().removed);
        drop(removed);
        Ok(())
    }

    /// What became ready, as (watch, events).
    fn wait(&self, watched: &[(i32, RawFd, i32)], timeout: Option<Duration>) -> Result<Vec<(i32, i32)>> {
        let mut fds = Vec::with_capacity(watched.len() + 1);
        fds.push(PollFd::new(&self.wakeup, PollFlags::IN));
        for &(_, fd, events) in watched {
            // SAFETY: the application promises that a descriptor stays open while it is watched; one closed
            // early only makes poll report it as invalid.
            let fd = unsafe { BorrowedFd::borrow_raw(fd) };
            fds.push(PollFd::from_borrowed_fd(fd, to_poll(events)));
        }
        let limit = timeout.and_then(|t| Timespec::try_from(t).ok());
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(err) => return Err(Error::system(err, "cannot wait for events")),
        }
        if fds[0].revents().contains(PollFlags::IN) {
            let mut counter = [0u8; 8];
            // Only empties the counter; that there was nothing left to read is fine too.
            let _ = rustix::io::read(&self.wakeup, &mut counter);
        }
        let ready = watched.iter().zip(&fds[1..]).filter_map(|(&(watch, _, _), polled)| {
            let events = from_poll(polled.revents());
            (events != 0).then_some((watch, events))
        });
        Ok(ready.collect())
    }

    fn run_timeouts(&self) {
        let now = Instant::now();
        let due: Vec<_> = {
            let mut state = self.state.lock();
            let due = state.timeouts.iter_mut().filter(|t| t.due.is_some_and(|at| at <= now));
            due.map(|timeout| {
                timeout.arm();
                timeout.timer
            })
            .collect()
        };
        for timer in due {
            // Looked up one by one: an earlier callback may have removed or stopped this one.
            let callback = {
                let state = self.state.lock();
                let found = state.timeouts.iter().find(|t| t.timer == timer && t.milliseconds >= 0);
                found.map(|t| t.callback.clone())
            };
            if let Some(callback) = callback {
                callback(timer);
            }
        }
    }

    fn run_handles(&self, ready: &[(i32, i32)]) {
        for &(watch, events) in ready {
            let found = {
                let state = self.state.lock();
                let handle = state.handles.iter().find(|h| h.watch == watch && h.events != 0);
                handle.map(|h| (h.fd, h.callback.clone()))
            };
            if let Some((fd, callback)) = found {
                callback(watch, fd, events);
            }
        }
    }

    /// Changes the state under the lock, and has a waiting thread look again.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let (result, polling) = {
            let mut state = self.state.lock();
            (change(&mut state), state.polling)
        };
        if polling {
            // A full counter means that a wake-up is pending already.
            let _ = rustix::io::write(&self.wakeup, &1u64.to_ne_bytes());
        }
        result
    }
}

impl State {
    /// How long until the next timeout; `None` for ever.
    fn next_due(&self) -> Option<Duration> {
        let first = self.timeouts.iter().filter_map(|t| t.due).min()?;
        Some(first.saturating_duration_since(Instant::now()))
    }
}

impl EventLoop for DefaultLoop {
    fn add_handle(&self, fd: RawFd, events: i32, callback: HandleCallback) -> Result<i32> {
        Ok(self.change(|state| {
            let watch = state.next_watch;
            state.next_watch += 1;
            state.handles.push(Handle { watch, fd, events, callback: Arc::new(callback) });
            watch
        }))
    }

    fn update_handle(&self, watch: i32, events: i32) {
        self.change(|state| {
            if let Some(handle) = state.handles.iter_mut().find(|h| h.watch == watch) {
                handle.events = events;
            }
        });
    }

    fn remove_handle(&self, watch: i32) -> Result<()> {
        let found = self.change(|state| {
            let at = state.handles.iter().position(|h| h.watch == watch)?;
            let callback = state.handles.remove(at).callback;
            state.removed.push(Removed { _handle: Some(callback), _timeout: None });
            Some(())
        });
        found.ok_or_else(|| Error::invalid_arg(format!("there is no watch {watch} to remove")))
    }

    fn add_timeout(&self, milliseconds: i32, callback: TimeoutCallback) -> Result<i32> {
        Ok(self.change(|state| {
            let timer = state.next_timer;
            state.next_timer += 1;
            let mut timeout = Timeout { timer, milliseconds, due: None, callback: Arc::new(callback) };
            timeout.arm();
            state.timeouts.push(timeout);
            timer
        }))
    }

    fn update_timeout(&self, timer: i32, milliseconds: i32) {
        self.change(|state| {
            if let Some(timeout) = state.timeouts.iter_mut().find(|t| t.timer == timer) {
                timeout.milliseconds = milliseconds;
                timeout.arm();
            }
        });
    }

    fn remove_timeout(&self, timer: i32) -> Result<()> {
        let found = self.change(|state| {
            let at = state.timeouts.iter().position(|t| t.timer == timer)?;
            let callback = state.timeouts.remove(at).callback;
            state.removed.push(Removed { _handle: None, _timeout: Some(callback) });
            Some(())
        });
        found.ok_or_else(|| Error::invalid_arg(format!("there is no timer {timer} to remove")))
    }
}

fn to_poll(events: i32) -> PollFlags {
    let pairs = [
        (interest::READABLE, PollFlags::IN),
        (interest::WRITABLE, PollFlags::OUT),
        (interest::ERROR, PollFlags::ERR),
        (interest::HANGUP, PollFlags::HUP),
    ];
    pairs.iter().filter(|(bit, _)| events & bit != 0).fold(PollFlags::empty(), |all, (_, flag)| all | *flag)
}

fn from_poll(flags: PollFlags) -> i32 {
    let pairs = [
        (PollFlags::IN, interest::READABLE),
        (PollFlags::OUT, interest::WRITABLE),
        (PollFlags::ERR, interest::ERROR),
        // libvirt tells an invalid descriptor as an error.
        (PollFlags::NVAL, interest::ERROR),
        (PollFlags::HUP, interest::HANGUP),
    ];
    pairs.iter().filter(|(flag, _)| flags.contains(*flag)).fold(0, |all, (_, bit)| all | bit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_timeout_of_zero_fires_at_the_next_turn_and_stops_when_told() {
        let turns = Arc::new(AtomicUsize::new(0));
        let event_loop = DefaultLoop::new().unwrap();
        let seen = turns.clone();
        let count = move |_| {
            seen.fetch_add(1, Ordering::SeqCst);
        };
        let timer = event_loop.add_timeout(0, Box::new(count)).unwrap();
        event_loop.run_once().unwrap();
        event_loop.update_timeout(timer, -1);
        event_loop.add_timeout(1, Box::new(|_| ())).unwrap();
        event_loop.run_once().unwrap();
        assert_eq!(turns.load(Ordering::SeqCst), 1);
        event_loop.remove_timeout(timer).unwrap();
        assert!(event_loop.remove_timeout(timer).is_err());
    }

    #[test]
    fn a_readable_pipe_calls_back_with_its_descriptor() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let event_loop = DefaultLoop::new().unwrap();
        let seen = Arc::new(Mutex::new(None));
        let note = seen.clone();
        let raw = std::os::fd::AsRawFd::as_raw_fd(&reader);
        let callback = move |watch, fd, events| *note.lock() = Some((watch, fd, events));
        let watch = event_loop.add_handle(raw, interest::READABLE, Box::new(callback)).unwrap();
        rustix::io::write(&writer, b"x").unwrap();
        event_loop.run_once().unwrap();
        assert_eq!(*seen.lock(), Some((watch, raw, interest::READABLE)));
        event_loop.remove_handle(watch).unwrap();
    }

    #[test]
    fn an_update_from_another_thread_wakes_the_loop() {
        let event_loop = Arc::new(DefaultLoop::new().unwrap());
        let timer = event_loop.add_timeout(-1, Box::new(|_| ())).unwrap();
        let other = event_loop.clone();
        let thread = std::thread::spawn(move || other.update_timeout(timer, 0));
        // Without the wake-up (or the update coming first) this would wait for ever.
        event_loop.run_once().unwrap();
        thread.join().unwrap();
    }
}
