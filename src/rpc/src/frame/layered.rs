//! A transport that a layer of encryption may be put on once both sides have agreed on one.

use super::{Received, Transport};
use parking_lot::Mutex;
use rustix::io::Errno;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

/// What a layer does with the bytes that pass.
pub trait Codec: Send {
    /// The most bytes that are encoded at once.
    fn room(&self) -> usize;
    fn encode(&mut self, plain: &[u8]) -> ferrovirt_core::Result<Vec<u8>>;
    /// What can be decoded so far; what is incomplete is kept.
    fn decode(&mut self, coded: &[u8]) -> ferrovirt_core::Result<Vec<u8>>;
}

/// A transport below, and perhaps a layer on it. Cloning shares it.
#[derive(Clone)]
pub struct Layered(Arc<Inner>);

struct Inner {
    below: Box<dyn Transport>,
    layer: Mutex<Layer>,
}

#[derive(Default)]
struct Layer {
    codec: Option<Box<dyn Codec>>,
    /// Whoever logged in through the layer's mechanism counts as encrypted, as in libvirt.
    logged_in: bool,
    /// The codec keeps listeners out.
    strong: bool,
    outgoing: Coded,
    incoming: Vec<u8>,
    read: usize,
}

/// Encoded bytes on their way out.
#[derive(Default)]
struct Coded {
    bytes: Vec<u8>,
    sent: usize,
    /// How many bytes of the caller's they stand for.
    plain: usize,
}

/// How much is read at a time.
const CHUNK: usize = 65_536;

impl Layered {
    pub fn new(below: impl Transport + 'static) -> Self {
        Self(Arc::new(Inner { below: Box::new(below), layer: Mutex::default() }))
    }

    /// What is sent and received from now on goes through `codec`, where there is one. Nothing may be under way.
    pub fn add_layer(&self, codec: Option<Box<dyn Codec>>, strong: bool) {
        let mut layer = self.0.layer.lock();
        (layer.codec, layer.logged_in, layer.strong) = (codec, true, strong);
    }

    /// Encodes and sends some of the bytes. What could not be sent whole is kept, and is the first to go when the
    /// caller comes with the same bytes again.
    fn send_coded(&self, layer: &mut Layer, plain: &[u8]) -> Result<usize, Errno> {
        let Some(codec) = &mut layer.codec else { return self.0.below.send(plain) };
        let outgoing = &mut layer.outgoing;
        if outgoing.plain == 0 {
            let plain = &plain[..plain.len().min(codec.room())];
            let bytes = codec.encode(plain).map_err(|err| broken(&err))?;
            *outgoing = Coded { bytes, sent: 0, plain: plain.len() };
        }
        while outgoing.sent < outgoing.bytes.len() {
            outgoing.sent += self.0.below.send(&outgoing.bytes[outgoing.sent..])?;
        }
        Ok(std::mem::take(outgoing).plain)
    }

    fn receive_coded(&self, layer: &mut Layer, space: &mut [u8]) -> Result<Received, Errno> {
        let Some(codec) = &mut layer.codec else { return self.0.below.receive(space) };
        let mut fds: Vec<OwnedFd> = Vec::new();
        while layer.read == layer.incoming.len() {
            let mut coded = vec![0; CHUNK];
            let received = self.0.below.receive(&mut coded)?;
            fds.extend(received.fds);
            if received.bytes == 0 {
                return Ok(Received { bytes: 0, fds });
            }
            layer.incoming = codec.decode(&coded[..received.bytes]).map_err(|err| broken(&err))?;
            layer.read = 0;
        }
        let rest = &layer.incoming[layer.read..];
        let bytes = rest.len().min(space.len());
        space[..bytes].copy_from_slice(&rest[..bytes]);
        layer.read += bytes;
        Ok(Received { bytes, fds })
    }
}

/// What a layer can't make sense of ends the connection.
fn broken(err: &ferrovirt_core::Error) -> Errno {
    tracing::warn!(%err, "the connection's encryption broke");
    Errno::BADMSG
}

impl Transport for Layered {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.below.descriptor()
    }

    fn send(&self, bytes: &[u8]) -> Result<usize, Errno> {
        self.send_coded(&mut self.0.layer.lock(), bytes)
    }

    fn send_fd(&self, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        self.0.below.send_fd(fd)
    }

    fn receive(&self, space: &mut [u8]) -> Result<Received, Errno> {
        self.receive_coded(&mut self.0.layer.lock(), space)
    }

    fn passes_fds(&self) -> bool {
        self.0.below.passes_fds()
    }

    fn is_secure(&self) -> bool {
        self.0.below.is_secure() || self.0.layer.lock().strong
    }

    fn is_encrypted(&self) -> bool {
        self.0.below.is_encrypted() || self.0.layer.lock().logged_in
    }

    fn key_bits(&self) -> u32 {
        self.0.below.key_bits()
    }

    fn last_words(&self) -> Option<String> {
        self.0.below.last_words()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::UnixTransport;
    use std::os::unix::net::UnixStream;

    /// Turns bits over, in packets of at most four bytes with a byte before each that says how long it is.
    #[derive(Default)]
    struct Flip(Vec<u8>);

    impl Codec for Flip {
        fn room(&self) -> usize {
            4
        }

        fn encode(&mut self, plain: &[u8]) -> ferrovirt_core::Result<Vec<u8>> {
            Ok([plain.len() as u8].into_iter().chain(plain.iter().map(|byte| !byte)).collect())
        }

        fn decode(&mut self, coded: &[u8]) -> ferrovirt_core::Result<Vec<u8>> {
            self.0.extend(coded);
            let mut plain = Vec::new();
            while let Some(length) = self.0.first().map(|length| *length as usize)
                && self.0.len() > length
            {
                plain.extend(self.0.drain(..=length).skip(1).map(|byte| !byte));
            }
            Ok(plain)
        }
    }

    fn pair() -> (Layered, Layered) {
        let (one, other) = UnixStream::pair().unwrap();
        let layered = |stream: UnixStream| Layered::new(UnixTransport::new(stream.into()));
        (layered(one), layered(other))
    }

    fn send_all(transport: &Layered, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = &bytes[transport.send(bytes).unwrap()..];
        }
    }

    fn receive_all(transport: &Layered) -> Vec<u8> {
        let (mut all, mut space) = (Vec::new(), [0; 3]);
        while let Ok(received) = transport.receive(&mut space) {
            all.extend(&space[..received.bytes]);
        }
        all
    }

    #[test]
    fn bytes_are_plain_until_a_layer_is_added_and_pass_it_whole_afterwards() {
        let (one, other) = pair();
        send_all(&one, b"plain");
        assert_eq!(receive_all(&other), b"plain");
        one.add_layer(Some(Box::new(Flip::default())), true);
        send_all(&one, b"seen by nobody");
        assert_ne!(receive_all(&other), b"seen by nobody");
        other.add_layer(Some(Box::new(Flip::default())), true);
        send_all(&one, b"kept from listeners");
        assert_eq!(receive_all(&other), b"kept from listeners");
        assert!(one.is_encrypted());
    }

    #[test]
    fn a_packet_that_comes_in_parts_is_put_together() {
        let (one, other) = pair();
        other.add_layer(Some(Box::new(Flip::default())), true);
        send_all(&one, &[3, !b'a']);
        assert_eq!(receive_all(&other), b"");
        send_all(&one, &[!b'b', !b'c', 1]);
        assert_eq!(receive_all(&other), b"abc");
        send_all(&one, &[!b'd']);
        assert_eq!(receive_all(&other), b"d");
    }
}
