//! Streams of a client: packets with the serial number of the call that opened them.

use super::Shared;
use crate::frame::{Header, Message, MessageKind, OutgoingMessage, Status, StreamHole};
use crate::limits::LEGACY_PAYLOAD_MAX;
use crate::xdr::{Decoder, Xdr, wire_error};
use ferrovirt_core::abi::{
    VIR_STREAM_EVENT_READABLE, VIR_STREAM_EVENT_WRITABLE, VIR_STREAM_RECV_STOP_AT_HOLE,
};
use ferrovirt_core::driver::{Received, StreamDriver, StreamEventCallback};
use ferrovirt_core::event_loop::{self, EventLoop};
use ferrovirt_core::{Error, ErrorDomain, Result};
use parking_lot::Condvar;
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock, Weak};

/// An open stream. It aborts when dropped before it was finished.
pub struct ClientStream {
    shared: Arc<Shared>,
    /// Of the call that opened it.
    header: Header,
    signal: Arc<Condvar>,
    /// The error that it ended with: whoever goes on with it is told the same.
    failed: OnceLock<Error>,
}

/// What the connection knows of a stream.
pub(super) struct StreamState {
    signal: Arc<Condvar>,
    incoming: VecDeque<Packet>,
    /// The daemon has sent all its data.
    ended: bool,
    /// The daemon has said that the stream is over, and how it went.
    outcome: Option<Result<()>>,
    callback: Option<Callback>,
}

enum Packet {
    /// With how much of it has been read.
    Data(Vec<u8>, usize),
    Hole(i64),
}

struct Callback {
    event_loop: Arc<dyn EventLoop>,
    timer: i32,
    events: i32,
    function: Arc<StreamEventCallback>,
}

impl StreamState {
    /// Takes a packet from the daemon.
    pub fn accept(&mut self, message: Message) -> Result<()> {
        match (message.header.status, message.header.kind) {
            (Status::Ok, _) => self.outcome = Some(Ok(())),
            (Status::Error, _) => self.outcome = Some(Err(message.error())),
            (Status::Continue, MessageKind::StreamHole) => {
                let hole = StreamHole::decode(&mut Decoder::lossy(&message.payload))?;
                if hole.length < 0 {
                    return Err(wire_error(format!("a hole of a stream has length {}", hole.length)));
                }
                self.incoming.push_back(Packet::Hole(hole.length));
            }
            (Status::Continue, _) if message.payload.is_empty() => self.ended = true,
            (Status::Continue, _) => self.incoming.push_back(Packet::Data(message.payload, 0)),
        }
        self.signal.notify_all();
        Ok(())
    }

    /// The connection is gone.
    pub fn fail(&mut self, err: Error) {
        self.outcome.get_or_insert(Err(err));
        self.signal.notify_all();
    }

    /// Everything that was to be sent has been sent.
    pub fn sent(&self) {
        self.signal.notify_all();
    }

    /// The timer that calls the application, where it wants to know of what there is now.
    pub fn timer(&self) -> Option<i32> {
        self.callback
            .as_ref()
            .filter(|callback| callback.events & self.events() != 0)
            .map(|callback| callback.timer)
    }

    /// What can be done without waiting (`virStreamEventType`).
    fn events(&self) -> i32 {
        let readable = !self.incoming.is_empty() || self.ended || self.outcome.is_some();
        let readable = if readable { VIR_STREAM_EVENT_READABLE as i32 } else { 0 };
        readable | VIR_STREAM_EVENT_WRITABLE as i32
    }

    fn check(&self) -> Result<()> {
        match &self.outcome {
            Some(Err(err)) => Err(err.clone()),
            _ => Ok(()),
        }
    }

    /// Takes data for `buffer`; `None` if there is nothing yet.
    fn read(&mut self, buffer: &mut [u8], stop_at_hole: bool) -> Option<Result<Received>> {
        let Some(packet) = self.incoming.front_mut() else {
            return match &self.outcome {
                Some(Err(err)) => Some(Err(err.clone())),
                Some(Ok(())) => Some(Ok(Received::Data(0))),
                None => self.ended.then_some(Ok(Received::Data(0))),
            };
        };
        let (count, used_up) = match packet {
            Packet::Hole(_) if stop_at_hole => return Some(Ok(Received::Hole)),
            Packet::Hole(length) => {
                let count = buffer.len().min(usize::try_from(*length).unwrap_or(usize::MAX));
                buffer[..count].fill(0);
                *length -= count as i64;
                (count, *length == 0)
            }
            Packet::Data(data, read) => {
                let count = buffer.len().min(data.len() - *read);
                buffer[..count].copy_from_slice(&data[*read..*read + count]);
                *read += count;
                (count, *read == data.len())
            }
        };
        if used_up {
            self.incoming.pop_front();
        }
        Some(Ok(Received::Data(count)))
    }
}

