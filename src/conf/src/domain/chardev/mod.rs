//! Character devices: where the host's end is (`ChardevSource`), and the guest's ports that lead there.
//!
//! The host's end is shared by serial, parallel and console ports, channels, smartcards, random number sources and
//! redirected USB devices.

mod channel;
mod console;
mod kind;
mod parallel;
mod ports;
mod serial;
mod source;

pub use channel::{Channel, ChannelState, ChannelTarget};
pub use console::{Console, ConsoleTarget, ConsoleTargetType};
pub use kind::{
    ChardevFile, ChardevKind, ChardevPath, ChardevTcp, ChardevUdp, ChardevUnix, ChardevVdagent, Clipboard,
    Mouse, MouseMode, SocketMode, TcpProtocol, UdpAddress,
};
pub use parallel::Parallel;
pub use ports::{ISA_SERIAL_LIMIT, Port, assign_isa_ports, assign_ports, assign_ports_so_far};
pub use serial::{Serial, SerialModel, SerialTargetType};
pub use source::{ChardevLog, ChardevSource, typed_source};
