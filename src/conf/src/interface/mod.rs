//! `<interface>` as an object of its own: the configuration of one of the host's network interfaces.

mod bond;
mod protocol;
mod schema;

pub use bond::{ArpMonitor, ArpValidate, Bond, BondMode, MiiCarrier, MiiMonitor};
pub use protocol::{InterfaceDhcp, InterfaceIp, InterfaceProtocol, ProtocolFamily};

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{
    Document, Node, OnOff, XmlContent, XmlElement, XmlEnum, XmlValue, check_strict, to_string,
};
use serde::{Deserialize, Serialize};

/// An interface of the host. Only the part that fits its type is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "interface", block, rules = "schema::INTERFACE")]
pub struct HostInterface {
    #[xml(attr = "type")]
    pub kind: HostInterfaceType,
    #[xml(attr)]
    pub name: String,
    /// When it is started; not of interfaces inside of others, as the two below.
    #[xml(attr = "start/@mode")]
    pub start: Option<StartMode>,
    /// In bytes; 0: not said.
    #[xml(attr = "mtu/@size", default, skip_default, error = "Internal", domain = "None")]
    pub mtu: u32,
    #[xml(child)]
    pub protocols: Vec<InterfaceProtocol>,
    /// Not of bridges.
    #[xml(child, omit_empty)]
    pub link: Option<Link>,
    /// Of an Ethernet card.
    #[xml(attr = "mac/@address")]
    pub mac: Option<String>,
    #[xml(child)]
    pub bridge: Option<HostBridge>,
    #[xml(child)]
    pub bond: Option<Bond>,
    #[xml(child)]
    pub vlan: Option<HostVlan>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum HostInterfaceType {
    #[default]
    Ethernet,
    Bridge,
    Bond,
    Vlan,
}

/// When an interface is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum StartMode {
    None,
    #[xml(name = "onboot")]
    OnBoot,
    Hotplug,
}

/// `<link>`: what is known of the cable.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "link")]
pub struct Link {
    /// In Mbit/s; 0: not known.
    #[xml(attr, default, skip_default)]
    pub speed: u32,
    #[xml(attr)]
    pub state: Option<LinkState>,
}

/// What is known of a cable, in the kernel's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum LinkState {
    Unknown,
    #[xml(name = "notpresent")]
    NotPresent,
    Down,
    #[xml(name = "lowerlayerdown")]
    LowerLayerDown,
    Testing,
    Dormant,
    Up,
}

/// `<bridge>`: a bridge of the host and what is plugged into it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "bridge", block)]
pub struct HostBridge {
    #[xml(attr, ignore = "bad")]
    pub stp: Option<OnOff>,
    /// Seconds until a new port forwards, as it was written.
    #[xml(attr)]
    pub delay: Option<String>,
    #[xml(child = "interface")]
    pub interfaces: Vec<HostInterface>,
}

/// `<vlan>`: which VLAN of which interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "vlan")]
pub struct HostVlan {
    #[xml(attr)]
    pub tag: String,
    #[xml(attr = "interface/@name")]
    pub interface: String,
}

impl HostInterface {
    /// Reads and checks a definition; with `strict`, elements that are not in the schema are refused.
    pub fn from_xml(text: &str, strict: bool) -> Result<Self> {
        let document = Document::parse(text, "interface_definition")?;
        document.expect_root(Self::TAG)?;
        if strict {
            check_strict::<Self>(&document)?;
            Self::check_own_part(&document.root())?;
        }
        Self::from_node(&document.root())
    }

    /// What makes an interface one of its type must be there.
    fn check_own_part(node: &Node<'_>) -> Result<()> {
        let own = node.attr("type").filter(|kind| *kind != "ethernet");
        match own.and_then(|own| ["bridge", "bond", "vlan"].into_iter().find(|known| *known == own)) {
            Some(own) if node.child(own).is_none() => {
                Err(node.missing_child(own, ErrorCode::XmlInvalidSchema))
            }
            _ => Ok(()),
        }
    }

    /// Reads a definition inside of another document.
    pub fn from_node(node: &Node<'_>) -> Result<Self> {
        let read = || {
            let mut interface = Self::parse(node)?;
            if let Some(bridge) = &mut interface.bridge
                && node
                    .child("bridge")
                    .and_then(|bridge| bridge.attr("stp"))
                    .is_some_and(|stp| !is_switch(stp))
            {
                // libvirt then forgets all that it says.
                *bridge = HostBridge::default();
            }
            interface.check(node, None)?;
            Ok(interface)
        };
        // Of the type alone the reader tells; what else is wrong is wrong with the interface.
        let own = |err: Error| if typed(node) { err.domain(ErrorDomain::Interface) } else { err };
        let mut interface = read().map_err(own)?;
        interface.fill_defaults(false);
        Ok(interface)
    }

    /// The definition as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }

