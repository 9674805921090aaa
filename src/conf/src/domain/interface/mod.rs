//! `<interface>`: a network card of the guest, and what it is connected to.

mod actual;
mod address;
mod connection;
mod driver;
mod filter;
mod hostdev;
mod parts;
mod passt;
mod validate;

pub use actual::{ActualConnection, ActualInterface};
pub use address::{HostAddresses, IpAddress};
pub use connection::{
    BridgePort, Connection, DirectPort, MacTableManager, MacvlanMode, NetworkPort, Socket, UdpSocket,
    VdsPort, VhostUserMode, VhostUserPort,
};
pub use driver::{InterfaceDriver, InterfaceDriverName, InterfaceOffloads, TxMode};
pub use filter::{FilterParameter, FilterRef};
pub use hostdev::{HostdevPort, HostdevPortAddress, HostdevPortSource};
pub use parts::{
    InterfaceBackend, InterfaceBackendType, InterfaceGuest, InterfaceMac, InterfaceTarget, LinkState,
    MacType, Teaming, TeamingType,
};
pub use passt::{PortForward, PortForwardProtocol, PortRange};

use ferrovirt_core::{ErrorDomain, Result};
use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

use super::{Context, Device, DeviceInfo, Facts};
use crate::network::{Bandwidth, BandwidthUse, Route, VirtualPort, Vlan};
use crate::values::Mac;

/// A network card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "interface", check = "address::check_host_side")]
pub struct Interface {
    #[xml(flatten = "mac")]
    pub mac: InterfaceMac,
    /// The `type` attribute, and what belongs to it.
    #[xml(flatten)]
    pub connection: Connection,
    /// Whether the host's side follows the guest when it changes its MAC address or multicast groups.
    #[xml(attr)]
    pub trust_guest_rx_filters: Option<YesNo>,
    #[xml(child)]
    pub vlan: Option<Vlan>,
    #[xml(child, omit_empty)]
    pub virtual_port: Option<VirtualPort>,
    #[xml(child)]
    pub bandwidth: Option<Bandwidth>,
    /// Whether it can't talk to other isolated ports of its bridge.
    #[xml(attr = "port/@isolated")]
    pub isolated: Option<YesNo>,
    /// What a network's port turned out to be. Only in status documents.
    #[xml(child)]
    pub actual: Option<Box<ActualInterface>>,
    /// The guest's addresses.
    #[xml(child)]
    pub ips: Vec<IpAddress>,
    /// The guest's routes.
    #[xml(child)]
    pub routes: Vec<Route>,
    /// Of passt.
    #[xml(child)]
    pub port_forwards: Vec<PortForward>,
    /// Run once the host's device is there.
    #[xml(attr = "script/@path")]
    pub script: Option<String>,
    /// Run before the host's device goes.
    #[xml(attr = "downscript/@path")]
    pub down_script: Option<String>,
    /// Of Xen: the domain that serves the card.
    #[xml(attr = "backenddomain/@name")]
    pub backend_domain: Option<String>,
    /// The host's device.
    #[xml(flatten = "target")]
    pub target: InterfaceTarget,
    /// Of containers: the device inside.
    #[xml(flatten = "guest")]
    pub guest: InterfaceGuest,
    /// What the guest sees; hypervisors know more models than this library.
    #[xml(attr = "model/@type", with = "parts::model", error = "InvalidArg")]
    pub model: Option<String>,
    /// Of virtio.
    #[xml(with = "driver::of_virtio")]
    pub driver: Option<InterfaceDriver>,
    #[xml(flatten = "backend")]
    pub backend: InterfaceBackend,
    #[xml(child)]
    pub filter_ref: Option<FilterRef>,
    /// Bytes of the host's send buffer.
    #[xml(value = "tune/sndbuf")]
    pub send_buffer: Option<u64>,
    #[xml(with = "Teaming")]
    pub teaming: Option<Teaming>,
    #[xml(attr = "link/@state", error = "ConfigUnsupported")]
    pub link_state: Option<LinkState>,
    /// Bytes; 0: not said.
    #[xml(attr = "mtu/@size", default, skip_default)]
    pub mtu: u32,
    /// Frames that may wait for one interrupt; 0: not said.
    #[xml(attr = "coalesce/rx/frames/@max", default, skip_default, error = "XmlDetail")]
    pub rx_max_coalesced_frames: u32,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// What the names of devices begin with that libvirt makes up.
pub const GENERATED_NAMES: [&str; 3] = ["vnet", "macvtap", "macvlan"];

impl Interface {
    /// Whether the guest's driver speaks virtio.
    pub fn is_virtio(&self) -> bool {
        self.model.as_deref().is_some_and(driver::is_virtio)
    }

    /// The MAC address, if there is one yet.
    pub fn mac_address(&self) -> Option<Mac> {
        self.mac.address
    }

