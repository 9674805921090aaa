//! `<forward>`: how a network is connected to the world.

use super::lenient;
use crate::domain::PciAddress;
use crate::network::dhcp::check_order;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// How guests' traffic leaves, and through which of the host's devices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "forward")]
pub struct Forward {
    /// The first of `interfaces`, too.
    #[xml(attr)]
    pub dev: Option<String>,
    #[xml(attr, default, with = "lenient::empty_mode", error = "ConfigUnsupported")]
    pub mode: ForwardMode,
    /// Whether devices are taken from the host's drivers by themselves; `hostdev` only.
    #[xml(attr, with = "lenient::only_yes")]
    pub managed: Option<bool>,
    #[xml(child, omit_empty)]
    pub driver: Option<HostdevDriver>,
    #[xml(child, omit_empty)]
    pub nat: Option<Nat>,
    /// The physical function whose virtual functions are the pool.
    #[xml(child)]
    pub pf: Option<PhysicalFunction>,
    #[xml(child)]
    pub interfaces: Vec<ForwardInterface>,
    #[xml(child)]
    pub addresses: Vec<ForwardAddress>,
}

/// The ways of forwarding. A network without `<forward>` is isolated (`none`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, XmlEnum)]
pub enum ForwardMode {
    None,
    #[default]
    Nat,
    Route,
    Open,
    Bridge,
    Private,
    Vepa,
    Passthrough,
    Hostdev,
}

/// The source addresses and ports that guests' connections get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "nat")]
pub struct Nat {
    #[xml(attr)]
    pub ipv6: Option<YesNo>,
    #[xml(flatten = "address")]
    pub addresses: Option<NatAddresses>,
    #[xml(flatten = "port")]
    pub ports: Option<NatPorts>,
}

/// From first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct NatAddresses {
    #[xml(attr)]
    pub start: Ipv4Addr,
    #[xml(attr)]
    pub end: Ipv4Addr,
}

/// From first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct NatPorts {
    #[xml(attr, error = "XmlDetail")]
    pub start: u16,
    #[xml(attr, error = "XmlDetail")]
    pub end: u16,
}

/// `<pf>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "pf")]
pub struct PhysicalFunction {
    #[xml(attr)]
    pub dev: String,
}

/// A device of the pool, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "interface")]
pub struct ForwardInterface {
    #[xml(attr)]
    pub dev: String,
    /// How many guests use it at the moment.
    #[xml(attr, default, skip_default)]
    pub connections: u32,
}

/// A device of the pool, by its place on the PCI bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "address")]
pub struct ForwardAddress {
    #[xml(attr = "type", error = "ConfigUnsupported")]
    pub kind: ForwardAddressKind,
    #[xml(flatten)]
    pub pci: PciAddress,
    /// How many guests use it at the moment; never printed.
    #[xml(skip)]
    pub connections: u32,
}

/// What kinds of address libvirt knows here; only PCI is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum ForwardAddressKind {
    None,
    Pci,
    Netdev,
}

/// The host driver through which devices are passed to guests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "driver")]
pub struct HostdevDriver {
    #[xml(attr)]
    pub name: Option<HostdevDriverName>,
    /// A kernel module, instead of the one that fits the device.
    #[xml(attr)]
    pub model: Option<String>,
}

/// The frameworks there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum HostdevDriverName {
    Kvm,
    Vfio,
    Xen,
}

impl ForwardMode {
    /// Whether the network has a bridge that is made and removed with it.
    pub fn owns_bridge(self) -> bool {
        matches!(self, Self::None | Self::Nat | Self::Route | Self::Open)
    }

    /// Whether guests are connected by macvtap (or, with a bridge's name, by that bridge).
    pub fn is_direct(self) -> bool {
        matches!(self, Self::Bridge | Self::Private | Self::Vepa | Self::Passthrough)
    }
}

impl Forward {
    pub(super) fn fill_defaults(&mut self) {
        self.dev = self.dev.take().filter(|dev| !dev.is_empty());
        if let Some(dev) = &self.dev
            && self.interfaces.is_empty()
        {
            self.interfaces.push(ForwardInterface { dev: dev.clone(), connections: 0 });
        }
        // Of the three kinds of pool the first that is there counts.
        if !self.interfaces.is_empty() {
            self.addresses.clear();
        }
        if !self.interfaces.is_empty() || !self.addresses.is_empty() {
            self.pf = None;
        }
        self.dev = self.interfaces.first().filter(|_| self.pf.is_none()).map(|first| first.dev.clone());
        self.managed = (self.mode == ForwardMode::Hostdev).then_some(self.managed == Some(true));
        if self.mode != ForwardMode::Nat {
            self.nat = None;
        }
        // A device of the pool is one function.
        self.addresses.iter_mut().for_each(|address| address.pci.multifunction = None);
        if let Some(nat) = &mut self.nat {
            nat.ports = nat.ports.filter(|ports| ports.start > 0 || ports.end > 0);
        }
    }

