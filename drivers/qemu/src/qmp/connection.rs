//! The task that owns a monitor's socket: writes what is queued, hands out what comes, and tells everyone when it ends.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot, watch};

use super::error::LostReason;
use super::message::{Event, Incoming, parse};

/// As many descriptors as QEMU's character devices take with one message.
pub(super) const MAX_DESCRIPTORS: usize = 16;
/// What is gathered from the queue into one write.
const WRITE_BATCH: usize = 64 * 1024;
const READ_BUFFER: usize = 64 * 1024;

/// A command on its way to QEMU.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) text: String,
    pub(super) descriptors: Vec<OwnedFd>,
}

/// What a waiter gets: QEMU's message, or why there will be none.
pub(super) type Answer = Result<Incoming, LostReason>;

/// What the task and the clients share.
#[derive(Debug)]
pub(super) struct Shared {
    waiting: Mutex<Waiting>,
    /// `Some` once the connection has ended.
    ended: watch::Sender<Option<LostReason>>,
}

#[derive(Debug, Default)]
struct Waiting {
    by_id: HashMap<u64, oneshot::Sender<Answer>>,
    greeting: Option<oneshot::Sender<Answer>>,
    last_id: u64,
    lost: Option<LostReason>,
}

impl Shared {
    pub(super) fn new(greeting: oneshot::Sender<Answer>) -> Self {
        let waiting = Waiting { greeting: Some(greeting), ..Waiting::default() };
        Self { waiting: Mutex::new(waiting), ended: watch::Sender::new(None) }
    }

    /// A fresh id, and where its answer will come.
    pub(super) fn expect_reply(&self) -> Result<(u64, oneshot::Receiver<Answer>), LostReason> {
        let mut waiting = self.waiting.lock();
        if let Some(reason) = &waiting.lost {
            return Err(reason.clone());
        }
        waiting.last_id += 1;
        let id = waiting.last_id;
        let (sender, receiver) = oneshot::channel();
        waiting.by_id.insert(id, sender);
        Ok((id, receiver))
    }

    /// Nobody waits for this answer any more.
    pub(super) fn forget(&self, id: u64) {
        self.waiting.lock().by_id.remove(&id);
    }

    /// Why the connection has ended; `None` while it lives.
    pub(super) fn lost(&self) -> Option<LostReason> {
        self.waiting.lock().lost.clone()
    }

    pub(super) fn watch_end(&self) -> watch::Receiver<Option<LostReason>> {
        self.ended.subscribe()
    }

    fn end(&self, reason: LostReason) {
        let (replies, greeting) = {
            let mut waiting = self.waiting.lock();
            waiting.lost.get_or_insert_with(|| reason.clone());
            (std::mem::take(&mut waiting.by_id), waiting.greeting.take())
        };
        for waiter in replies.into_values().chain(greeting) {
            let _ = waiter.send(Err(reason.clone()));
        }
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert(reason);
            first
        });
    }

    /// Gives a message to whoever waits for it; an error ends the connection.
    fn deliver(&self, message: Incoming) -> Result<Option<Event>, LostReason> {
        let waiter = match &message {
            Incoming::Event(_) => None,
            Incoming::Greeting { .. } => self.waiting.lock().greeting.take(),
            Incoming::Reply { id, .. } => self.waiting.lock().by_id.remove(id),
            Incoming::Unmatched(refusal) => {
                let text = format!("QEMU could not read a command: {}", refusal.desc);
                return Err(LostReason::Protocol(text));
            }
            Incoming::Stray => None,
        };
        match (message, waiter) {
            (Incoming::Event(event), _) => return Ok(Some(event)),
            (message, Some(waiter)) => {
                // Whoever has stopped waiting meanwhile does not want it.
                let _ = waiter.send(Ok(message));
            }
            (message, None) => tracing::debug!(?message, "nobody waits for this message of the monitor"),
        }
        Ok(None)
    }
}

