//! The streams of a client: data of consoles, volumes, screens, between the client's packets and a driver.
//!
//! Workers move the data, a little at a time and never waiting: where a driver has nothing or takes nothing, the stream
//! rests until its descriptor says otherwise; where the client does not read, until it does. A client that sends more
//! than the driver takes is not read any more.

use crate::client::{Client, WeakClient};
use crate::workers::Task;
use ferrovirt::Stream;
use ferrovirt_core::abi::{
    VIR_STREAM_EVENT_READABLE, VIR_STREAM_EVENT_WRITABLE, VIR_STREAM_NONBLOCK, VIR_STREAM_RECV_STOP_AT_HOLE,
};
use ferrovirt_core::driver::Received;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result, event_loop};
use ferrovirt_rpc::frame::{Header, Message, MessageKind, OutgoingMessage, Status, StreamHole};
use ferrovirt_rpc::limits::LEGACY_PAYLOAD_MAX;
use ferrovirt_rpc::xdr::{Decoder, Xdr};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock, Weak};

/// What a stream's packets may wait for the driver with, all streams of a client together.
const INCOMING_MAX: usize = 8 << 20;
/// Pieces that are moved before other work has its turn.
const TURN: usize = 8;

/// Which ways a stream goes, and whether it knows holes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ways {
    pub to_client: bool,
    pub from_client: bool,
    pub holes: bool,
}

impl Ways {
    pub const BOTH: Self = Self { to_client: true, from_client: true, holes: false };
    pub const TO_CLIENT: Self = Self { to_client: true, from_client: false, holes: false };
    pub const FROM_CLIENT: Self = Self { to_client: false, from_client: true, holes: false };

    pub fn with_holes(self, holes: bool) -> Self {
        Self { holes, ..self }
    }
}

/// A client's open streams, by the serial numbers of the calls that opened them.
#[derive(Default)]
pub struct Streams(Mutex<HashMap<u32, Arc<Open>>>);

/// An open stream.
struct Open {
    client: WeakClient,
    header: Header,
    stream: Stream,
    ways: Ways,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The reply to the call that opened it is on its way.
    started: bool,
    /// A worker has it, or will; and whether there is more to do than that one knows of.
    scheduled: bool,
    again: bool,
    incoming: VecDeque<Packet>,
    incoming_bytes: usize,
    /// The driver's data has been sent to its end.
    sent_all: bool,
    /// The driver's descriptor is watched.
    watched: bool,
    over: bool,
}

enum Packet {
    Data(Vec<u8>, usize),
    Hole(StreamHole),
    Finish,
    Abort,
}

/// What moving data came to.
#[derive(Debug, Default, Clone, Copy)]
struct Progress {
    /// What to wait for (`virStreamEventType`).
    wants: i32,
    /// There is more to do at once.
    more: bool,
}

/// A stream that can be opened by a call, for [`Streams::open`].
pub fn new_stream(connection: &ferrovirt::Connection) -> Result<Stream> {
    run_event_loop()?;
    connection.new_stream(VIR_STREAM_NONBLOCK)
}

/// Starts the thread that runs the event loop, once: it watches the descriptors of streams, and neighbours.
pub fn run_event_loop() -> Result<()> {
    static STARTED: OnceLock<bool> = OnceLock::new();
    let started = *STARTED.get_or_init(|| {
        if let Err(err) = event_loop::register_default() {
            tracing::error!(%err, "there can be no streams");
            return false;
        }
        let turn = || {
            loop {
                if let Err(err) = event_loop::run_default() {
                    tracing::error!(%err, "the descriptors of streams can't be watched");
                    std::thread::sleep(std::time::Duration::from_secs(1));
                }
            }
        };
        std::thread::Builder::new().name("streams".to_owned()).spawn(turn).is_ok()
    });
    match started {
        true => Ok(()),
        false => Err(Error::internal("the daemon can't watch streams").domain(ErrorDomain::Streams)),
    }
}

impl Streams {
    /// Takes a stream that a call has opened; data moves once the call has been answered.
    pub fn open(&self, client: &Client, header: Header, stream: Stream, ways: Ways) -> Result<()> {
        let (client, state) = (client.downgrade(), Mutex::default());
        let open = Arc::new(Open { client, header, stream, ways, state });
        let mut streams = self.0.lock();
        if streams.contains_key(&header.serial) {
            let detail = format!("a stream with serial number {} is open already", header.serial);
            return Err(Error::new(ErrorCode::Rpc, detail).domain(ErrorDomain::Rpc));
        }
        streams.insert(header.serial, open);
        Ok(())
    }

