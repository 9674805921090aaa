//! The lesser elements of a card.

use ferrovirt_core::Result;
use ferrovirt_xml::{Cardinality, Item, Node, Shape, Writer, XmlContent, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use crate::values::Mac;

/// `<mac>`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct InterfaceMac {
    #[xml(attr)]
    pub address: Option<Mac>,
    /// Of ESX: who chose it.
    #[xml(attr = "type")]
    pub kind: Option<MacType>,
    /// Of ESX: whether the server checks it.
    #[xml(attr)]
    pub check: Option<YesNo>,
    /// What the guest changed it to. Only in live documents.
    #[xml(attr)]
    pub current_address: Option<Mac>,
}

/// Who chose a MAC address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MacType {
    Generated,
    Static,
}

/// `<target>`: the host's device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct InterfaceTarget {
    #[xml(attr)]
    pub dev: Option<String>,
    /// Of `ethernet`: whether libvirt makes it.
    #[xml(attr)]
    pub managed: Option<YesNo>,
}

/// `<guest>`: the device in a container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct InterfaceGuest {
    #[xml(attr)]
    pub dev: Option<String>,
    /// What it is called now.
    #[xml(attr)]
    pub actual: Option<String>,
}

/// `<backend>`: what moves the packets on the host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct InterfaceBackend {
    #[xml(attr = "type", skip_if = "is_default")]
    pub kind: Option<InterfaceBackendType>,
    /// The tap device's file, if not `/dev/net/tun`.
    #[xml(attr)]
    pub tap: Option<String>,
    /// vhost's file, if not `/dev/vhost-net`.
    #[xml(attr)]
    pub vhost: Option<String>,
    /// Of passt.
    #[xml(attr)]
    pub log_file: Option<String>,
}

fn is_default(kind: &Option<InterfaceBackendType>) -> bool {
    *kind == Some(InterfaceBackendType::Default)
}

/// A process beside the hypervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum InterfaceBackendType {
    /// The hypervisor itself; not written.
    Default,
    Passt,
}

/// `<teaming>`: two cards of which the guest makes one, so that it can be migrated without the faster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "teaming")]
pub struct Teaming {
    #[xml(attr = "type", error = "ConfigUnsupported")]
    pub kind: TeamingType,
    /// Of the transient card: the other's alias.
    #[xml(attr)]
    pub persistent: Option<String>,
}

/// How `<teaming>` stands in a device: one that says no type is none.
impl Teaming {
    const SHAPE: &'static Shape = &Shape {
        items: &[Item::Child {
            tag: Self::TAG,
            cardinality: Cardinality::Optional,
            shape: <Self as XmlContent>::shape,
        }],
    };

    pub(in crate::domain) fn parse(node: &Node<'_>) -> Result<Option<Self>> {
        let said = node.child(Self::TAG).filter(|teaming| teaming.attr("type").is_some());
        said.map(|teaming| <Self as XmlContent>::parse(&teaming)).transpose()
    }

    pub(in crate::domain) fn write_attrs(_: &Option<Self>, _: &mut Writer) {}

    pub(in crate::domain) fn write_children(teaming: &Option<Self>, w: &mut Writer) {
        if let Some(teaming) = teaming {
            w.element(Self::TAG, teaming);
        }
    }

    pub(in crate::domain) fn shape() -> &'static Shape {
        Self::SHAPE
    }
}

/// Which of the two cards it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TeamingType {
    Persistent,
    Transient,
}

/// Whether the cable is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum LinkState {
    Up,
    Down,
}

/// Models: those that libvirt knows are read in any case; others are taken as they are.
pub(super) mod model {
    use ferrovirt_xml::{TextWriter, ValueKind};

    pub const KIND: ValueKind = ValueKind::Named("a model's name of letters, digits, '-' and '_'");

    const KNOWN: [&str; 21] = [
        "netfront",
        "rtl8139",
        "virtio",
        "e1000",
        "e1000e",
        "igb",
        "virtio-transitional",
        "virtio-non-transitional",
        "usb-net",
        "spapr-vlan",
        "lan9118",
        "scm91c111",
        "vlance",
        "vmxnet",
        "vmxnet2",
        "vmxnet3",
        "Am79C970A",
        "Am79C973",
        "82540EM",
        "82545EM",
        "82543GC",
    ];

    pub fn from_text(text: &str) -> Option<String> {
        if let Some(known) = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(text)) {
            return Some((*known).to_owned());
        }
        let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        text.bytes().all(word).then(|| text.to_owned())
    }

    pub fn write_text(model: &str, out: &mut TextWriter<'_>) {
        out.push(model);
    }
}