/// Ends the shared state even when the task is dropped with its runtime.
struct EndGuard(Arc<Shared>, Option<LostReason>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        self.0.end(self.1.take().unwrap_or(LostReason::Dropped));
    }
}

/// Serves the socket until QEMU closes it, breaks the protocol, or all clients are gone.
pub(super) async fn serve(
    stream: UnixStream,
    shared: Arc<Shared>,
    commands: mpsc::Receiver<Outgoing>,
    events: mpsc::Sender<Event>,
    max_line: usize,
) {
    let mut guard = EndGuard(shared, None);
    let (read, write) = stream.into_split();
    // Reading goes on while a write waits, or two full buffers would stop both sides for ever. It also comes first:
    // a peer that has answered and closed is not to be reported as one that can't be written to.
    guard.1 = Some(tokio::select! {
        biased;
        reason = read_all(read, &guard.0, events, max_line) => reason,
        reason = write_all(write, commands) => reason,
    });
}

async fn read_all(
    read: OwnedReadHalf,
    shared: &Shared,
    events: mpsc::Sender<Event>,
    max_line: usize,
) -> LostReason {
    let mut reader = BufReader::with_capacity(READ_BUFFER, read);
    let mut line = Vec::new();
    loop {
        line.clear();
        // A schema is a quarter of a megabyte, and is asked for once.
        line.shrink_to(READ_BUFFER);
        let limit = max_line as u64 + 1;
        match (&mut reader).take(limit).read_until(b'\n', &mut line).await {
            Ok(0) => return LostReason::Closed,
            Ok(_) if line.ends_with(b"\n") => {}
            Ok(_) if line.len() > max_line => {
                return LostReason::Protocol(format!(
                    "QEMU has sent a message of more than {max_line} bytes"
                ));
            }
            // The last line was cut short by the end.
            Ok(_) => return LostReason::Closed,
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return LostReason::Closed,
            Err(e) => return LostReason::Io(e.to_string()),
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match parse(&line).map_err(LostReason::Protocol).and_then(|message| shared.deliver(message)) {
            Ok(None) => {}
            Ok(Some(event)) => {
                // An error means that nobody wants events, which is the owner's right.
                let _ = events.send(event).await;
            }
            Err(reason) => return reason,
        }
    }
}

async fn write_all(write: OwnedWriteHalf, mut commands: mpsc::Receiver<Outgoing>) -> LostReason {
    let mut next = commands.recv().await;
    loop {
        let Some(mut message) = next.take() else {
            return LostReason::Dropped;
        };
        // Descriptors belong to the first byte of their own command, so only commands without any are joined.
        while message.text.len() < WRITE_BATCH
            && let Ok(more) = commands.try_recv()
        {
            if !more.descriptors.is_empty() {
                next = Some(more);
                break;
            }
            message.text.push_str(&more.text);
        }
        match write_message(&write, &message).await {
            Ok(()) => {}
            // The reader sees the end too, behind all that QEMU has still said.
            Err(e) if matches!(e.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => {
                return std::future::pending().await;
            }
            Err(e) => return LostReason::Io(e.to_string()),
        }
        // Our copies of the descriptors go now, not when there is something to say again.
        drop(message);
        if next.is_none() {
            next = commands.recv().await;
        }
    }
}

async fn write_message(write: &OwnedWriteHalf, message: &Outgoing) -> io::Result<()> {
    let socket: &UnixStream = write.as_ref();
    let mut rest = message.text.as_bytes();
    let mut descriptors: Vec<BorrowedFd<'_>> = message.descriptors.iter().map(AsFd::as_fd).collect();
    while !rest.is_empty() {
        let sent = socket.async_io(Interest::WRITABLE, || send(socket, rest, &descriptors)).await?;
        descriptors.clear();
        rest = &rest[sent..];
    }
    Ok(())
}

fn send(socket: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("too many descriptors for one message"));
    }
    Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)?)
}
