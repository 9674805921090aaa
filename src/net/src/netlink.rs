//! One blocking netlink socket: requests with an acknowledgement, dumps, and batches of many messages in one send.
//!
//! A socket stays in the network namespace in which it was opened, whatever its users' threads do later.

use std::os::fd::{AsFd, BorrowedFd};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST,
    NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer, NetlinkHeader, NetlinkMessage, NetlinkPayload, NlasIterator,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use parking_lot::Mutex;
use rustix::io::Errno;
use rustix::net::RecvFlags;

use crate::error::{NetError, Refusal, Result};

/// The largest batch handed to the kernel in one send: each failed message of it comes back as a message of its
/// own, and all of them must fit into the socket's receive buffer.
const BATCH: usize = 128;
/// A dump's parts are at most 32 KiB each, whatever the buffer.
const RECEIVE: usize = 64 * 1024;
/// A dump that others changed meanwhile is taken again at most this often; after that the last one must do.
const DUMP_TRIES: usize = 4;
/// In an acknowledgement: the kernel's sentence (`NLMSGERR_ATTR_MSG`), and the flag that says attributes follow.
const ATTR_MSG: u16 = 1;
const ACK_TLVS: u16 = 0x200;

/// How a message that makes something treats what is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Changes or removes what exists.
    Change,
    /// Fails where it exists.
    CreateNew,
    /// Makes it or takes its place.
    CreateOrReplace,
    /// Makes it or leaves it.
    Create,
}

impl Mode {
    fn flags(self) -> u16 {
        match self {
            Self::Change => 0,
            Self::CreateNew => NLM_F_CREATE | NLM_F_EXCL,
            Self::CreateOrReplace => NLM_F_CREATE | NLM_F_REPLACE,
            Self::Create => NLM_F_CREATE,
        }
    }
}

/// One message of a batch.
#[derive(Debug, Clone)]
pub struct Request {
    pub message: RouteNetlinkMessage,
    pub mode: Mode,
}

impl Request {
    pub fn new(message: RouteNetlinkMessage, mode: Mode) -> Self {
        Self { message, mode }
    }
}

/// A blocking netlink socket for the routing family.
pub struct Netlink(Mutex<Channel>);

/// What the kernel says to the message with this sequence number.
type Answer = (u32, Result<(), Refusal>);

struct Channel {
    socket: Socket,
    sequence: u32,
    buffer: Vec<u8>,
    length: usize,
}

impl Netlink {
    /// Opens a socket in the calling thread's network namespace.
    pub fn open() -> Result<Self> {
        let socket = open_socket(NETLINK_ROUTE)
            .map_err(|source| NetError::io("open a netlink socket to the kernel", source))?;
        Ok(Self(Mutex::new(Channel { socket, sequence: 0, buffer: vec![0; RECEIVE], length: 0 })))
    }

