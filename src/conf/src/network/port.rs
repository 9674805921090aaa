//! `<networkport>`: one interface's place in a network.

use super::{Bandwidth, BandwidthUse, HostdevDriver, MacTableManager, VirtualPort, Vlan};
use crate::domain::PciAddress;
use crate::values::Mac;
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{Document, XmlElement, XmlEnum, YesNo, check_strict, to_string};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A port. Who makes one leaves `plug` out; the network decides it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, XmlElement)]
#[xml(name = "networkport", rules = "super::schema::PORT_OF_NETWORK")]
pub struct NetworkPort {
    #[xml(value, error = "Internal")]
    pub uuid: Uuid,
    #[xml(flatten = "owner")]
    pub owner: PortOwner,
    /// The port group whose settings it takes.
    #[xml(value)]
    pub group: Option<String>,
    #[xml(attr = "mac/@address", error = "Internal")]
    pub mac: Mac,
    #[xml(child)]
    pub virtual_port: Option<VirtualPort>,
    #[xml(child)]
    pub bandwidth: Option<Bandwidth>,
    #[xml(child)]
    pub vlan: Option<Vlan>,
    /// Whether it can't reach other isolated ports.
    #[xml(attr = "port/@isolated")]
    pub isolated: Option<YesNo>,
    #[xml(attr = "rxfilters/@trustGuest")]
    pub trust_guest_rx_filters: Option<YesNo>,
    #[xml(child)]
    pub plug: Option<PortPlug>,
}

/// The guest that the port is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct PortOwner {
    #[xml(value, error = "Internal")]
    pub name: String,
    #[xml(value, error = "Internal")]
    pub uuid: Uuid,
}

/// What the interface is to be connected to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[xml(name = "plug", tag = "type")]
pub enum PortPlug {
    #[default]
    #[xml(default)]
    None,
    /// A bridge that the network made.
    Network {
        #[xml(attr)]
        bridge: String,
        #[xml(attr)]
        mac_table_manager: Option<MacTableManager>,
    },
    /// A bridge of the host.
    Bridge {
        #[xml(attr)]
        bridge: String,
        #[xml(attr)]
        mac_table_manager: Option<MacTableManager>,
    },
    /// A macvtap device on this device of the host.
    Direct {
        #[xml(attr)]
        dev: String,
        #[xml(attr, default)]
        #[serde(default)]
        mode: MacvtapMode,
    },
    /// A device that is passed to the guest.
    HostdevPci {
        #[xml(attr)]
        managed: Option<YesNo>,
        #[xml(child, omit_empty)]
        driver: Option<HostdevDriver>,
        #[xml(child = "address")]
        address: PciAddress,
    },
}

/// How macvtap devices on one device reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, XmlEnum)]
pub enum MacvtapMode {
    #[default]
    Vepa,
    Private,
    Bridge,
    Passthrough,
}

impl NetworkPort {
    /// Reads, checks and completes a description; with `strict`, elements that are not in the schema are refused.
    pub fn from_xml(text: &str, strict: bool) -> Result<Self> {
        let read = || {
            let document = Document::parse(text, "networkport_definition")?;
            document.expect_root(Self::TAG)?;
            if strict {
                check_strict::<Self>(&document)?;
            }
            let mut port: Self = document.read()?;
            port.validate()?;
            port.fill_defaults();
            Ok(port)
        };
        read().map_err(|err: Error| err.or_domain(ErrorDomain::Network))
    }

    /// The description as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }

    /// Drops what is without effect.
    pub fn fill_defaults(&mut self) {
        self.virtual_port = self.virtual_port.take().and_then(VirtualPort::filled);
        self.bandwidth = self.bandwidth.and_then(Bandwidth::filled);
        self.vlan.iter_mut().for_each(Vlan::fill_defaults);
        self.plug = self.plug.take().filter(|plug| *plug != PortPlug::None);
    }

    /// Must be asked before `fill_defaults`.
    pub fn validate(&self) -> Result<()> {
        self.virtual_port.as_ref().map_or(Ok(()), VirtualPort::validate)?;
        // Whether the network can guarantee a floor is known only when the port is plugged in.
        let place = BandwidthUse { floor: true, class_id: true };
        self.bandwidth.as_ref().map_or(Ok(()), |bandwidth| bandwidth.validate(place))?;
        self.vlan.as_ref().map_or(Ok(()), Vlan::validate)
    }
}
