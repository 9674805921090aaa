//! What a client is still to be sent: filled by any thread, and emptied by the reactor. Only who has a reply sends it at
//! once, after what is before it and what others are still to be told: on a busy host another thread would have to wait for
//! a processor first.

use ferrovirt_rpc::frame::{Layered, OutgoingMessage, Transport};
use parking_lot::Mutex;
use rustix::io::Errno;
use std::collections::{HashMap, VecDeque};
use std::os::fd::AsFd;
use std::sync::{Arc, Weak};
use tokio::sync::Notify;

/// Streams wait while more than this is queued.
pub const ENOUGH: usize = 1 << 20;
/// A client that lets more pile up does not read any more: it is given up.
const TOO_MUCH: usize = 128 << 20;

/// A daemon's outboxes with events that nobody has tried to send yet. Whoever has a reply tries before it goes out: who
/// has the reply to what he did is to find that everybody else has been told of it.
#[derive(Clone, Default)]
pub struct Unseen(Arc<Mutex<HashMap<usize, Weak<Outbox>>>>);

/// Something to be done when there is room again.
pub type Waiter = Box<dyn FnOnce() + Send>;

/// A client's queue.
pub struct Outbox {
    state: Mutex<State>,
    transport: Layered,
    /// Wakes the client's task on the reactor.
    wake: Notify,
    all_unseen: Unseen,
    /// Itself, as it is listed there.
    this: Weak<Self>,
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
    /// A queue for what goes out by `transport`.
    pub fn new(transport: Layered, all_unseen: Unseen) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            state: Mutex::default(),
            transport,
            wake: Notify::new(),
            all_unseen,
            this: this.clone(),
        })
    }

    /// Queues a message that can wait for the reactor.
    pub fn push(&self, message: OutgoingMessage) {
        self.state.lock().push(message);
        self.wake.notify_one();
    }

    /// Queues an event, which goes out before the next reply to anybody.
    pub fn tell(&self, event: OutgoingMessage) {
        let mut state = self.state.lock();
        state.push(event);
        self.all_unseen.add(&self.this);
        drop(state);
        self.wake.notify_one();
    }

    /// Sends a reply in its turn, and has something done once it has been sent and before anything else is.
    pub fn reply(&self, message: OutgoingMessage, then: Option<Waiter>) {
        self.all_unseen.send();
        let mut state = self.state.lock();
        if then.is_some() && state.closed.is_none() {
            state.then = then.map(|then| (state.queue.len(), then));
        }
        state.push(message);
        // What goes wrong here goes wrong for the client's task, too, which knows what to do.
        if state.closed.is_some() || state.send(&self.transport) != Ok(Sent::Everything) {
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
        self.all_unseen.remove(&self.this);
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
    fn add(&self, outbox: &Weak<Outbox>) {
        self.0.lock().entry(outbox.as_ptr() as usize).or_insert_with(|| outbox.clone());
    }

    /// Only who holds the lock of an outbox may take it out, and only after sending: until then its event may be on no way.
    fn remove(&self, outbox: &Weak<Outbox>) {
        self.0.lock().remove(&(outbox.as_ptr() as usize));
    }

    /// Tells everybody, as far as the sockets take it.
    fn send(&self) {
        let all: Vec<_> = self.0.lock().values().filter_map(Weak::upgrade).collect();
        for outbox in all {
            // What goes wrong here goes wrong for the client's task, too, which knows what to do.
            _ = outbox.send();
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.all_unseen.remove(&self.this);
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

    fn outbox(all_unseen: &Unseen) -> (Arc<Outbox>, UnixStream) {
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
        assert_eq!(received(&mut theirs), b"");
        outbox.reply(pong, Some(Box::new(move || done.send(()).unwrap())));
        assert_eq!(received(&mut theirs), [first, second].concat());
        is_done.try_recv().unwrap();
    }

    #[test]
    fn before_a_reply_goes_out_everybody_has_been_told() {
        let all = Unseen::default();
        let ((one, mut ours), (other, mut theirs)) = (outbox(&all), outbox(&all));
        let (event, reply) = (|| message(PING).unwrap(), || message(PONG).unwrap());
        one.tell(event());
        assert_eq!(received(&mut ours), b"");
        other.reply(reply(), None);
        assert_eq!(received(&mut ours), event().bytes());
        assert_eq!(received(&mut theirs), reply().bytes());
        assert!(all.0.lock().is_empty());
        // Who is gone keeps nobody waiting.
        one.tell(event());
        drop(one);
        assert!(all.0.lock().is_empty());
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
