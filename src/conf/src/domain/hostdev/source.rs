//! `<source>` of a device on a bus: which one it is.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{AutoBase, Hex, Item, Node, Shape, Writer, XmlContent, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use crate::domain::disk::is_wwn;
use crate::domain::{NetworkHost, NetworkProtocol, PciAddress, StartupPolicy, StorageAuth};

/// A USB device, by what it is, by where it is, or both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct UsbHostSource {
    #[xml(attr)]
    pub startup_policy: Option<StartupPolicy>,
    /// Of guests on the move: whether the address was found by vendor and product.
    #[xml(attr, skip_if = "is_not_yes")]
    pub auto_address: Option<YesNo>,
    /// Whether the guest runs without it. Only in live documents.
    #[xml(attr, skip_if = "is_not_yes")]
    pub missing: Option<YesNo>,
    #[xml(attr)]
    pub guest_reset: Option<UsbGuestReset>,
    #[xml(attr = "vendor/@id")]
    pub vendor: Option<Hex<u16, 4>>,
    #[xml(attr = "product/@id")]
    pub product: Option<Hex<u16, 4>>,
    #[xml(child)]
    pub address: Option<UsbHostAddress>,
}

fn is_not_yes(value: &Option<YesNo>) -> bool {
    *value != Some(YesNo::Yes)
}

/// What becomes of the guest's resets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum UsbGuestReset {
    Off,
    /// Only the first reaches the device.
    Uninitialized,
    On,
}

/// Where a USB device is on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, XmlElement)]
#[xml(name = "address")]
pub struct UsbHostAddress {
    #[xml(attr)]
    pub bus: AutoBase<u32>,
    #[xml(attr)]
    pub device: AutoBase<u32>,
}

/// A PCI device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct PciHostSource {
    /// Of Xen: whether writes to the configuration space are held back.
    #[xml(attr)]
    pub write_filtering: Option<YesNo>,
    #[xml(child = "address", default)]
    pub address: PciAddress,
    /// Only in status documents.
    #[xml(flatten = "origstates")]
    pub origin: PciOrigin,
}

/// What has to be undone when the device is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct PciOrigin {
    #[xml(flag)]
    pub unbind: bool,
    #[xml(flag = "removeslot")]
    pub remove_slot: bool,
    #[xml(flag)]
    pub reprobe: bool,
}

/// A SCSI device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScsiSource {
    /// Of the host.
    Host(ScsiHostSource),
    /// On another machine.
    Iscsi(Box<ScsiIscsiSource>),
}

/// A SCSI device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(check = "check_address")]
pub struct ScsiHostSource {
    /// Such as `scsi_host0`.
    #[xml(attr = "adapter/@name", missing = "XmlError@object")]
    pub adapter: String,
    #[xml(child)]
    pub address: ScsiSourceAddress,
}

/// The address is looked at first.
fn check_address(source: &Node<'_>) -> Result<()> {
    let address =
        source.child("address").ok_or_else(|| source.missing_child("address", ErrorCode::XmlError))?;
    ScsiSourceAddress::parse(&address).map(|_| ())
}

/// Where a SCSI device is on its adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, XmlElement)]
#[xml(name = "address")]
pub struct ScsiSourceAddress {
    #[xml(attr)]
    pub bus: AutoBase<u32>,
    #[xml(attr)]
    pub target: AutoBase<u32>,
    #[xml(attr)]
    pub unit: AutoBase<u64>,
}

/// A unit of an iSCSI target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct ScsiIscsiSource {
    /// The target's name, `/`, the unit's number.
    #[xml(attr)]
    pub name: String,
    /// Exactly one.
    #[xml(child, required)]
    pub hosts: Vec<NetworkHost>,
    #[xml(child)]
    pub auth: Option<StorageAuth>,
    /// What the host calls itself.
    #[xml(attr = "initiator/iqn/@name")]
    pub initiator: Option<String>,
}

impl ScsiIscsiSource {
    /// The port that the target listens on.
    pub fn port(&self) -> u16 {
        let named = self.hosts.first().map(|host| host.port).filter(|port| *port != 0);
        named.or(NetworkProtocol::Iscsi.default_port()).unwrap_or(0)
    }
}

impl XmlContent for ScsiSource {
    fn parse(node: &Node<'_>) -> Result<Self> {
        match node.attr("protocol") {
            None | Some("adapter") => ScsiHostSource::parse(node).map(Self::Host),
            Some("iscsi") => {
                let source = ScsiIscsiSource::parse(node)?;
                if source.hosts.len() > 1 {
                    let text = "an iSCSI device is on one <host>, not on several";
                    return Err(node.error(ErrorCode::XmlError, text));
                }
                source.hosts.iter().try_for_each(|host| host.check(node))?;
                Ok(Self::Iscsi(Box::new(source)))
            }
            Some(_) => {
                let kind = ferrovirt_xml::ValueKind::OneOf(&["adapter", "iscsi"]);
                Err(node.bad_attr("protocol", kind, ErrorCode::XmlError))
            }
        }
    }

    fn write_attrs(&self, w: &mut Writer) {
        match self {
            Self::Host(source) => source.write_attrs(w),
            Self::Iscsi(source) => {
                w.attr_str("protocol", "iscsi");
                source.write_attrs(w);
            }
        }
    }

    fn write_children(&self, w: &mut Writer) {
        match self {
            Self::Host(source) => source.write_children(w),
            Self::Iscsi(source) => source.write_children(w),
        }
    }

    fn shape() -> &'static Shape {
        const SHAPE: &Shape = &Shape {
            items: &[Item::Tagged {
                attr: "protocol",
                default: Some(0),
                names: &["adapter", "iscsi"],
                variants: &[
                    &[Item::Flatten(ScsiHostSource::shape)],
                    &[Item::Flatten(ScsiIscsiSource::shape)],
                ],
            }],
        };
        SHAPE
    }
}

/// A SCSI host that the kernel's target serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VhostScsiSource {
    pub protocol: VhostScsiProtocol,
    /// `naa.` and 16 hexadecimal digits.
    pub wwpn: String,
}

/// How it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VhostScsiProtocol {
    Vhost,
}

#[derive(XmlElement)]
struct VhostScsiXml {
    #[xml(attr)]
    protocol: VhostScsiProtocol,
    #[xml(attr)]
    wwpn: String,
}

impl XmlContent for VhostScsiSource {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let VhostScsiXml { protocol, wwpn } = VhostScsiXml::parse(node)?;
        if !wwpn.strip_prefix("naa.").is_some_and(is_wwn) {
            let text = format!("'{wwpn}' is no 'wwpn': it must be 'naa.' and 16 hexadecimal digits");
            return Err(node.error(ErrorCode::XmlError, text));
        }
        Ok(Self { protocol, wwpn })
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr("protocol", &self.protocol);
        w.attr_str("wwpn", &self.wwpn);
    }

    fn shape() -> &'static Shape {
        VhostScsiXml::shape()
    }
}
