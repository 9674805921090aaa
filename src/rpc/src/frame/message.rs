//! Whole messages: as they came in, and as they go out.

use super::{Header, MessageKind, Status};
use crate::limits::{MESSAGE_MAX, NUM_FDS_MAX};
use crate::procedure::{EventMessage, Procedure};
use crate::values::WireError;
use crate::xdr::{Decoder, Encoder, Xdr, records, wire_error};
use ferrovirt_core::{Error, Result};
use std::os::fd::OwnedFd;

records! {
    /// A run of a stream that is all zeros and was not sent.
    StreamHole { length: i64, flags: u32 }
}

/// A message that has come in whole.
#[derive(Debug)]
pub struct Message {
    pub header: Header,
    pub payload: Vec<u8>,
    pub fds: Vec<OwnedFd>,
}

impl Message {
    /// What the daemon answered to a call, or why it did not.
    pub fn reply<T: Xdr>(&self) -> Result<T> {
        match self.header.status {
            Status::Ok => T::decode(&mut Decoder::lossy(&self.payload)),
            Status::Error => Err(self.error()),
            Status::Continue => {
                Err(wire_error("a reply says that more of it will follow, which replies can't"))
            }
        }
    }

    /// The error that it carries.
    pub fn error(&self) -> Error {
        WireError::decode(&mut Decoder::lossy(&self.payload))
            .map_or_else(|unreadable| unreadable, Error::from)
    }

    /// The arguments, read only once it is known that the caller may call.
    pub fn arguments<P: Procedure>(&self) -> Result<P> {
        P::decode(&mut Decoder::strict(&self.payload))
    }

    /// The event that it carries.
    pub fn event<E: EventMessage>(&self) -> Result<E> {
        E::decode(&mut Decoder::lossy(&self.payload))
    }
}

/// A message on its way out, encoded.
#[derive(Debug)]
pub struct OutgoingMessage {
    pub(crate) bytes: Vec<u8>,
    pub(crate) fds: Vec<OwnedFd>,
}

impl OutgoingMessage {
    /// A message with this value as its payload.
    pub fn new<T: Xdr>(header: Header, payload: &T) -> Result<Self> {
        Self::build(header, Vec::new(), |out| payload.encode(out))
    }

    /// A message that descriptors follow. Its kind becomes the one that says so.
    pub fn with_fds<T: Xdr>(mut header: Header, payload: &T, fds: Vec<OwnedFd>) -> Result<Self> {
        if fds.len() > NUM_FDS_MAX {
            let count = fds.len();
            return Err(wire_error(format!(
                "{count} descriptors are more than the {NUM_FDS_MAX} of a message"
            )));
        }
        header.kind = match header.kind {
            MessageKind::Call => MessageKind::CallWithFds,
            MessageKind::Reply => MessageKind::ReplyWithFds,
            other => other,
        };
        Self::build(header, fds, |out| payload.encode(out))
    }

    /// The reply to `call` that says what went wrong.
    pub fn error(call: Header, err: &Error) -> Result<Self> {
        Self::new(call.reply(Status::Error), &WireError::from(err))
    }

    /// An event.
    pub fn event<E: EventMessage>(event: &E) -> Result<Self> {
        Self::new(Header::message(E::ROW.program, E::ROW.number), event)
    }

    /// A packet of a stream: data, or the end of it if there is none.
    pub fn stream(header: Header, data: &[u8]) -> Result<Self> {
        Self::build(header, Vec::new(), |out| {
            out.put_raw(data);
            Ok(())
        })
    }

    /// The end of a stream that went wrong.
    pub fn stream_error(header: Header, err: &Error) -> Result<Self> {
        Self::new(header.stream(Status::Error), &WireError::from(err))
    }

    /// A hole in a stream.
    pub fn hole(header: Header, hole: &StreamHole) -> Result<Self> {
        Self::new(Header { kind: MessageKind::StreamHole, status: Status::Continue, ..header }, hole)
    }

