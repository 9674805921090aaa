//! What a client is still to be sent: filled by any thread, emptied by the reactor.

use ferrovirt_rpc::frame::{OutgoingMessage, Transport};
use parking_lot::Mutex;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::os::fd::AsFd;
use tokio::sync::Notify;

/// Streams wait while more than this is queued.
pub const ENOUGH: usize = 1 << 20;
/// A client that lets more pile up does not read any more: it is given up.
const TOO_MUCH: usize = 128 << 20;

/// Something to be done when there is room again.
pub type Waiter = Box<dyn FnOnce() + Send>;

/// A client's queue.
#[derive(Default)]
pub struct Outbox {
    state: Mutex<State>,
    /// Wakes the client's task on the reactor.
    wake: Notify,
}

#[derive(Default)]
struct State {
    queue: VecDeque<OutgoingMessage>,
    bytes: usize,
    /// How much of the first message has been sent: bytes, then descriptors.
    sent: (usize, usize),
    waiting: Vec<Waiter>,
    /// What is to be done once the message is sent that has so many before it.
    then: Option<(usize, Waiter)>,
    /// Why nothing more is taken, once that is so.
    closed: Option<&'static str>,
}

/// How far sending has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    Everything,
    /// The socket takes no more now.
    Blocked,
}

impl Outbox {
    /// Queues a message.
    pub fn push(&self, message: OutgoingMessage) {
        self.push_then(message, None);
    }

    /// Queues a message, and has something done once it has been sent and before anything else is.
    pub fn push_then(&self, message: OutgoingMessage, then: Option<Waiter>) {
        let mut state = self.state.lock();
        if state.closed.is_some() {
            return;
        }
        if then.is_some() {
            state.then = then.map(|then| (state.queue.len(), then));
        }
        state.bytes += message.bytes().len();
        state.queue.push_back(message);
        if state.bytes > TOO_MUCH {
            state.close("it does not read what it is sent");
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Has the client's connection ended.
    pub fn close(&self, why: &'static str) {
        self.state.lock().close(why);
        self.wake.notify_one();
    }

    /// Why the connection is to end, if it is.
    pub fn closed(&self) -> Option<&'static str> {
        self.state.lock().closed
    }

    /// Wakes the client's task without a message.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether a stream may send more; if not, `then` is called when it may.
    pub fn has_room_or(&self, then: impl FnOnce() + Send + 'static) -> bool {
        let mut state = self.state.lock();
        if state.bytes < ENOUGH {
            return true;
        }
        if state.closed.is_none() {
            state.waiting.push(Box::new(then));
        }
        false
    }

    pub fn is_empty(&self) -> bool {
        self.state.lock().queue.is_empty()
    }

    /// Sends what the socket takes.
    pub fn send(&self, transport: &dyn Transport) -> Result<Sent, Errno> {
        let mut state = self.state.lock();
        let outcome = state.send(transport);
        let waiting = match state.bytes < ENOUGH / 2 {
            true => std::mem::take(&mut state.waiting),
            false => Vec::new(),
        };
        drop(state);
        waiting.into_iter().for_each(|waiter| waiter());
        outcome
    }
}

impl State {
    fn close(&mut self, why: &'static str) {
        self.closed.get_or_insert(why);
        self.waiting.clear();
    }

    fn one_is_sent(&mut self) {
        self.then = match self.then.take() {
            Some((0, then)) => {
                then();
                None
            }
            Some((before, then)) => Some((before - 1, then)),
            None => None,
        };
    }

    fn send(&mut self, transport: &dyn Transport) -> Result<Sent, Errno> {
        while let Some(message) = self.queue.front() {
            let (bytes, fds) = &mut self.sent;
            let whole = message.bytes();
            let outcome = if *bytes < whole.len() {
                transport.send(&whole[*bytes..]).map(|count| *bytes += count)
            } else if let Some(fd) = message.fds().get(*fds) {
                transport.send_fd(fd.as_fd()).map(|()| *fds += 1)
            } else {
                self.bytes -= whole.len();
                self.sent = (0, 0);
                self.queue.pop_front();
                self.one_is_sent();
                continue;
            };
            match outcome {
                Ok(()) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Sent::Blocked),
                Err(err) => return Err(err),
            }
        }
        Ok(Sent::Everything)
    }
}
