//! Host networking over netlink: links, bridges, taps, addresses, bandwidth, the firewall, and the MAC table.
//!
//! Plain values go in and come out; nothing here knows of XML. All of it works in the network namespace of the thread
//! that opens the [`Netlink`] socket, the [`mac_table::MacTable`] or the [`firewall::FirewallKeeper`], and stays there.
//! Errors are [`NetError`]s; `?` turns them into the library's error with libvirt's code.
//!
//! # A network goes up and down
//!
//! ```no_run
//! use ferrovirt_net::firewall::{FirewallKeeper, Forward, NetworkFirewall};
//! use ferrovirt_net::{Netlink, address, bridge, link, qos, route, sysctl};
//! use ipnet::IpNet;
//!
//! # fn main() -> ferrovirt_core::Result<()> {
//! let netlink = Netlink::open()?;
//! let nets: Vec<IpNet> = vec!["192.168.122.1/24".parse().unwrap()];
//! if let Some((route, net)) = route::clash(&route::list(&netlink)?, &nets, None) {
//!     panic!("{net} clashes with the host's route to {}", route.to);
//! }
//! let options = bridge::BridgeOptions {
//!     stp: Some(true),
//!     forward_delay: Some(0),
//!     mac: Some("52:54:00:aa:bb:cc".parse()?),
//!     vlan_filtering: true, // macTableManager='libvirt'; without it in the kernel, a warning
//!     ..Default::default()
//! };
//! let made = bridge::create(&netlink, "virbr0", &options)?;
//! sysctl::set_ipv6("virbr0", sysctl::Ipv6Settings::of_network(&nets))?;
//!
//! // One keeper for all networks of the driver: it puts the rules back when someone flushes them.
//! let keeper = FirewallKeeper::new();
//! let firewall = NetworkFirewall {
//!     network: "default".into(),
//!     bridge: "virbr0".into(),
//!     forward: Forward::Nat { dev: None, ipv6: false, addresses: None, ports: None },
//!     addresses: nets.clone(),
//!     ipv6_between_guests: false,
//! };
//! keeper.keep(&firewall)?;
//! qos::fix_dhcp_checksums(&netlink, made.index)?;
//! for net in &nets {
//!     address::add(&netlink, made.index, (*net).into())?;
//! }
//! link::set_up(&netlink, made.index, true)?;
//! sysctl::enable_forwarding(true, false)?;
//! // … and down:
//! link::set_up(&netlink, made.index, false)?;
//! keeper.release(&firewall)?;
//! bridge::delete(&netlink, "virbr0")?;
//! # Ok(())
//! # }
//! ```
//!
//! # A guest's interface
//!
//! ```no_run
//! use ferrovirt_net::mac_table::{MacTable, PortSpec};
//! use ferrovirt_net::tap::{self, TapOptions};
//! use ferrovirt_net::{MacAddr, Netlink, bridge, bridge_port, link};
//!
//! # fn main() -> ferrovirt_core::Result<()> {
//! # let managed = true;
//! let netlink = Netlink::open()?; // one for the driver; it may be shared between threads
//! let table = MacTable::new()?; // one for the driver
//! let guest: MacAddr = "52:54:00:12:34:56".parse()?;
//! let options = TapOptions { queues: 2, mac: Some(guest.for_host_side()), ..TapOptions::new("vnet%d") };
//! let tap = tap::create(&netlink, &options)?; // tap.queues are passed to QEMU
//! if managed {
//!     // macTableManager='libvirt': master, flags, stations, and only then up
//!     table.plug(&PortSpec { isolated: true, ..PortSpec::new("virbr0", &tap.name, guest) })?;
//! } else {
//!     let bridge = bridge::find(&netlink, "virbr0")?;
//!     bridge_port::attach(&netlink, tap.index, bridge.index, Default::default(), &Default::default())?;
//!     link::set_up(&netlink, tap.index, true)?;
//! }
//! // A live update: all of the port as it should be now, undone if it fails.
//! table.update(&PortSpec::new("virbr0", &tap.name, "52:54:00:12:34:57".parse()?))?;
//! // NIC_RX_FILTER_CHANGED: followed if the guest is trusted, reported if not.
//! table.follow(&tap.name, guest, &[])?;
//! // The guest stops: its own entries go, and with the last descriptor the tap.
//! table.unplug(&tap.name)?;
//! // Many guests stop: one wait of the kernel for all taps instead of one each.
//! table.remove(&["vnet1", "vnet2", "vnet3"])?;
//! # Ok(())
//! # }
//! ```

#![deny(unsafe_code)] // but for the ioctls of `tap` and `ethtool`

pub mod address;
pub mod bridge;
pub mod bridge_port;
mod error;
pub mod ethtool;
pub mod fdb;
pub mod firewall;
pub mod link;
mod mac;
pub mod mac_table;
pub mod macvtap;
pub mod netlink;
mod pace;
pub mod qos;
pub mod route;
pub mod sysctl;
pub mod tap;
pub mod veth;
pub mod vlan;

pub use error::{NetError, Refusal, Result};
pub use mac::MacAddr;
pub use netlink::Netlink;
