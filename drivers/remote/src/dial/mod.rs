//! Connecting: from a way to a transport.

mod arrival;
mod command;
mod tcp;
mod tls;
mod unix;

pub(crate) use arrival::Arrival;
pub use tls::Certificates;

use crate::target::Way;
use ferrovirt_core::Result;
use ferrovirt_rpc::frame::Layered;

/// Connects by the way that was chosen.
pub(crate) fn dial(way: &Way) -> Result<Layered> {
    match way {
        Way::Unix { socket, daemon } => unix::connect(socket, daemon.as_deref()).map(Layered::new),
        Way::Tcp { host, port } => tcp::connect(host, *port).map(Layered::new),
        Way::Tls { host, port, certificates } => tls::connect(host, *port, certificates).map(Layered::new),
        Way::Command { program, arguments, secure } => {
            command::start(program, arguments, *secure).map(Layered::new)
        }
    }
}