    /// Sends one message and waits for the kernel's yes or no.
    pub fn request(&self, message: RouteNetlinkMessage, mode: Mode) -> Result<(), Refusal> {
        let mut failures = self.batch(&[Request::new(message, mode)]);
        match failures.pop() {
            Some((_, refusal)) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Sends all messages, in order, with one acknowledgement a send; returns what was refused, by position.
    ///
    /// The kernel goes on after a message that it refuses: the caller undoes the others if it wants all or nothing.
    pub fn batch(&self, requests: &[Request]) -> Vec<(usize, Refusal)> {
        let mut channel = self.0.lock();
        let mut failures = Vec::new();
        for (number, chunk) in requests.chunks(BATCH).enumerate() {
            channel.batch(chunk, number * BATCH, &mut failures);
        }
        failures
    }

    /// Asks for one object; `None` if the kernel has none such.
    pub fn get(&self, message: RouteNetlinkMessage) -> Result<Option<RouteNetlinkMessage>, Refusal> {
        let mut channel = self.0.lock();
        // The answer comes before the acknowledgement, and an error in place of both.
        let sequence = channel.send(message, NLM_F_ACK)?;
        let mut found = None;
        loop {
            let done = channel.receive(sequence, |message| found = Some(message))?;
            match done {
                Some(Ok(_)) => return Ok(found),
                Some(Err(refusal)) if absent(refusal.errno) => return Ok(None),
                Some(Err(refusal)) => return Err(refusal),
                None => {}
            }
        }
    }

    /// All objects of the kind that `message` asks for.
    pub fn dump(&self, message: RouteNetlinkMessage) -> Result<Vec<RouteNetlinkMessage>, Refusal> {
        let mut channel = self.0.lock();
        for attempt in 1.. {
            let mut found = Vec::new();
            let sequence = channel.send(message.clone(), NLM_F_DUMP)?;
            let interrupted = loop {
                if let Some(done) = channel.receive(sequence, |message| found.push(message))? {
                    break done?;
                }
            };
            if !interrupted || attempt == DUMP_TRIES {
                return Ok(found);
            }
        }
        unreachable!("the loop above returns at its last attempt")
    }
}

/// The errors by which the kernel says that what was asked for does not exist.
fn absent(errno: Errno) -> bool {
    matches!(errno, Errno::NODEV | Errno::NOENT | Errno::NXIO)
}

fn open_socket(protocol: isize) -> std::io::Result<Socket> {
    let mut socket = Socket::new(protocol)?;
    // Kernels before 4.12 know neither; the sentence is then missing and the rest works.
    let _ = socket.set_cap_ack(true);
    let _ = socket.set_ext_ack(true);
    // Since 4.20: dumps honour the filters that they carry. Those who filter check the answers as well.
    let _ = socket.set_netlink_get_strict_chk(true);
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

impl Channel {
    fn send(&mut self, message: RouteNetlinkMessage, flags: u16) -> Result<u32, Refusal> {
        let mut out = Vec::new();
        let sequence = self.encode(message, flags, &mut out);
        self.socket.send(&out, 0).map_err(refused)?;
        Ok(sequence)
    }

    /// Appends a message to `out` and returns its sequence number.
    fn encode(&mut self, message: RouteNetlinkMessage, flags: u16, out: &mut Vec<u8>) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(message));
        message.finalize();
        let start = out.len();
        out.resize(start + message.buffer_len().next_multiple_of(4), 0);
        message.serialize(&mut out[start..]);
        self.sequence
    }

    fn batch(&mut self, chunk: &[Request], offset: usize, failures: &mut Vec<(usize, Refusal)>) {
        let mut out = Vec::with_capacity(chunk.len() * 96);
        let first = self.sequence.wrapping_add(1);
        for (i, request) in chunk.iter().enumerate() {
            let ack = if i + 1 == chunk.len() { NLM_F_ACK } else { 0 };
            self.encode(request.message.clone(), request.mode.flags() | ack, &mut out);
        }
        let all = |failures: &mut Vec<_>, refusal: Refusal| {
            failures.extend((0..chunk.len()).map(|i| (offset + i, refusal.clone())));
        };
        if let Err(error) = self.socket.send(&out, 0) {
            return all(failures, refused(error));
        }
        let last = self.sequence;
        loop {
            let answers = match self.receive_answers() {
                Ok(answers) => answers,
                Err(refusal) => return all(failures, refusal),
            };
            for (sequence, answer) in answers {
                let position = sequence.wrapping_sub(first) as usize;
                if position >= chunk.len() {
                    continue; // a late answer to an earlier batch
                }
                if let Err(refusal) = answer {
                    failures.push((offset + position, refusal));
                }
                if sequence == last {
                    return;
                }
            }
        }
    }

    /// The acknowledgements and refusals of one datagram.
    fn receive_answers(&mut self) -> Result<Vec<Answer>, Refusal> {
        self.fill()?;
        let mut answers = Vec::new();
        for message in messages(self.datagram()) {
            if message.message_type() == NLMSG_ERROR {
                answers.push((message.sequence_number(), acknowledgement(&message)));
            }
        }
        Ok(answers)
    }

    /// Reads one datagram; hands on the objects in it. `Some` once the request is answered to the end: whether
    /// others changed things while a dump ran, or the refusal.
    fn receive(
        &mut self,
        sequence: u32,
        mut each: impl FnMut(RouteNetlinkMessage),
    ) -> Result<Option<Result<bool, Refusal>>, Refusal> {
        self.fill()?;
        let mut interrupted = false;
        let mut end = None;
        for message in messages(self.datagram()) {
            if message.sequence_number() != sequence {
                continue;
            }
            interrupted |= message.flags() & NLM_F_DUMP_INTR != 0;
            match message.message_type() {
                NLMSG_DONE => end = Some(done_code(&message).map(|()| interrupted)),
                NLMSG_ERROR => end = Some(acknowledgement(&message).map(|()| interrupted)),
                _ => {
                    if let Some(object) = parse(message.into_inner()) {
                        each(object);
                    }
                }
            }
        }
        Ok(end)
    }

    fn fill(&mut self) -> Result<(), Refusal> {
        self.length = receive(&self.socket, &mut self.buffer)?;
        Ok(())
    }

    fn datagram(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

/// Reads one datagram into `buffer` and returns its length.
fn receive(socket: &Socket, buffer: &mut [u8]) -> Result<usize, Refusal> {
    loop {
        match rustix::net::recv(socket, &mut *buffer, RecvFlags::TRUNC) {
            Ok((_, length)) if length > buffer.len() => return Err(Refusal::bare(Errno::MSGSIZE)),
            Ok((length, _)) => return Ok(length),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Refusal::bare(errno)),
        }
    }
}

fn refused(error: std::io::Error) -> Refusal {
    Refusal::bare(Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// The messages of one datagram; stops at the first that is cut off.
fn messages(datagram: &[u8]) -> impl Iterator<Item = NetlinkBuffer<&[u8]>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let length = NetlinkBuffer::new_checked(rest).ok()?.length() as usize;
        let (message, _) = rest.split_at_checked(length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(NetlinkBuffer::new(message))
    })
}

fn parse(message: &[u8]) -> Option<RouteNetlinkMessage> {
    match NetlinkMessage::<RouteNetlinkMessage>::deserialize(message) {
        Ok(NetlinkMessage { payload: NetlinkPayload::InnerMessage(object), .. }) => Some(object),
        Ok(_) => None,
        Err(error) => {
            // Newer kernels grow attributes; one object that the parser does not know must not hide the others.
            tracing::debug!(%error, "skipped a netlink message that could not be parsed");
            None
        }
    }
}

/// The outcome that an `NLMSG_ERROR` message tells; code 0 is an acknowledgement.
fn acknowledgement(message: &NetlinkBuffer<&[u8]>) -> Result<(), Refusal> {
    // With capped acknowledgements only the header of the request (16 bytes) stands between code and attributes.
    outcome(message.payload(), 4 + 16, message.flags())
}

/// The outcome that ends a dump; its attributes follow the code at once.
fn done_code(message: &NetlinkBuffer<&[u8]>) -> Result<(), Refusal> {
    outcome(message.payload(), 4, message.flags())
}

fn outcome(payload: &[u8], attributes_at: usize, flags: u16) -> Result<(), Refusal> {
    let code = payload.get(..4).and_then(|b| b.try_into().ok()).map_or(0, i32::from_ne_bytes);
    if code == 0 {
        return Ok(());
    }
    let attributes = if flags & ACK_TLVS != 0 { payload.get(attributes_at..) } else { None };
    let hint = NlasIterator::new(attributes.unwrap_or_default())
        .map_while(Result::ok)
        .find(|attribute| attribute.kind() == ATTR_MSG)
        .map(|attribute| String::from_utf8_lossy(attribute.value()).trim_end_matches('\0').to_owned());
    Err(Refusal { errno: Errno::from_raw_os_error(code.saturating_neg()), hint })
}

/// A socket that only listens: what the kernel tells of changes made by anyone.
pub(crate) struct Events {
    socket: Socket,
    buffer: Vec<u8>,
}

/// One message that the kernel told of: its type and its payload, unparsed.
pub(crate) struct Event<'a> {
    pub kind: u16,
    pub payload: &'a [u8],
    whole: &'a [u8],
}

impl Event<'_> {
    /// The message as an object of the routing family.
    pub fn parse(&self) -> Option<RouteNetlinkMessage> {
        parse(self.whole)
    }
}

