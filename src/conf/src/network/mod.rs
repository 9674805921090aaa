//! `<network>` and `<networkport>`.

mod bandwidth;
mod definition;
mod dhcp;
mod dns;
mod forward;
mod ip;
mod lenient;
mod port;
mod port_group;
mod route;
mod schema;
mod update;
mod virtual_port;
mod vlan;

pub use bandwidth::{Bandwidth, BandwidthRate, BandwidthUse};
pub use definition::{Bridge, DnsDomain, DnsmasqOption, DnsmasqOptions, MacTableManager, Network};
pub use dhcp::{Bootp, Completeness, Dhcp, DhcpHost, DhcpRange, LeaseTime, LeaseUnit};
pub use dns::{Dns, DnsForwarder, DnsHost, DnsSrv, DnsTxt};
pub use forward::{
    Forward, ForwardAddress, ForwardAddressKind, ForwardInterface, ForwardMode, HostdevDriver,
    HostdevDriverName, Nat, NatAddresses, NatPorts, PhysicalFunction,
};
pub use ip::{IpConfig, IpFamily};
pub use port::{MacvtapMode, NetworkPort, PortOwner, PortPlug};
pub use port_group::PortGroup;
pub use route::Route;
pub use virtual_port::{VirtualPort, VirtualPortType};
pub use vlan::{NativeVlanMode, Vlan, VlanTag};
