//! The header of a message.

use crate::program::Program;
use crate::xdr::{Decoder, Encoder, Xdr, wire_error};
use ferrovirt_core::Result;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum MessageKind {
    Call = 0,
    Reply = 1,
    /// Sent unasked: an event, or a sign of life.
    Message = 2,
    /// A packet of a stream.
    Stream = 3,
    CallWithFds = 4,
    ReplyWithFds = 5,
    StreamHole = 6,
}

/// How it went, or goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    Ok = 0,
    Error = 1,
    /// More packets of the stream follow.
    Continue = 2,
}

/// What stands before every payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// A [`Program`]'s number, or one that we don't know: what to answer then depends on the kind of message.
    pub program: u32,
    pub version: u32,
    pub procedure: i32,
    pub kind: MessageKind,
    /// Chosen by the caller; the reply and the stream's packets have the same.
    pub serial: u32,
    pub status: Status,
}

impl Header {
    /// How many bytes it takes.
    pub const SIZE: usize = 24;

    /// The header of a call.
    pub fn call(program: Program, procedure: i32, serial: u32) -> Self {
        let (program, version) = (program as u32, Program::VERSION);
        Self { program, version, procedure, kind: MessageKind::Call, serial, status: Status::Ok }
    }

    /// The header of what answers the message with this header.
    pub fn reply(self, status: Status) -> Self {
        Self { kind: MessageKind::Reply, status, ..self }
    }

    /// The header of a message that nobody asked for.
    pub fn message(program: Program, procedure: i32) -> Self {
        Self { kind: MessageKind::Message, ..Self::call(program, procedure, 0) }
    }

    /// The header of a packet of the stream that was opened by the call with this header.
    pub fn stream(self, status: Status) -> Self {
        Self { kind: MessageKind::Stream, status, ..self }
    }

    /// Whether descriptors follow the message.
    pub(super) fn has_fds(&self) -> bool {
        matches!(self.kind, MessageKind::CallWithFds | MessageKind::ReplyWithFds)
    }
}

impl Xdr for Header {
    const MIN_SIZE: usize = Self::SIZE;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_u32(self.program);
        out.put_u32(self.version);
        self.procedure.encode(out)?;
        out.put_u32(self.kind as u32);
        out.put_u32(self.serial);
        out.put_u32(self.status as u32);
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self {
            program: input.take_u32()?,
            version: input.take_u32()?,
            procedure: i32::decode(input)?,
            kind: kind(input.take_u32()?)?,
            serial: input.take_u32()?,
            status: status(input.take_u32()?)?,
        })
    }
}

fn kind(number: u32) -> Result<MessageKind> {
    use MessageKind::*;
    let all = [Call, Reply, Message, Stream, CallWithFds, ReplyWithFds, StreamHole];
    let kind = all.get(number as usize).copied();
    kind.ok_or_else(|| wire_error(format!("a message is of kind {number}, which does not exist")))
}

fn status(number: u32) -> Result<Status> {
    let status = [Status::Ok, Status::Error, Status::Continue].get(number as usize).copied();
    status.ok_or_else(|| wire_error(format!("a message has status {number}, which does not exist")))
}