impl ClientStream {
    /// Makes the stream known, for the call with this header to open.
    pub(super) fn register(shared: &Arc<Shared>, header: Header) -> Self {
        let signal = Arc::new(Condvar::new());
        let state = StreamState {
            signal: signal.clone(),
            incoming: VecDeque::new(),
            ended: false,
            outcome: None,
            callback: None,
        };
        shared.state.lock().streams.insert(header.serial, state);
        Self { shared: shared.clone(), header, signal, failed: OnceLock::new() }
    }

    /// The call failed: there is no stream.
    pub(super) fn forget(self) {
        self.remove();
    }

    /// Takes the stream out of the connection; whether it was still there comes back.
    fn remove(&self) -> bool {
        let removed = self.shared.state.lock().streams.remove(&self.header.serial);
        // Its callback is dropped outside of the lock.
        match removed {
            Some(StreamState { callback: Some(callback), .. }) => {
                drop_callback(callback);
                true
            }
            other => other.is_some(),
        }
    }

    /// Says that the stream is over and waits for the daemon's word on it.
    fn end(&self, status: Status) -> Result<()> {
        let message = OutgoingMessage::stream(self.header.stream(status), &[])?;
        let outcome = {
            let mut state = self.shared.state.lock();
            state.check_open()?;
            let stream = state.streams.get(&self.header.serial).ok_or_else(|| self.over())?;
            match &stream.outcome {
                Some(outcome) => outcome.clone(),
                None => {
                    self.shared.send(&mut state, message);
                    let serial = self.header.serial;
                    let done = |state: &mut super::State| match state.streams.get(&serial) {
                        Some(stream) => stream.outcome.clone(),
                        None => Some(Err(self.over())),
                    };
                    self.shared.wait(state, &self.signal, done)
                }
            }
        };
        self.remove();
        if let Err(err) = &outcome {
            let _ = self.failed.set(err.clone());
        }
        outcome
    }

    /// What callers are told who go on with a stream that has ended.
    fn over(&self) -> Error {
        let ended = || Error::operation_failed("the stream has been finished or aborted already");
        self.failed.get().cloned().unwrap_or_else(|| ended().domain(ErrorDomain::Rpc))
    }

    fn with_state<T>(&self, work: impl FnOnce(&mut StreamState) -> Result<T>) -> Result<T> {
        let mut state = self.shared.state.lock();
        work(state.streams.get_mut(&self.header.serial).ok_or_else(|| self.over())?)
    }
}

impl StreamDriver for ClientStream {
    fn stream_send(&self, data: &[u8], nonblock: bool) -> Result<Option<usize>> {
        let serial = self.header.serial;
        let mut state = self.shared.state.lock();
        state.check_open()?;
        state.streams.get(&serial).ok_or_else(|| self.over())?.check()?;
        if data.is_empty() {
            return Ok(Some(0));
        }
        if nonblock && !state.outgoing.is_empty() {
            self.shared.flush(&mut state);
            if !state.outgoing.is_empty() {
                self.shared.settle(state);
                return Ok(None);
            }
        }
        let count = data.len().min(LEGACY_PAYLOAD_MAX);
        let message = OutgoingMessage::stream(self.header.stream(Status::Continue), &data[..count])?;
        self.shared.send(&mut state, message);
        if nonblock {
            self.shared.settle(state);
            return Ok(Some(count));
        }
        self.shared.wait(state, &self.signal, |state| {
            let failed = state.streams.get(&serial).map_or_else(|| Err(self.over()), StreamState::check);
            match failed {
                Err(err) => Some(Err(err)),
                Ok(()) => state.outgoing.is_empty().then_some(Ok(Some(count))),
            }
        })
    }

    fn stream_recv(&self, buffer: &mut [u8], flags: u32, nonblock: bool) -> Result<Received> {
        let serial = self.header.serial;
        let stop_at_hole = flags & VIR_STREAM_RECV_STOP_AT_HOLE != 0;
        let mut state = self.shared.state.lock();
        let mut read = move |state: &mut super::State| match state.streams.get_mut(&serial) {
            Some(stream) => stream.read(buffer, stop_at_hole),
            None => Some(Err(self.over())),
        };
        if !nonblock {
            return self.shared.wait(state, &self.signal, read);
        }
        if let Some(outcome) = read(&mut state) {
            return outcome;
        }
        // What has come in but was not read yet counts, too.
        if !state.polling {
            self.shared.turn(&mut state, Ok(true));
        }
        let outcome = read(&mut state).unwrap_or(Ok(Received::WouldBlock));
        self.shared.settle(state);
        outcome
    }

