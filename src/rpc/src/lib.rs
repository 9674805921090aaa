//! libvirt's wire: XDR, framing, the tables of procedures, and the halves of client and server.
//!
//! Nothing here knows a driver: the remote driver calls through [`client`], the daemon answers through [`server`].
#![forbid(unsafe_code)]

pub mod client;
pub mod frame;
pub mod keepalive;
pub mod limits;
pub mod procedure;
pub mod program;
pub mod records;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod server;
pub mod values;
pub mod xdr;
