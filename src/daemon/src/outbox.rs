//! What a client is still to be sent: filled by any thread, and emptied by the reactor. Only a reply that nothing is
//! before goes out at once, by whoever has it: on a busy host another thread would have to wait for a processor first.

use ferrovirt_rpc::frame::{Layered, OutgoingMessage, Transport};
use parking_lot::Mutex;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// Streams wait while more than this is queued.
pub const ENOUGH: usize = 1 << 20;
/// A client that lets more pile up does not read any more: it is given up.
const TOO_MUCH: usize = 128 << 20;

/// How many of a daemon's outboxes have something that the reactor has not looked at yet. As long as there is one, replies
/// wait for the reactor, too: who has the reply to what he did is to find that everybody else has been told of it.
#[derive(Clone, Default)]
pub struct Unseen(Arc<AtomicUsize>);

/// Something to be done when there is room again.
pub type Waiter = Box<dyn FnOnce() + Send>;

/// A client's queue.
pub struct Outbox {
    state: Mutex<State>,
    transport: Layered,
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
    /// It is one of those that are unseen.
    unseen: bool,
    all_unseen: Unseen,
}

/// How far sending has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    Everything,
    /// The socket takes no more now.
    Blocked,
}

impl Outbox {
    /// A queue for what goes out by `transport`.
    pub fn new(transport: Layered, all_unseen: Unseen) -> Self {
        let state = State { all_unseen, ..State::default() };
        Self { state: Mutex::new(state), transport, wake: Notify::new() }
    }

    /// Queues a message.
    pub fn push(&self, message: OutgoingMessage) {
        let mut state = self.state.lock();
        state.push(message);
        state.note_unseen(true);
        drop(state);
        self.wake.notify_one();
    }

    /// Sends a reply in its turn, and has something done once it has been sent and before anything else is.
    pub fn reply(&self, message: OutgoingMessage, then: Option<Waiter>) {
        let mut state = self.state.lock();
        let is_next = state.queue.is_empty() && state.closed.is_none() && !state.all_unseen.any();
        if then.is_some() && state.closed.is_none() {
            state.then = then.map(|then| (state.queue.len(), then));
        }
        state.push(message);
        // What goes wrong here goes wrong for the client's task, too, which knows what to do.
        if !(is_next && state.send(&self.transport) == Ok(Sent::Everything)) {
            state.note_unseen(true);
            drop(state);
            self.wake.notify_one();
        }
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
    pub fn send(&self) -> Result<Sent, Errno> {
        let mut state = self.state.lock();
        let outcome = state.send(&self.transport);
        state.note_unseen(false);
        let waiting = match state.bytes < ENOUGH / 2 {
            true => std::mem::take(&mut state.waiting),
            false => Vec::new(),
        };
        drop(state);
        waiting.into_iter().for_each(|waiter| waiter());
        outcome
    }
}

impl Unseen {
    fn any(&self) -> bool {
        self.0.load(Ordering::SeqCst) != 0
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.state.get_mut().note_unseen(false);
    }
}

impl State {
    fn push(&mut self, message: OutgoingMessage) {
        if self.closed.is_some() {
            return;
        }
        self.bytes += message.bytes().len();
        self.queue.push_back(message);
        if self.bytes > TOO_MUCH {
            self.close("it does not read what it is sent");
        }
    }

    fn close(&mut self, why: &'static str) {
        self.closed.get_or_insert(why);
        self.waiting.clear();
        self.note_unseen(false);
    }

    /// Whether there is something that the reactor has to look at; not for a client that is given up.
    fn note_unseen(&mut self, unseen: bool) {
        let unseen = unseen && self.closed.is_none();
        match (self.unseen, unseen) {
            (false, true) => _ = self.all_unseen.0.fetch_add(1, Ordering::SeqCst),
            (true, false) => _ = self.all_unseen.0.fetch_sub(1, Ordering::SeqCst),
            _ => {}
        }
        self.unseen = unseen;
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

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_rpc::frame::UnixTransport;
    use ferrovirt_rpc::keepalive::{PING, PONG, message};
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc::channel;

    fn outbox(all_unseen: &Unseen) -> (Outbox, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let transport = Layered::new(UnixTransport::new(ours.into()));
        (Outbox::new(transport, all_unseen.clone()), theirs)
    }

    /// All bytes that have come.
    fn received(socket: &mut UnixStream) -> Vec<u8> {
        let mut bytes = vec![0; 4096];
        let count = socket.read(&mut bytes).unwrap_or(0);
        bytes.truncate(count);
        bytes
    }

    #[test]
    fn a_reply_goes_out_at_once_and_never_before_what_was_queued_earlier() {
        let (outbox, mut theirs) = outbox(&Unseen::default());
        let (ping, pong) = (message(PING).unwrap(), message(PONG).unwrap());
        let (first, second) = (ping.bytes().to_vec(), pong.bytes().to_vec());
        outbox.reply(message(PONG).unwrap(), None);
        assert_eq!(received(&mut theirs), second);

        let (done, is_done) = channel();
        outbox.push(ping);
        outbox.reply(pong, Some(Box::new(move || done.send(()).unwrap())));
        assert_eq!(received(&mut theirs), b"");
        assert!(is_done.try_recv().is_err());
        assert_eq!(outbox.send(), Ok(Sent::Everything));
        assert_eq!(received(&mut theirs), [first, second].concat());
        is_done.try_recv().unwrap();
    }

    #[test]
    fn a_reply_waits_until_everybody_has_been_told() {
        let all = Unseen::default();
        let ((one, _ours), (other, mut theirs)) = (outbox(&all), outbox(&all));
        let reply = || message(PONG).unwrap();
        one.push(message(PING).unwrap());
        other.reply(reply(), None);
        assert_eq!(received(&mut theirs), b"");
        one.send().unwrap();
        other.send().unwrap();
        other.reply(reply(), None);
        assert_eq!(received(&mut theirs), [reply().bytes(), reply().bytes()].concat());
        // Who is given up keeps nobody waiting.
        one.push(message(PING).unwrap());
        one.close("it is gone");
        other.reply(reply(), None);
        assert_eq!(received(&mut theirs), reply().bytes());
    }

    #[test]
    fn what_the_socket_does_not_take_stays_for_later() {
        let (outbox, mut theirs) = outbox(&Unseen::default());
        let one = message(PING).unwrap().bytes().len();
        let mut sent = 0;
        while outbox.is_empty() {
            outbox.reply(message(PING).unwrap(), None);
            sent += one;
        }
        let mut came = 0;
        while came < sent {
            came += received(&mut theirs).len();
            outbox.send().unwrap();
        }
        assert_eq!((came, outbox.is_empty()), (sent, true));
    }

    #[test]
    fn nothing_is_sent_to_who_is_gone() {
        let (outbox, theirs) = outbox(&Unseen::default());
        drop(theirs);
        outbox.reply(message(PING).unwrap(), None);
        assert!(!outbox.is_empty());
        assert!(outbox.send().is_err());
        outbox.close("it is gone");
        outbox.reply(message(PING).unwrap(), None);
        assert_eq!(outbox.closed(), Some("it is gone"));
    }
}
