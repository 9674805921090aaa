//! A client's connection: callers of any number of threads share one socket, and no thread of ours is needed.
//!
//! Of the threads that wait for an answer one polls the socket; whatever comes in for the others it hands to them, and
//! when its own answer is there it passes the duty on. While nobody waits, the application's event loop watches.

mod io;
mod state;
mod stream;
#[cfg(test)]
mod tests;
mod watch;

pub use state::{CloseReason, Notice};
pub use stream::ClientStream;

use crate::frame::{Header, Message, OutgoingMessage, Transport};
use crate::keepalive::Keepalive;
use crate::procedure::{Fds, Procedure};
use crate::xdr::wire_error;
use ferrovirt_core::{Error, ErrorDomain, Result};
use parking_lot::{Condvar, Mutex};
use rustix::event::{EventfdFlags, eventfd};
use state::State;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use watch::Watch;

/// Told of events and of the end of the connection, from whichever thread reads them, one at a time and in order.
/// It must not block: it queues what it is told, and has the application's event loop do the rest.
pub type NoticeSink = Box<dyn Fn(Notice) + Send + Sync>;

/// A connection to a daemon. It closes when dropped; its streams then fail.
pub struct Client(Arc<Shared>);

/// What callers, streams and the event loop share.
pub(in crate::client) struct Shared {
    transport: Box<dyn Transport>,
    /// Wakes the thread that polls when there is something to send that could not be sent at once.
    wake: OwnedFd,
    serial: AtomicU32,
    state: Mutex<State>,
    watch: Watch,
    sink: NoticeSink,
}

impl Client {
    /// Talks over `transport`, watched by the application's event loop if one is registered.
    pub fn new(transport: Box<dyn Transport>, sink: NoticeSink) -> Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|err| Error::system(err, "cannot create a connection's wake-up descriptor"))?;
        let (serial, state) = (AtomicU32::new(0), Mutex::new(State::default()));
        let shared = Shared { transport, wake, serial, state, watch: Watch::default(), sink };
        let shared = Arc::new(shared);
        Watch::attach(&shared)?;
        Ok(Self(shared))
    }

    /// Calls, and waits for the answer.
    pub fn call<P: Procedure>(&self, arguments: &P) -> Result<P::Reply> {
        let header = self.0.header::<P>();
        self.0.exchange(header, OutgoingMessage::new(header, arguments)?)?.reply()
    }

    /// Calls with descriptors, or to get some. Those sent are duplicated.
    pub fn call_with_fds<P: Procedure>(
        &self,
        arguments: &P,
        fds: &[BorrowedFd<'_>],
    ) -> Result<(P::Reply, Vec<OwnedFd>)> {
        if !self.0.transport.passes_fds() {
            return Err(Error::no_support("descriptors can only be passed over a UNIX socket")
                .domain(ErrorDomain::Rpc));
        }
        let header = self.0.header::<P>();
        let copies: std::io::Result<Vec<_>> = fds.iter().map(BorrowedFd::try_clone_to_owned).collect();
        let copies = copies.map_err(|err| Error::system(err, "cannot duplicate a descriptor to be sent"))?;
        let message = match P::ROW.fds {
            Fds::Sends | Fds::Both => OutgoingMessage::with_fds(header, arguments, copies)?,
            Fds::Receives | Fds::None => OutgoingMessage::new(header, arguments)?,
        };
        let answer = self.0.exchange(header, message)?;
        let reply = answer.reply()?;
        Ok((reply, answer.fds))
    }

    /// Makes a call that opens a stream.
    pub fn open_stream<P: Procedure>(&self, arguments: &P) -> Result<(P::Reply, ClientStream)> {
        let header = self.0.header::<P>();
        let message = OutgoingMessage::new(header, arguments)?;
        // Known before the call goes out: the first data may come right behind the answer.
        let stream = ClientStream::register(&self.0, header);
        match self.0.exchange(header, message).and_then(|answer| answer.reply()) {
            Ok(reply) => Ok((reply, stream)),
            Err(err) => {
                stream.forget();
                Err(err)
            }
        }
    }

    /// Probes the other side after `interval` of silence and gives it up after `count` probes; `None` stops that.
    /// Something must read answers: callers that wait, or the event loop.
    pub fn set_keepalive(&self, interval: Option<Duration>, count: u32) -> Result<()> {
        let keepalive = interval.map(|interval| Keepalive::new(interval, count, Instant::now()));
        self.0.state.lock().keepalive = keepalive;
        self.0.wake();
        self.0.watch.set_timer(&self.0, interval)
    }

    /// Whether the connection is still there, as far as is known.
    pub fn is_alive(&self) -> bool {
        self.0.state.lock().closed.is_none()
    }

    /// What the connection goes over.
    pub fn transport(&self) -> &dyn Transport {
        &*self.0.transport
    }

    /// Ends the connection; who still waits for an answer gets an error. The notice of it is not given.
    pub fn close(&self) {
        let mut state = self.0.state.lock();
        let err = Error::internal("the connection was closed by this program").domain(ErrorDomain::Rpc);
        state.close(CloseReason::Client, err);
        drop(state);
        self.0.wake();
        self.0.watch.detach();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("alive", &self.is_alive()).finish_non_exhaustive()
    }
}

impl Shared {
    /// The header of a new call.
    fn header<P: Procedure>(&self) -> Header {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        Header::call(P::ROW.program, P::ROW.number, serial)
    }

    fn exchange(&self, header: Header, message: OutgoingMessage) -> Result<Message> {
        let signal = Arc::new(Condvar::new());
        let mut state = self.state.lock();
        state.expect_reply(header, signal.clone())?;
        self.send(&mut state, message);
        let answer = self.wait(state, &signal, |state| state.take_reply(header.serial))?;
        let wanted = (header.program, header.procedure);
        if (answer.header.program, answer.header.procedure) != wanted {
            return Err(wire_error(
                "the daemon's answer is to another procedure than the one that was called",
            ));
        }
        Ok(answer)
    }
}
