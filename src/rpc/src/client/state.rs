//! What a connection knows: who waits for what, what is to be sent, which streams are open.

use super::stream::StreamState;
use super::watch::Gate;
use crate::frame::{FrameReader, Header, Message, MessageKind, OutgoingMessage};
use crate::keepalive::{self, Keepalive};
use crate::program::Program;
use crate::xdr::wire_error;
use ferrovirt_core::abi::{
    VIR_CONNECT_CLOSE_REASON_CLIENT, VIR_CONNECT_CLOSE_REASON_EOF, VIR_CONNECT_CLOSE_REASON_ERROR,
    VIR_CONNECT_CLOSE_REASON_KEEPALIVE,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use parking_lot::Condvar;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

/// Something that came without having been asked for.
#[derive(Debug)]
pub enum Notice {
    /// A message of the server, to be decoded by its program and number.
    Event(Message),
    /// The connection is gone, not by our own doing.
    Closed(CloseReason),
}

/// Why a connection ended (`virConnectCloseReason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum CloseReason {
    Error = VIR_CONNECT_CLOSE_REASON_ERROR as i32,
    Eof = VIR_CONNECT_CLOSE_REASON_EOF as i32,
    Keepalive = VIR_CONNECT_CLOSE_REASON_KEEPALIVE as i32,
    Client = VIR_CONNECT_CLOSE_REASON_CLIENT as i32,
}

#[derive(Default)]
pub(super) struct State {
    pub frames: FrameReader,
    pub outgoing: VecDeque<Outgoing>,
    calls: HashMap<u32, Call>,
    pub streams: HashMap<u32, StreamState>,
    /// A thread polls the socket.
    pub polling: bool,
    /// The threads that wait, each by what wakes it.
    pub waiting: Vec<Arc<Condvar>>,
    pub keepalive: Option<Keepalive>,
    /// Why nothing can be sent any more.
    pub closed: Option<Error>,
    pub notices: VecDeque<Notice>,
    /// A thread hands the notices out.
    pub delivering: bool,
    /// What the event loop watches, if there is one.
    pub gate: Option<Gate>,
    /// Timers of streams that have become ready.
    pub ready_timers: Vec<i32>,
}

/// A message of which a part has been sent.
pub(super) struct Outgoing {
    pub message: OutgoingMessage,
    pub bytes_sent: usize,
    pub fds_sent: usize,
}

/// A call that is under way.
struct Call {
    signal: Arc<Condvar>,
    answer: Option<Result<Message>>,
}

impl State {
    /// Fails if nothing can be sent any more.
    pub fn check_open(&self) -> Result<()> {
        self.closed.as_ref().map_or(Ok(()), |err| Err(err.clone()))
    }

    pub fn expect_reply(&mut self, header: Header, signal: Arc<Condvar>) -> Result<()> {
        self.check_open()?;
        self.calls.insert(header.serial, Call { signal, answer: None });
        Ok(())
    }

    pub fn take_reply(&mut self, serial: u32) -> Option<Result<Message>> {
        self.calls.get(&serial)?.answer.as_ref()?;
        self.calls.remove(&serial)?.answer
    }

    /// Ends the connection, once: everybody who waits is told why.
    pub fn close(&mut self, reason: CloseReason, err: Error) {
        if self.closed.is_some() {
            return;
        }
        for call in self.calls.values_mut().filter(|call| call.answer.is_none()) {
            call.answer = Some(Err(err.clone()));
        }
        for stream in self.streams.values_mut() {
            stream.fail(err.clone());
            self.ready_timers.extend(stream.timer());
        }
        self.outgoing.clear();
        self.waiting.iter().for_each(|signal| {
            signal.notify_all();
        });
        if reason != CloseReason::Client {
            self.notices.push_back(Notice::Closed(reason));
        }
        let gone = format!("the connection has ended: {}", err.message());
        self.closed = Some(Error::internal(gone).domain(ErrorDomain::Rpc).caused_by(err));
    }

    /// Gives a message to whom it belongs.
    pub fn dispatch(&mut self, message: Message) -> Result<()> {
        if let Some(keepalive) = &mut self.keepalive {
            keepalive.heard(Instant::now());
        }
        let header = message.header;
        if header.program == Program::Keepalive as u32 {
            return self.dispatch_keepalive(header);
        }
        match header.kind {
            MessageKind::Reply | MessageKind::ReplyWithFds => {
                match self.calls.get_mut(&header.serial) {
                    Some(call) => {
                        call.answer = Some(Ok(message));
                        call.signal.notify_all();
                    }
                    None => tracing::warn!(serial = header.serial, "an answer came that nobody waits for"),
                }
                Ok(())
            }
            MessageKind::Message => {
                self.notices.push_back(Notice::Event(message));
                Ok(())
            }
            MessageKind::Stream | MessageKind::StreamHole => self.dispatch_stream(message),
            MessageKind::Call | MessageKind::CallWithFds => {
                Err(wire_error("the daemon made a call, which daemons can't"))
            }
        }
    }

    fn dispatch_keepalive(&mut self, header: Header) -> Result<()> {
        if header.kind == MessageKind::Message && header.procedure == keepalive::PING {
            self.push(keepalive::message(keepalive::PONG)?);
        }
        Ok(())
    }

    fn dispatch_stream(&mut self, message: Message) -> Result<()> {
        // Packets may be under way while the stream is given up.
        let Some(stream) = self.streams.get_mut(&message.header.serial) else { return Ok(()) };
        stream.accept(message)?;
        self.ready_timers.extend(stream.timer());
        Ok(())
    }

    pub fn push(&mut self, message: OutgoingMessage) {
        self.outgoing.push_back(Outgoing { message, bytes_sent: 0, fds_sent: 0 });
    }
}