    /// The call with this serial number has been answered: if it opened a stream, that starts.
    pub fn start(&self, client: &Client, serial: u32) {
        let open = self.0.lock().get(&serial).cloned();
        if let Some(open) = open {
            let started = std::mem::replace(&mut open.state.lock().started, true);
            if !started {
                open.schedule(client);
            }
        }
    }

    /// Takes a packet from the client.
    pub fn take(&self, client: &Client, message: Message) -> Result<()> {
        let Some(open) = self.0.lock().get(&message.header.serial).cloned() else {
            // It ended while the packet was on its way.
            tracing::debug!(client = client.id(), serial = message.header.serial, "a packet of no stream");
            return Ok(());
        };
        open.state.lock().take(packet(message)?);
        open.schedule(client);
        Ok(())
    }

    /// Whether so much is waiting that the client should not be read.
    pub fn are_full(&self) -> bool {
        let streams = self.0.lock();
        !streams.is_empty()
            && streams.values().map(|open| open.state.lock().incoming_bytes).sum::<usize>() > INCOMING_MAX
    }

    /// Ends all streams, as their client is gone.
    pub fn abort_all(&self) {
        let all = std::mem::take(&mut *self.0.lock());
        for open in all.into_values() {
            open.state.lock().over = true;
            open.unwatch();
            if let Err(err) = open.stream.abort() {
                tracing::debug!(%err, "a stream could not be aborted");
            }
        }
    }

    fn remove(&self, serial: u32) {
        self.0.lock().remove(&serial);
    }
}

fn packet(message: Message) -> Result<Packet> {
    Ok(match (message.header.status, message.header.kind) {
        (Status::Continue, MessageKind::StreamHole) => {
            Packet::Hole(StreamHole::decode(&mut Decoder::strict(&message.payload))?)
        }
        (Status::Continue, _) => Packet::Data(message.payload, 0),
        (Status::Ok, _) => Packet::Finish,
        (Status::Error, _) => Packet::Abort,
    })
}

impl State {
    fn take(&mut self, packet: Packet) {
        if self.over {
            return;
        }
        if let Packet::Data(data, _) = &packet {
            self.incoming_bytes += data.len();
        }
        self.incoming.push_back(packet);
    }
}

impl Open {
    /// Has a worker move what can be moved.
    fn schedule(self: &Arc<Self>, client: &Client) {
        {
            let mut state = self.state.lock();
            if !state.started || state.over {
                return;
            }
            if std::mem::replace(&mut state.scheduled, true) {
                state.again = true;
                return;
            }
        }
        let open = self.clone();
        let work = Box::new(move || open.run());
        client.server().workers.submit(Task { priority: false, computes: false, guest: None, work });
    }

    /// A worker's turn.
    fn run(self: Arc<Self>) {
        let Some(client) = self.client.upgrade() else { return };
        let moved = self.advance(&client);
        let again = {
            let mut state = self.state.lock();
            state.scheduled = false;
            std::mem::take(&mut state.again)
        };
        // Whoever waits for this client to take less may go on.
        client.outbox().wake();
        let outcome = moved.and_then(|progress| {
            if progress.wants != 0 && !again {
                self.watch(progress.wants)?;
            }
            Ok(progress)
        });
        match outcome {
            Ok(progress) if again || progress.more => self.schedule(&client),
            Ok(_) => {}
            Err(err) => self.fail(&client, &err),
        }
    }

    fn advance(self: &Arc<Self>, client: &Client) -> Result<Progress> {
        let mut progress = Progress::default();
        for _ in 0..TURN {
            if self.state.lock().over {
                return Ok(Progress::default());
            }
            let (took, wants_in) = self.give(client)?;
            let (sent, wants_out) = self.fetch(client)?;
            progress = Progress { wants: wants_in | wants_out, more: took || sent };
            if !progress.more {
                break;
            }
        }
        Ok(progress)
    }

    /// Gives the driver one packet of the client; whether there was one comes back, and what to wait for.
    fn give(self: &Arc<Self>, client: &Client) -> Result<(bool, i32)> {
        let Some(packet) = self.state.lock().incoming.pop_front() else { return Ok((false, 0)) };
        match packet {
            Packet::Data(data, at) => return self.give_data(data, at),
            Packet::Hole(hole) => {
                if !self.ways.holes {
                    let detail = "the client sends a hole on a stream that was not opened as a sparse one";
                    return Err(Error::new(ErrorCode::Rpc, detail).domain(ErrorDomain::Streams));
                }
                self.stream.send_hole(hole.length, hole.flags)?;
            }
            Packet::Finish => {
                self.end(client, Status::Ok);
                return self.stream.finish().and_then(|()| self.confirm(client)).map(|()| (false, 0));
            }
            Packet::Abort => {
                self.end(client, Status::Error);
                return self.stream.abort().and_then(|()| self.confirm(client)).map(|()| (false, 0));
            }
        }
        Ok((true, 0))
    }

