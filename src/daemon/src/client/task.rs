//! A client's task on the reactor: takes its messages off the socket, has them answered, sends what there is to send.

use super::Client;
use super::socket::{Socket, watched};
use crate::handlers::Table;
use crate::outbox::Sent;
use crate::workers::Task;
use ferrovirt_core::Error;
use ferrovirt_rpc::frame::{FrameReader, Message, MessageKind, OutgoingMessage, Transport};
use ferrovirt_rpc::keepalive::{self, Keepalive, Verdict};
use ferrovirt_rpc::program::Program;
use ferrovirt_rpc::server::{Caller, guest};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};
use tokio::time::sleep_until;

/// How long a client may take to open a connection, and to send the rest of a message that it has begun.
const PATIENCE: Duration = Duration::from_secs(60);
/// Calls beyond a client's limit are kept while workers are at the earlier ones, so that what comes behind them and
/// needs no worker is answered; with more than these the client is not read any more.
const HELD_CALLS: usize = 16;
const HELD_BYTES: usize = 1 << 20;
/// Messages that are taken in a row before others have their turn, and reads of the socket.
const TURN: usize = 32;

/// Why a client is served no longer.
type Why = String;

/// Serves a client until it is gone.
pub async fn serve(client: Client, transport: Box<dyn Transport>, table: Arc<Table>) {
    tracing::debug!(client = client.id(), server = client.server().name, "a client has come");
    let why = match watched(transport) {
        Ok(socket) => Session::new(client.clone(), table).run(&socket).await,
        Err(err) => format!("its socket can't be watched: {err}"),
    };
    tracing::debug!(client = client.id(), server = client.server().name, why, "a client is gone");
    client.close("it is gone");
    // Closing what it has open may take its time.
    let workers = client.server().workers.clone();
    workers.submit(Task {
        priority: true,
        computes: false,
        guest: None,
        work: Box::new(move || client.leave()),
    });
}

struct Session {
    client: Client,
    table: Arc<Table>,
    reader: FrameReader,
    held: VecDeque<Message>,
    held_bytes: usize,
    keepalive: Option<Keepalive>,
    came: Instant,
    /// Since when a message has been incomplete.
    amid_since: Option<Instant>,
    /// There are messages that have come and were not taken in the client's turn.
    has_more: bool,
}

impl Session {
    fn new(client: Client, table: Arc<Table>) -> Self {
        Self {
            client,
            table,
            reader: FrameReader::new(),
            held: VecDeque::new(),
            held_bytes: 0,
            keepalive: None,
            came: Instant::now(),
            amid_since: None,
            has_more: false,
        }
    }

    async fn run(mut self, socket: &AsyncFd<Socket<Box<dyn Transport>>>) -> Why {
        loop {
            if let Err(why) = self.turn(socket).await {
                return why;
            }
        }
    }

    /// Does what can be done, then waits until there is more.
    async fn turn(&mut self, socket: &AsyncFd<Socket<Box<dyn Transport>>>) -> Result<(), Why> {
        self.release_held();
        let sent = self.client.outbox().send().map_err(lost)?;
        if let Some(why) = self.client.outbox().closed() {
            return Err(why.to_owned());
        }
        if self.has_more && self.reads() {
            tokio::task::yield_now().await;
            return self.take_some();
        }
        let deadline = self.check_time()?;
        let client = self.client.clone();
        tokio::select! {
            biased;
            guard = socket.writable(), if sent == Sent::Blocked => {
                let mut guard = guard.map_err(|err| err.to_string())?;
                if client.outbox().send().map_err(lost)? == Sent::Blocked {
                    guard.clear_ready();
                }
            }
            guard = socket.readable(), if self.reads() => {
                self.receive(&mut guard.map_err(|err| err.to_string())?)?;
            }
            () = client.outbox().woken() => {}
            () = sleep_until(deadline.into()) => {}
        }
        Ok(())
    }

    /// Whether more may come in: not while there is enough to do already, for this client.
    fn reads(&self) -> bool {
        self.held.len() < HELD_CALLS && self.held_bytes < HELD_BYTES && !self.client.streams().are_full()
    }

