//! `<driver>` of a card that speaks virtio.

use ferrovirt_xml::{OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use crate::domain::VirtioOptions;

/// How the host serves the card; 0: as it likes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct InterfaceDriver {
    #[xml(attr)]
    pub name: Option<InterfaceDriverName>,
    #[xml(attr = "txmode")]
    pub tx_mode: Option<TxMode>,
    #[xml(attr)]
    pub ioeventfd: Option<OnOff>,
    #[xml(attr = "event_idx")]
    pub event_idx: Option<OnOff>,
    /// Pairs of queues; one is what there always is, and is not said.
    #[xml(attr, default, skip_default)]
    pub queues: u32,
    #[xml(attr = "rx_queue_size", default, skip_default)]
    pub rx_queue_size: u32,
    #[xml(attr = "tx_queue_size", default, skip_default)]
    pub tx_queue_size: u32,
    #[xml(attr)]
    pub rss: Option<OnOff>,
    #[xml(attr = "rss_hash_report")]
    pub rss_hash_report: Option<OnOff>,
    #[xml(flatten)]
    pub virtio: VirtioOptions,
    /// What the guest may leave to the host.
    #[xml(flatten = "host")]
    pub host: InterfaceOffloads,
    /// What the host may leave to the guest; it knows no `gso` and `mrg_rxbuf`.
    #[xml(flatten = "guest")]
    pub guest: InterfaceOffloads,
}

/// Who moves the packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum InterfaceDriverName {
    Qemu,
    Vhost,
}

/// When packets are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TxMode {
    #[xml(name = "iothread")]
    IoThread,
    Timer,
}

/// Work that one side leaves to the other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct InterfaceOffloads {
    #[xml(attr)]
    pub csum: Option<OnOff>,
    #[xml(attr)]
    pub gso: Option<OnOff>,
    #[xml(attr)]
    pub tso4: Option<OnOff>,
    #[xml(attr)]
    pub tso6: Option<OnOff>,
    #[xml(attr)]
    pub ecn: Option<OnOff>,
    #[xml(attr)]
    pub ufo: Option<OnOff>,
    #[xml(attr = "mrg_rxbuf")]
    pub mrg_rxbuf: Option<OnOff>,
}

impl InterfaceDriver {
    pub(super) fn fill_defaults(&mut self) {
        if self.queues == 1 {
            self.queues = 0;
        }
        self.guest.gso = None;
        self.guest.mrg_rxbuf = None;
    }
}

pub(super) fn is_virtio(model: &str) -> bool {
    matches!(model, "virtio" | "virtio-transitional" | "virtio-non-transitional")
}

/// `<driver>` means something only on such cards; devices of the host have another one.
pub(super) mod of_virtio {
    use super::InterfaceDriver;
    use ferrovirt_core::{Error, Result};
    use ferrovirt_xml::{Cardinality, Item, Node, Shape, Tag, Writer, XmlContent};

    pub fn parse(node: &Node<'_>) -> Result<Option<InterfaceDriver>> {
        let Some(driver) = node.child("driver") else { return Ok(None) };
        let model = node.child("model").and_then(|model| model.attr("type"));
        let virtio = model.is_some_and(|model| super::is_virtio(&model.to_ascii_lowercase()));
        if virtio && node.attr("type") != Some("hostdev") {
            return InterfaceDriver::parse(&driver).map(Some);
        }
        let given =
            ["iommu", "ats", "packed", "page_per_vq"].into_iter().find(|name| driver.attr(name).is_some());
        match given.filter(|_| !virtio) {
            Some(name) => Err(Error::config_unsupported(format!(
                "'{name}' of <driver> is for virtio cards: the interface needs <model type='virtio'/>"
            ))),
            None => Ok(None),
        }
    }

    pub fn write_attrs(_: &Option<InterfaceDriver>, _: &mut Writer) {}

    pub fn write_children(driver: &Option<InterfaceDriver>, w: &mut Writer) {
        if let Some(driver) = driver {
            let mark = w.open_optional("driver");
            driver.write_attrs(w);
            driver.write_children(w);
            w.close_optional(mark);
        }
    }

    pub fn shape() -> &'static Shape {
        const SHAPE: &Shape = &Shape {
            items: &[Item::Child {
                tag: Tag::new("driver"),
                cardinality: Cardinality::Optional,
                shape: InterfaceDriver::shape,
            }],
        };
        SHAPE
    }
}