impl Events {
    /// Subscribes to `groups` of `protocol` in the calling thread's network namespace.
    pub fn subscribe(protocol: isize, groups: &[u32]) -> Result<Self> {
        let listen = || {
            let mut socket = Socket::new(protocol)?;
            // More than the default of 208 KiB where we may (CAP_NET_ADMIN): bursts of a thousand taps come at once.
            let _ = rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 4 << 20);
            socket.bind_auto()?;
            groups.iter().try_for_each(|&group| socket.add_membership(group))?;
            socket.set_non_blocking(true)?;
            Ok(socket)
        };
        let socket = listen().map_err(|source: std::io::Error| {
            NetError::io("listen to the kernel's network events", source)
        })?;
        Ok(Self { socket, buffer: vec![0; RECEIVE] })
    }

    /// Hands on all that has arrived, without waiting; `Ok(false)` if the kernel had to drop some of it.
    pub fn drain(&mut self, mut each: impl FnMut(Event<'_>)) -> Result<bool, Errno> {
        let mut complete = true;
        loop {
            match receive(&self.socket, &mut self.buffer) {
                Ok(length) => {
                    for message in messages(&self.buffer[..length]) {
                        let (kind, payload) = (message.message_type(), message.payload());
                        each(Event { kind, payload, whole: message.into_inner() });
                    }
                }
                Err(Refusal { errno: Errno::AGAIN, .. }) => return Ok(complete),
                Err(Refusal { errno: Errno::NOBUFS | Errno::MSGSIZE, .. }) => complete = false,
                Err(Refusal { errno, .. }) => return Err(errno),
            }
        }
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_with_a_sentence_is_read() {
        let mut payload = (-16i32).to_ne_bytes().to_vec();
        payload.extend([0; 16]);
        payload.extend([9, 0, 1, 0, b'b', b'u', b's', b'y', 0, 0, 0, 0]);
        let refusal = outcome(&payload, 20, ACK_TLVS).unwrap_err();
        assert_eq!(refusal, Refusal { errno: Errno::BUSY, hint: Some("busy".into()) });
        assert_eq!(outcome(&payload, 20, 0).unwrap_err().hint, None);
        assert_eq!(outcome(&[0; 20], 20, 0), Ok(()));
    }

    #[test]
    fn a_datagram_that_lies_about_lengths_ends_the_walk() {
        assert_eq!(messages(&[]).count(), 0);
        let mut two = [0u8; 32];
        two[0] = 16;
        two[16] = 16;
        assert_eq!(messages(&two).count(), 2);
        two[16] = 200;
        assert_eq!(messages(&two).count(), 1);
        two[0] = 3;
        assert_eq!(messages(&two).count(), 0);
    }
}
