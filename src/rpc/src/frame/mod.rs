//! Messages: their header, how they are cut out of the bytes of a socket, descriptors that go along, packets of streams.

mod header;
mod layered;
mod message;
mod reader;
mod transport;

pub use header::{Header, MessageKind, Status};
pub use layered::{Codec, Layered};
pub use message::{Message, OutgoingMessage, StreamHole};
pub use reader::FrameReader;
pub use transport::{Received, TcpTransport, Transport, UnixTransport};
