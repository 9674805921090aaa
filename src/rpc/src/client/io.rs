//! Moving bytes: sending at once what can be sent, waiting for answers, passing the duty to poll on.

use super::state::{CloseReason, Notice, Outgoing, State};
use super::{Shared, Transport};
use crate::frame::OutgoingMessage;
use crate::keepalive::{self, Verdict};
use ferrovirt_core::{Error, ErrorDomain, Result};
use parking_lot::{Condvar, MutexGuard};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::thread::sched_yield;
use rustix::time::Timespec;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a caller looks for its answer before it sleeps, as mutexes do: the answers to cheap calls come sooner than a
/// sleeping processor wakes up.
const LOOK: Duration = Duration::from_micros(80);

impl Shared {
    /// Queues a message and sends what the socket takes; whoever polls sends the rest.
    pub fn send(&self, state: &mut State, message: OutgoingMessage) {
        state.push(message);
        self.flush(state);
        if !state.outgoing.is_empty() && state.polling {
            self.wake();
        }
    }

    /// Has the thread that polls look again at what there is to do.
    pub fn wake(&self) {
        // A full counter wakes as well as one that was raised.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// Waits until `done` has something, turning the connection meanwhile if nobody else does.
    pub fn wait<T>(
        &self,
        mut state: MutexGuard<'_, State>,
        signal: &Arc<Condvar>,
        mut done: impl FnMut(&mut State) -> Option<T>,
    ) -> T {
        state.waiting.push(signal.clone());
        let outcome = loop {
            if let Some(outcome) = done(&mut state) {
                break outcome;
            }
            if state.polling {
                signal.wait(&mut state);
                continue;
            }
            state.polling = true;
            self.show(&mut state);
            let (write, limit) = (!state.outgoing.is_empty(), self.keepalive(&mut state));
            let readable = MutexGuard::unlocked(&mut state, || self.poll(write, limit));
            state.polling = false;
            self.turn(&mut state, readable);
            if !state.notices.is_empty() {
                MutexGuard::unlocked(&mut state, || self.deliver());
            }
        };
        if let Some(place) = state.waiting.iter().position(|waiting| Arc::ptr_eq(waiting, signal)) {
            state.waiting.swap_remove(place);
        }
        if !state.polling {
            // The buck is passed on.
            state.waiting.first().map(|next| next.notify_all());
        }
        self.settle(state);
        outcome
    }

    /// One turn: reads, sends and dispatches what can be without waiting.
    pub fn turn(&self, state: &mut State, readable: Result<bool>) {
        if state.closed.is_some() {
            return;
        }
        let outcome = readable.and_then(|readable| if readable { self.receive(state) } else { Ok(None) });
        match outcome {
            Ok(None) => self.flush(state),
            Ok(Some(reason)) => {
                let err = self.gone(Errno::IO, "the daemon has closed the connection");
                state.close(reason, err);
            }
            Err(err) => state.close(CloseReason::Error, err),
        }
    }

    /// Shows the event loop what to watch for, and does what is better done without the lock: tells of notices.
    pub fn settle(&self, mut state: MutexGuard<'_, State>) {
        let timers = std::mem::take(&mut state.ready_timers);
        let notices = !state.notices.is_empty() && !state.delivering;
        self.show(&mut state);
        drop(state);
        self.watch.fire(&timers);
        if notices {
            self.deliver();
        }
    }

    /// Hands the notices out in their order, by one thread at a time.
    fn deliver(&self) {
        let mut state = self.state.lock();
        if state.delivering {
            return;
        }
        state.delivering = true;
        while let Some(notice) = state.notices.pop_front() {
            let closed = matches!(notice, Notice::Closed(_));
            MutexGuard::unlocked(&mut state, || (self.sink)(notice));
            if closed {
                MutexGuard::unlocked(&mut state, || self.watch.detach());
            }
        }
        state.delivering = false;
    }

    /// Probes the other side if it is time; how long to wait before the next look comes back.
    pub fn keepalive(&self, state: &mut State) -> Option<Duration> {
        let mut verdict = state.keepalive.as_mut()?.check(Instant::now());
        if verdict == Verdict::Dead {
            // This thread may come late: what nobody has read yet is a sign of life, too.
            self.turn(state, Ok(true));
            verdict = state.keepalive.as_mut()?.check(Instant::now());
        }
        match verdict {
            Verdict::Wait(limit) => Some(limit),
            Verdict::Probe => {
                if let Ok(probe) = keepalive::message(keepalive::PING) {
                    state.push(probe);
                    self.flush(state);
                }
                state.keepalive.as_ref().map(|keepalive| keepalive.interval())
            }
            Verdict::Dead => {
                let err = Error::internal("the daemon has not answered the keepalive probes");
                state.close(CloseReason::Keepalive, err.domain(ErrorDomain::Rpc));
                Some(Duration::ZERO)
            }
        }
    }

    /// Waits for the socket; whether there is something to read comes back.
    fn poll(&self, write: bool, limit: Option<Duration>) -> Result<bool> {
        let socket = self.transport.descriptor();
        let wanted = if write { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let mut fds = [PollFd::from_borrowed_fd(socket, wanted), PollFd::new(&self.wake, PollFlags::IN)];
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        let outcome = match soon(&mut fds) {
            Ok(false) => poll(&mut fds, limit.as_ref()).map(drop),
            soon => soon.map(drop),
        };
        match outcome {
            Ok(()) => {}
            Err(Errno::INTR) => return Ok(false),
            Err(err) => return Err(Error::system(err, "cannot wait for the daemon").domain(ErrorDomain::Rpc)),
        }
        if fds[1].revents().contains(PollFlags::IN) {
            // Only empties the counter; that another thread has done so is fine, too.
            let _ = rustix::io::read(&self.wake, &mut [0u8; 8]);
        }
        Ok(fds[0].revents().intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR))
    }

    /// Reads and dispatches what has come; a reason if nothing more will.
    fn receive(&self, state: &mut State) -> Result<Option<CloseReason>> {
        loop {
            let space = state.frames.space();
            let room = space.len();
            let received = match self.transport.receive(space) {
                Ok(received) => received,
                Err(Errno::INTR) => continue,
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(err) => return Err(self.gone(err, "cannot read from the daemon")),
            };
            if received.bytes == 0 {
                return Ok(Some(CloseReason::Eof));
            }
            let full = received.bytes == room;
            state.frames.filled(received.bytes, received.fds)?;
            while let Some(message) = state.frames.next_message()? {
                state.dispatch(message)?;
            }
            if !full {
                return Ok(None);
            }
        }
    }

    /// Why the connection is gone, with what was said on the way to the daemon.
    fn gone(&self, err: Errno, what: &str) -> Error {
        let err = match self.transport.last_words() {
            Some(words) => Error::system(err, format!("{what}: {words}")),
            None => Error::system(err, what),
        };
        err.domain(ErrorDomain::Rpc)
    }

    /// Sends what the socket takes.
    pub fn flush(&self, state: &mut State) {
        while let Some(outgoing) = state.outgoing.front_mut() {
            match send_some(&*self.transport, outgoing) {
                Ok(true) => {
                    state.outgoing.pop_front();
                }
                Ok(false) | Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) => return,
                Err(err) => {
                    // What the daemon said before it went is still there to be read.
                    let reason = self.receive(state).ok().flatten().unwrap_or(CloseReason::Error);
                    let err = self.gone(err, "cannot write to the daemon");
                    state.close(reason, err);
                    return;
                }
            }
        }
        // Who waits for room to send can go on.
        state.streams.values().for_each(|stream| stream.sent());
    }
}

/// Sends some of a message; whether it is out comes back.
fn send_some(transport: &dyn Transport, outgoing: &mut Outgoing) -> Result<bool, Errno> {
    let rest = &outgoing.message.bytes[outgoing.bytes_sent..];
    if !rest.is_empty() {
        outgoing.bytes_sent += transport.send(rest)?;
    } else if let Some(fd) = outgoing.message.fds.get(outgoing.fds_sent) {
        transport.send_fd(std::os::fd::AsFd::as_fd(fd))?;
        outgoing.fds_sent += 1;
    }
    let all = outgoing.bytes_sent == outgoing.message.bytes.len();
    Ok(all && outgoing.fds_sent == outgoing.message.fds.len())
}

/// Whether something is ready at once or nearly so. Whoever else wants the processor, such as the daemon, gets it meanwhile.
fn soon(fds: &mut [PollFd<'_>]) -> Result<bool, Errno> {
    let begin = Instant::now();
    loop {
        if poll(fds, Some(&Timespec::default()))? > 0 {
            return Ok(true);
        }
        if begin.elapsed() >= LOOK {
            return Ok(false);
        }
        sched_yield();
    }
}
