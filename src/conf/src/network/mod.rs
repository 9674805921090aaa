//! `<network>` and `<networkport>`.

mod bandwidth;
mod lenient;
mod virtual_port;
mod vlan;

pub use bandwidth::{Bandwidth, BandwidthRate, BandwidthUse};
pub use virtual_port::{VirtualPort, VirtualPortType};
pub use vlan::{NativeVlanMode, Vlan, VlanTag};