    fn give_data(&self, data: Vec<u8>, at: usize) -> Result<(bool, i32)> {
        if !self.ways.from_client {
            let detail = "the client sends data on a stream that only goes the other way";
            return Err(Error::new(ErrorCode::Rpc, detail).domain(ErrorDomain::Streams));
        }
        let sent = if at == data.len() { Some(0) } else { self.stream.send(&data[at..])? };
        let mut state = self.state.lock();
        let done = at + sent.unwrap_or(0);
        state.incoming_bytes = state.incoming_bytes.saturating_sub(done - at);
        if done < data.len() {
            state.incoming.push_front(Packet::Data(data, done));
        }
        match sent {
            Some(_) => Ok((true, 0)),
            None => Ok((false, VIR_STREAM_EVENT_WRITABLE as i32)),
        }
    }

    /// Sends the client one piece of the driver's data; whether there was one comes back, and what to wait for.
    fn fetch(self: &Arc<Self>, client: &Client) -> Result<(bool, i32)> {
        {
            let state = self.state.lock();
            if !self.ways.to_client || state.sent_all || state.over {
                return Ok((false, 0));
            }
        }
        let (open, back) = (self.clone(), client.downgrade());
        let resume = move || {
            if let Some(client) = back.upgrade() {
                open.schedule(&client);
            }
        };
        if !client.outbox().has_room_or(resume) {
            return Ok((false, 0));
        }
        let mut buffer = vec![0; LEGACY_PAYLOAD_MAX];
        let flags = if self.ways.holes { VIR_STREAM_RECV_STOP_AT_HOLE } else { 0 };
        match self.stream.recv_flags(&mut buffer, flags)? {
            Received::WouldBlock => return Ok((false, VIR_STREAM_EVENT_READABLE as i32)),
            Received::Hole => {
                let hole = StreamHole { length: self.stream.recv_hole(0)?, flags: 0 };
                client.outbox().push(OutgoingMessage::hole(self.header, &hole)?);
            }
            Received::Data(count) => {
                if count == 0 {
                    self.state.lock().sent_all = true;
                }
                let header = self.header.stream(Status::Continue);
                client.outbox().push(OutgoingMessage::stream(header, &buffer[..count])?);
                return Ok((count > 0, 0));
            }
        }
        Ok((true, 0))
    }

    /// Has the stream go on when its descriptor allows `wants`.
    fn watch(self: &Arc<Self>, wants: i32) -> Result<()> {
        if self.state.lock().watched {
            return self.stream.update_event_callback(wants);
        }
        let open = Arc::downgrade(self);
        self.stream.add_event_callback(wants, move |stream, _| resume(&open, stream))?;
        self.state.lock().watched = true;
        Ok(())
    }

    fn unwatch(&self) {
        if std::mem::take(&mut self.state.lock().watched)
            && let Err(err) = self.stream.remove_event_callback()
        {
            tracing::debug!(%err, "a stream was not watched any more");
        }
    }

    /// Says that all went well.
    fn confirm(&self, client: &Client) -> Result<()> {
        client.outbox().push(OutgoingMessage::stream(self.header.stream(Status::Ok), &[])?);
        Ok(())
    }

    fn end(&self, client: &Client, status: Status) {
        self.unwatch();
        self.state.lock().over = true;
        client.streams().remove(self.header.serial);
        tracing::trace!(client = client.id(), serial = self.header.serial, ?status, "a stream has ended");
    }

    fn fail(&self, client: &Client, err: &Error) {
        let aborts = !std::mem::replace(&mut self.state.lock().over, true);
        self.unwatch();
        client.streams().remove(self.header.serial);
        if aborts && let Err(err) = self.stream.abort() {
            tracing::debug!(%err, "a stream that failed could not be aborted");
        }
        match OutgoingMessage::stream_error(self.header, err) {
            Ok(message) => client.outbox().push(message),
            Err(err) => tracing::warn!(%err, "the end of a stream can't be told"),
        }
    }
}

/// From the thread that watches descriptors.
fn resume(open: &Weak<Open>, stream: &Stream) {
    // Until it is known again what to wait for: a descriptor that stays ready would keep the thread busy.
    if let Err(err) = stream.update_event_callback(0) {
        tracing::debug!(%err, "a stream is not watched any more");
    }
    let Some(open) = open.upgrade() else { return };
    if let Some(client) = open.client.upgrade() {
        open.schedule(&client);
    }
}
