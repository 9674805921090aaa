//! `<network>` and `<networkport>`.

mod bandwidth;
mod route;
mod virtual_port;
mod vlan;

pub use bandwidth::{Bandwidth, BandwidthRate};
pub use route::{IpFamily, Route};
pub use virtual_port::{VirtualPort, VirtualPortParameters, VirtualPortType};
pub use vlan::{NativeVlanMode, Vlan, VlanTag};