    /// Refuses what contradicts, here and inside.
    fn check(&self, node: &Node<'_>, parent: Option<HostInterfaceType>) -> Result<()> {
        use HostInterfaceType::{Bond, Bridge, Ethernet, Vlan};
        let fits = match parent {
            None => true,
            Some(Bridge) => self.kind != Bridge,
            Some(Bond) => self.kind == Ethernet,
            Some(Ethernet | Vlan) => false,
        };
        if !fits {
            let text = format!("<interface type='{}'> can't be inside of this one", self.kind);
            return Err(node.error(ErrorCode::XmlError, text));
        }
        if self.mtu > 100_000 {
            let text = format!("the mtu {} is more than 100000", self.mtu);
            return Err(node.error(ErrorCode::XmlError, text));
        }
        let part = match self.kind {
            Ethernet => true,
            Bridge => self.bridge.is_some(),
            Bond => self.bond.is_some(),
            Vlan => self.vlan.is_some(),
        };
        if !part {
            return Err(node.missing_child(self.kind.as_str(), ErrorCode::XmlError));
        }
        let inner: &[Self] = match self.kind {
            Bridge => self.bridge.as_ref().map_or(&[], |bridge| &bridge.interfaces),
            Bond => self.bond.as_ref().map_or(&[], |bond| &bond.interfaces),
            Ethernet | Vlan => &[],
        };
        inner.iter().try_for_each(|interface| interface.check(node, Some(self.kind)))
    }

    /// Drops what does not belong to this type, or to an interface inside of another.
    fn fill_defaults(&mut self, inside: bool) {
        use HostInterfaceType::{Bond, Bridge, Ethernet, Vlan};
        self.mac = self.mac.take().filter(|_| self.kind == Ethernet);
        self.bridge = self.bridge.take().filter(|_| self.kind == Bridge);
        self.bond = self.bond.take().filter(|_| self.kind == Bond);
        self.vlan = self.vlan.take().filter(|_| self.kind == Vlan);
        self.link = self.link.take().filter(|_| self.kind != Bridge);
        if inside {
            (self.start, self.mtu) = (None, 0);
            self.protocols.clear();
        }
        self.protocols.iter_mut().for_each(InterfaceProtocol::fill_defaults);
        let bridge = self.bridge.iter_mut().flat_map(|bridge| &mut bridge.interfaces);
        let bond = self.bond.iter_mut().flat_map(|bond| &mut bond.interfaces);
        bridge.chain(bond).for_each(|interface| interface.fill_defaults(true));
    }
}

fn is_switch(text: &str) -> bool {
    OnOff::from_text(text).is_some()
}

/// Whether the interface and those inside of it say of what type they are.
fn typed(node: &Node<'_>) -> bool {
    let inner = ["bridge", "bond"].into_iter().filter_map(|part| node.child(part));
    let mut inner = inner.flat_map(|part| part.children_named("interface"));
    node.attr("type").and_then(HostInterfaceType::from_text).is_some() && inner.all(|node| typed(&node))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRIDGE: &str = "\
<interface type='bridge' name='br0'>
  <start mode='onboot'/>
  <mtu size='1500'/>
  <protocol family='ipv4'>
    <dhcp peerdns='no'/>
  </protocol>
  <bridge stp='off' delay='0.01'>
    <interface type='bond' name='bond0'>
      <bond mode='active-backup'>
        <miimon freq='100' updelay='10' carrier='netif'/>
        <interface type='ethernet' name='eth1'>
        </interface>
      </bond>
    </interface>
    <interface type='vlan' name='eth0.42'>
      <vlan tag='42'>
        <interface name='eth0'/>
      </vlan>
    </interface>
  </bridge>
</interface>
";

    #[test]
    fn a_bridge_keeps_its_form() {
        assert_eq!(HostInterface::from_xml(BRIDGE, true).unwrap().to_xml(), BRIDGE);
    }

    #[test]
    fn only_some_fit_into_others_and_the_part_of_the_type_must_be_there() {
        let code = |xml: &str| HostInterface::from_xml(xml, false).unwrap_err().code();
        let bridge = "<bridge><interface type='bridge' name='b'><bridge/></interface></bridge>";
        assert_eq!(
            code(&format!("<interface type='bridge' name='a'>{bridge}</interface>")),
            ErrorCode::XmlError
        );
        assert_eq!(code("<interface type='bond' name='a'/>"), ErrorCode::XmlError);
        let domain = |xml: &str| HostInterface::from_xml(xml, false).unwrap_err().error_domain();
        assert_eq!(domain("<interface type='bond' name='a'/>"), ErrorDomain::Interface);
        let inside = "<bridge><interface name='b'/></bridge>";
        let untyped = format!("<interface type='bridge' name='a'>{inside}</interface>");
        assert_eq!(domain(&untyped), ErrorDomain::Xml);
        assert_eq!(code("<interface type='ethernet'/>"), ErrorCode::XmlError);
        let odd = HostInterface::from_xml(&BRIDGE.replace("stp='off'", "stp='perhaps'"), false).unwrap();
        assert_eq!(odd.bridge, Some(HostBridge::default()));
        assert_eq!(
            code("<interface type='ethernet' name='a'><mtu size='100001'/></interface>"),
            ErrorCode::XmlError
        );
    }
}