    fn stream_send_hole(&self, length: i64, flags: u32) -> Result<()> {
        let hole = OutgoingMessage::hole(self.header, &StreamHole { length, flags })?;
        let mut state = self.shared.state.lock();
        state.check_open()?;
        state.streams.get(&self.header.serial).ok_or_else(|| self.over())?.check()?;
        self.shared.send(&mut state, hole);
        self.shared.settle(state);
        Ok(())
    }

    fn stream_recv_hole(&self, flags: u32) -> Result<i64> {
        if flags != 0 {
            let text = format!("unsupported flags ({flags:#x}) for the length of a hole");
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Remote));
        }
        self.with_state(|stream| match stream.incoming.front() {
            Some(Packet::Hole(length)) => {
                let length = *length;
                stream.incoming.pop_front();
                Ok(length)
            }
            _ => Err(Error::operation_invalid("the stream is not at a hole").domain(ErrorDomain::Rpc)),
        })
    }

    fn stream_finish(&self) -> Result<()> {
        self.end(Status::Ok)
    }

    fn stream_abort(&self) -> Result<()> {
        self.end(Status::Error)
    }

    fn stream_event_add_callback(&self, events: i32, callback: StreamEventCallback) -> Result<()> {
        let event_loop = event_loop::current()
            .ok_or_else(|| Error::internal("stream callbacks need an event loop").domain(ErrorDomain::Rpc))?;
        self.with_state(|stream| match stream.callback {
            Some(_) => Err(Error::internal("the stream has a callback already").domain(ErrorDomain::Rpc)),
            None => Ok(()),
        })?;
        let (shared, serial) = (Arc::downgrade(&self.shared), self.header.serial);
        let timer = event_loop.add_timeout(-1, Box::new(move |timer| call_back(&shared, serial, timer)))?;
        let callback =
            Callback { event_loop: event_loop.clone(), timer, events, function: Arc::new(callback) };
        let fire = self.with_state(|stream| {
            stream.callback = Some(callback);
            Ok(stream.timer())
        })?;
        if let Some(timer) = fire {
            event_loop.update_timeout(timer, 0);
        }
        Ok(())
    }

    fn stream_event_update_callback(&self, events: i32) -> Result<()> {
        let (event_loop, fire) = self.with_state(|stream| {
            let callback = stream.callback.as_mut().ok_or_else(no_callback)?;
            callback.events = events;
            let event_loop = callback.event_loop.clone();
            Ok((event_loop, stream.timer()))
        })?;
        if let Some(timer) = fire {
            event_loop.update_timeout(timer, 0);
        }
        Ok(())
    }

    fn stream_event_remove_callback(&self) -> Result<()> {
        let callback = self.with_state(|stream| stream.callback.take().ok_or_else(no_callback))?;
        drop_callback(callback);
        Ok(())
    }
}

fn no_callback() -> Error {
    Error::internal("the stream has no callback").domain(ErrorDomain::Rpc)
}

fn drop_callback(callback: Callback) {
    if let Err(err) = callback.event_loop.remove_timeout(callback.timer) {
        tracing::warn!(%err, "the event loop did not know a stream's timer");
    }
}

/// Runs in the event loop: tells the application what it can do, or lets the timer rest.
fn call_back(shared: &Weak<Shared>, serial: u32, timer: i32) {
    let Some(shared) = shared.upgrade() else { return };
    let (event_loop, due) = {
        let state = shared.state.lock();
        let Some(stream) = state.streams.get(&serial) else { return };
        let Some(callback) = &stream.callback else { return };
        let events = callback.events & stream.events();
        let due = (events != 0).then(|| (callback.function.clone(), events));
        (callback.event_loop.clone(), due)
    };
    match due {
        Some((function, events)) => function(events),
        None => event_loop.update_timeout(timer, -1),
    }
}

impl Drop for ClientStream {
    fn drop(&mut self) {
        let over = {
            let state = self.shared.state.lock();
            state.streams.get(&self.header.serial).is_none_or(|stream| stream.outcome.is_some())
        };
        if self.remove() && !over {
            let mut state = self.shared.state.lock();
            if state.closed.is_none()
                && let Ok(abort) = OutgoingMessage::stream(self.header.stream(Status::Error), &[])
            {
                self.shared.send(&mut state, abort);
            }
            self.shared.settle(state);
        }
    }
}
