//! Host networking over netlink.

pub mod address;
pub mod bridge;
pub mod bridge_port;
mod error;
pub mod fdb;
pub mod firewall;
pub mod link;
mod mac;
pub mod mac_table;
pub mod macvtap;
pub mod netlink;
mod pace;
pub mod route;
pub mod sysctl;
pub mod tap;
pub mod veth;
pub mod vlan;

pub use error::{NetError, Refusal, Result};
pub use mac::MacAddr;
pub use netlink::Netlink;