    /// Makes up an address where there is none, with this vendor part, which hypervisors choose.
    pub fn ensure_mac(&mut self, prefix: [u8; 3]) {
        if self.mac.address.is_none_or(|mac| mac == Mac([0; 6])) {
            self.mac.address = Some(Mac::generate(prefix));
        }
    }

    /// The VLANs of the port, as the network has it if it is known.
    pub fn actual_vlan(&self) -> Option<&Vlan> {
        self.actual.as_ref().map_or(self.vlan.as_ref(), |actual| actual.vlan.as_ref())
    }

    /// The limits, as the network has them if they are known.
    pub fn actual_bandwidth(&self) -> Option<&Bandwidth> {
        self.actual.as_ref().map_or(self.bandwidth.as_ref(), |actual| actual.bandwidth.as_ref())
    }

    /// The switch's view, as the network has it if it is known.
    pub fn actual_virtual_port(&self) -> Option<&VirtualPort> {
        self.actual.as_ref().map_or(self.virtual_port.as_ref(), |actual| actual.virtual_port.as_ref())
    }

    /// Whether the port is isolated, as the network has it if it is known.
    pub fn is_isolated(&self) -> bool {
        let said = self.actual.as_ref().map_or(self.isolated, |actual| actual.isolated);
        said == Some(YesNo::Yes)
    }

    /// Whether the guest's filters are followed, as the network has it if it is known.
    pub fn trusts_guest_rx_filters(&self) -> bool {
        let said = self.actual.as_ref().and_then(|actual| actual.trust_guest_rx_filters);
        said.or(self.trust_guest_rx_filters) == Some(YesNo::Yes)
    }

    /// Puts what the port turned out to be in the place of what was asked for, as libvirt shows running guests.
    pub fn publish_actual(&mut self) {
        let Some(actual) = self.actual.take() else { return };
        if let Connection::Network(port) = &self.connection {
            self.connection = actual.connection.published(port);
            self.vlan = actual.vlan;
            self.virtual_port = actual.virtual_port;
            self.bandwidth = actual.bandwidth;
            self.isolated = actual.isolated;
        }
    }

    /// Refuses limits that say nothing, and routes that lead nowhere, inside of the guest or on the host.
    pub(in crate::domain) fn check_as_read(&self) -> Result<()> {
        if let Some(bandwidth) = &self.bandwidth {
            let floor = matches!(self.connection, Connection::Network(_));
            bandwidth.validate(BandwidthUse { floor, class_id: false })?;
        }
        if let Connection::Hostdev(port) = &self.connection {
            port.source.check_named()?;
        }
        let host = match &self.connection {
            Connection::Ethernet(addresses) => &*addresses.routes,
            _ => &[],
        };
        let mut routes = self.routes.iter().chain(host);
        routes
            .try_for_each(|route| route.validate("an interface"))
            .map_err(|err| err.domain(ErrorDomain::Network))
    }

    /// Takes out what only a running guest's card has.
    pub fn strip_live(&mut self) {
        self.actual = None;
        self.mac.current_address = None;
        self.connection.strip_live();
        let generated = self
            .target
            .dev
            .as_deref()
            .is_some_and(|dev| GENERATED_NAMES.into_iter().any(|prefix| dev.starts_with(prefix)));
        if generated && self.target.managed != Some(YesNo::No) {
            self.target.dev = None;
        }
        self.info.strip_live();
    }
}

impl Device for Interface {
    fn visible(&self, facts: &mut Facts) {
        facts.may("mac", &self.mac.address);
        facts.may("model", &self.model);
        facts.is("mtu", &self.mtu);
        if let Some(driver) = &self.driver {
            facts.virtio(&driver.virtio);
        }
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.ensure_mac(Mac::QEMU_PREFIX);
        // Rates stay as they are, for `validate` to refuse those that say nothing.
        self.bandwidth = self.bandwidth.take().filter(|limits| *limits != Bandwidth::default());
        self.virtual_port = self.virtual_port.take().and_then(VirtualPort::filled);
        if let Some(port) = &mut self.virtual_port {
            port.generate_missing();
        }
        if let Some(vlan) = &mut self.vlan {
            vlan.fill_defaults();
        }
        if !self.connection.takes_filters() {
            self.filter_ref = None;
        }
        let passt = self.backend.kind == Some(InterfaceBackendType::Passt);
        self.connection.fill_defaults(passt);
        if let Some(filter) = &mut self.filter_ref {
            filter.fill_defaults();
        }
        if let Some(driver) = &mut self.driver {
            driver.fill_defaults();
        }
        if !self.is_virtio() {
            self.backend.vhost = None;
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        validate::interface(self)
    }
}

#[cfg(test)]
mod tests;