    fn build(
        header: Header,
        fds: Vec<OwnedFd>,
        payload: impl FnOnce(&mut Encoder) -> Result<()>,
    ) -> Result<Self> {
        let mut out = Encoder::new();
        out.put_u32(0);
        header.encode(&mut out)?;
        if header.has_fds() {
            out.put_u32(fds.len() as u32);
        }
        payload(&mut out)?;
        let length = out.len();
        if length - 4 > MESSAGE_MAX {
            return Err(wire_error(format!(
                "a message of {length} bytes is more than the {MESSAGE_MAX} that the protocol allows"
            )));
        }
        out.patch_u32(0, length as u32);
        Ok(Self { bytes: out.into_bytes(), fds })
    }

    /// The bytes as they go over the socket; each descriptor follows with a byte of its own.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The descriptors that follow.
    pub fn fds(&self) -> &[OwnedFd] {
        &self.fds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Program;
    use crate::program::remote::{DomainEventLifecycle, DomainGetXmlDesc};
    use ferrovirt_core::{DomainId, ErrorCode};
    use uuid::Uuid;

    fn domain() -> DomainId {
        let uuid = Uuid::from_u128(0x6695eb01_f6a4_8304_79aa_97f2502e193f);
        DomainId { name: "test".into(), uuid, id: 1 }
    }

    #[test]
    fn a_call_has_these_bytes() {
        let call = DomainGetXmlDesc { dom: domain(), flags: 1 };
        let message = OutgoingMessage::new(Header::call(Program::Remote, 14, 7), &call).unwrap();
        let expected = [
            &[0, 0, 0, 60][..],
            &[0x20, 0, 0x80, 0x86, 0, 0, 0, 1, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0],
            &[0, 0, 0, 4, b't', b'e', b's', b't'],
            &domain().uuid.into_bytes(),
            &[0, 0, 0, 1, 0, 0, 0, 1],
        ];
        assert_eq!(message.bytes(), expected.concat());
    }

    #[test]
    fn an_event_has_these_bytes() {
        let event = DomainEventLifecycle { dom: domain(), event: 5, detail: -1 };
        let message = OutgoingMessage::event(&event).unwrap();
        let expected = [
            &[0, 0, 0, 64][..],
            &[0x20, 0, 0x80, 0x86, 0, 0, 0, 1, 0, 0, 0, 107, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 0, 0, 4, b't', b'e', b's', b't'],
            &domain().uuid.into_bytes(),
            &[0, 0, 0, 1, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff],
        ];
        assert_eq!(message.bytes(), expected.concat());
    }

    #[test]
    fn an_error_has_these_bytes() {
        let err = Error::bare(ErrorCode::NoMemory);
        let call = Header::call(Program::Qemu, 1, 9);
        let message = OutgoingMessage::error(call, &err).unwrap();
        let text: &[u8] = b"\0\0\0\x0dout of memory\0\0\0";
        let some = &[0, 0, 0, 1][..];
        let none = &[0, 0, 0, 0][..];
        let expected = [
            &[0, 0, 0, 112][..],
            &[0x20, 0, 0x80, 0x87, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 1],
            &[0, 0, 0, 2, 0, 0, 0, 0],
            some,
            text,
            &[0, 0, 0, 2],
            none,
            some,
            text,
            none,
            none,
            &[0xff; 8],
            none,
        ];
        assert_eq!(message.bytes(), expected.concat());
    }

    #[test]
    fn no_message_is_longer_than_the_protocol_allows() {
        let header = Header::call(Program::Remote, 1, 1).stream(Status::Continue);
        assert!(OutgoingMessage::stream(header, &vec![0; MESSAGE_MAX - Header::SIZE]).is_ok());
        assert!(OutgoingMessage::stream(header, &vec![0; MESSAGE_MAX - Header::SIZE + 1]).is_err());
    }
}