    fn receive(&mut self, guard: &mut AsyncFdReadyGuard<'_, Socket<Box<dyn Transport>>>) -> Result<(), Why> {
        for _ in 0..TURN {
            if !self.reads() {
                return Ok(());
            }
            match guard.get_inner().transport().receive(self.reader.space()) {
                Ok(received) if received.bytes == 0 => return Err("it has closed its connection".to_owned()),
                Ok(received) => self.reader.filled(received.bytes, received.fds).map_err(broken)?,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => {
                    guard.clear_ready();
                    return Ok(());
                }
                Err(err) => return Err(lost(err)),
            }
            self.note_progress();
            self.take_some()?;
            if self.has_more {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes messages that have come: as many as are one turn's.
    fn take_some(&mut self) -> Result<(), Why> {
        for _ in 0..TURN {
            match self.reader.next_message().map_err(broken)? {
                Some(message) => self.take(message)?,
                None => {
                    self.has_more = false;
                    self.note_progress();
                    return Ok(());
                }
            }
        }
        self.has_more = true;
        Ok(())
    }

    fn note_progress(&mut self) {
        let now = Instant::now();
        if let Some(keepalive) = &mut self.keepalive {
            keepalive.heard(now);
        }
        self.amid_since = match self.reader.is_amid() {
            true => self.amid_since.or(Some(now)),
            false => None,
        };
    }

    fn take(&mut self, message: Message) -> Result<(), Why> {
        self.amid_since = None;
        match message.header.kind {
            MessageKind::Call | MessageKind::CallWithFds => self.call(message),
            MessageKind::Stream | MessageKind::StreamHole => {
                self.client.streams().take(&self.client, message).map_err(broken)?
            }
            MessageKind::Message if message.header.program == Program::Keepalive as u32 => {
                if message.header.procedure == keepalive::PING {
                    self.client.outbox().push(keepalive::message(keepalive::PONG).map_err(broken)?);
                }
            }
            kind => return Err(format!("it sent a message of kind {kind:?}, which clients do not send")),
        }
        Ok(())
    }

    fn call(&mut self, message: Message) {
        // Whoever is asked about a client's calls takes time.
        if self.table.is_quick(&message.header, self.client.daemon().host()) && !self.client.is_controlled() {
            answer(&self.client, &self.table, message);
        } else if self.held.is_empty() && self.has_worker() {
            self.submit(message);
        } else {
            self.held_bytes += message.payload.len();
            self.held.push_back(message);
            self.client.note_held(true);
        }
    }

    fn has_worker(&self) -> bool {
        self.client.requests() < self.client.server().limits().max_requests
    }

    fn release_held(&mut self) {
        while self.has_worker()
            && let Some(message) = self.held.pop_front()
        {
            self.held_bytes -= message.payload.len();
            self.client.note_held(!self.held.is_empty());
            self.submit(message);
        }
    }

    fn submit(&self, message: Message) {
        let (client, table) = (self.client.clone(), self.table.clone());
        let priority = table.is_calm(&message.header);
        let guest = if priority { None } else { guest(&message) };
        // Whoever is asked about a client's calls takes time.
        let computes = table.computes(&message.header) && !client.is_controlled();
        client.begin_request();
        let work = Box::new(move || {
            answer(&client, &table, message);
            client.end_request();
        });
        self.client.server().workers.submit(Task { priority, computes, guest, work });
    }

    /// Probes a silent client, gives up one that is too slow, and says when to look again.
    fn check_time(&mut self) -> Result<Instant, Why> {
        let now = Instant::now();
        let mut next = now + Duration::from_secs(3600);
        if !self.client.has_opened() {
            next = next.min(before(self.came + PATIENCE, now, "it has opened no connection")?);
        }
        if let Some(since) = self.amid_since {
            next = next.min(before(since + PATIENCE, now, "it does not end the message that it has begun")?);
        }
        self.start_keepalive(now);
        if let Some(keepalive) = &mut self.keepalive {
            let wait = match keepalive.check(now) {
                Verdict::Wait(wait) => wait,
                Verdict::Probe => {
                    self.client.outbox().push(keepalive::message(keepalive::PING).map_err(broken)?);
                    keepalive.interval()
                }
                Verdict::Dead => return Err("it has not answered the signs of life".to_owned()),
            };
            next = next.min(now + wait);
        }
        Ok(next)
    }

    fn start_keepalive(&mut self, now: Instant) {
        if self.keepalive.is_some() || !self.client.0.knows_keepalive.load(Ordering::Relaxed) {
            return;
        }
        let settings = self.client.server().keepalive;
        self.keepalive = settings.interval.map(|interval| Keepalive::new(interval, settings.count, now));
    }
}

/// Answers a call, in whatever thread.
fn answer(client: &Client, table: &Table, message: Message) {
    let header = message.header;
    let answered = catch_unwind(AssertUnwindSafe(|| table.answer(client, message)));
    let reply =
        answered.unwrap_or_else(|payload| OutgoingMessage::error(header, &Error::from_panic(&*payload)));
    match reply {
        Ok(reply) => {
            client.outbox().reply(reply, client.login().take_agreed());
            client.streams().start(client, header.serial);
        }
        Err(err) => {
            tracing::error!(client = client.id(), %err, "a call can't be answered");
            client.close("a call could not be answered");
        }
    }
}

fn before(deadline: Instant, now: Instant, why: &str) -> Result<Instant, Why> {
    if deadline > now { Ok(deadline) } else { Err(why.to_owned()) }
}

fn lost(err: Errno) -> Why {
    format!("its connection is lost: {err}")
}

fn broken(err: Error) -> Why {
    format!("it does not keep to the protocol: {err}")
}