    /// Must be asked before `fill_defaults`, which drops what this looks at.
    pub(super) fn validate(&self, network: &str) -> Result<()> {
        if let Some(nat) = &self.nat {
            self.validate_nat(nat, network)?;
        }
        if let Some(dev) = &self.dev {
            if !self.addresses.is_empty() || self.pf.is_some() {
                return Err(Error::xml(format!(
                    "<forward dev='{dev}'> of network '{network}' can't have <address> or <pf> inside"
                )));
            }
            if let Some(first) = self.interfaces.first().filter(|first| first.dev != *dev) {
                return Err(Error::xml(format!(
                    "<forward dev='{dev}'> of network '{network}' must name the same device as its first \
                     <interface dev='{}'>",
                    first.dev
                )));
            }
        }
        for (index, interface) in self.interfaces.iter().enumerate() {
            if self.interfaces[..index].iter().any(|other| other.dev == interface.dev) {
                return Err(listed_twice(&interface.dev, network));
            }
        }
        self.addresses.iter().enumerate().try_for_each(|(index, _)| self.validate_address(index, network))
    }

    fn validate_nat(&self, nat: &Nat, network: &str) -> Result<()> {
        if self.mode != ForwardMode::Nat {
            return Err(Error::xml(format!(
                "<nat> of network '{network}' needs <forward mode='nat'>, not mode='{}'",
                self.mode
            )));
        }
        if let Some(NatAddresses { start, end }) = nat.addresses {
            check_order(start.into(), end.into()).map_err(|why| {
                Error::internal(format!("the range {start} - {end} in <nat> of network '{network}' {why}"))
                    .settle(ErrorDomain::None)
            })?;
        }
        if let Some(NatPorts { start, end }) = nat.ports.filter(|ports| ports.end < ports.start) {
            let text = format!("the ports {start} - {end} in <nat> of network '{network}' are reversed");
            return Err(Error::new(ErrorCode::XmlDetail, text));
        }
        Ok(())
    }

    fn validate_address(&self, index: usize, network: &str) -> Result<()> {
        let address = &self.addresses[index];
        if address.kind != ForwardAddressKind::Pci {
            return Err(Error::xml(format!(
                "<address type='{}'> can't be in <forward> of network '{network}'; only type='pci' can",
                address.kind
            )));
        }
        let pci = &address.pci;
        if pci.slot.0 > 0x1f || pci.function.0 > 7 {
            return Err(Error::xml(format!(
                "the PCI address {} of network '{network}' is impossible: slots end at 0x1f, functions at 7",
                address.name()
            )));
        }
        match self.addresses[..index].iter().any(|other| other.is_at(pci)) {
            true => Err(listed_twice(&address.name(), network)),
            false => Ok(()),
        }
    }

    /// Takes out how many guests use what, and the pool that was found behind a physical function.
    pub(super) fn strip_live(&mut self) {
        if self.pf.is_some() {
            self.interfaces.clear();
            self.addresses.clear();
        }
        self.strip_counts();
    }

    /// Takes out how many guests use what.
    pub(super) fn strip_counts(&mut self) {
        self.interfaces.iter_mut().for_each(|interface| interface.connections = 0);
        self.addresses.iter_mut().for_each(|address| address.connections = 0);
    }
}

impl ForwardAddress {
    /// Whether this is the device at that place.
    pub fn is_at(&self, place: &PciAddress) -> bool {
        let own = &self.pci;
        (own.domain, own.bus, own.slot, own.function) == (place.domain, place.bus, place.slot, place.function)
    }

    /// As people write it: `0000:03:10.1`.
    pub fn name(&self) -> String {
        let pci = &self.pci;
        format!("{:04x}:{:02x}:{:02x}.{:x}", pci.domain.0, pci.bus.0, pci.slot.0, pci.function.0)
    }
}

fn listed_twice(device: &str, network: &str) -> Error {
    Error::xml(format!("'{device}' is listed more than once in <forward> of network '{network}'"))
}
