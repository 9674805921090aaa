//! Memory: how much, its limits, and what is behind it.

use crate::values::{CpuSet, ScaledSize};
use ferrovirt_core::Result;
use ferrovirt_xml::{Cardinality, Item, Node, OnOff, Shape, Writer, XmlContent, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// `<memory>`: what the guest has at boot, memory devices included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct MemoryAmount {
    /// Whether it is part of core dumps.
    #[xml(attr)]
    pub dump_core: Option<OnOff>,
    #[xml(flatten)]
    pub size: ScaledSize,
}

/// `<maxMemory>`: how far memory can grow by hot-plug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct MaxMemory {
    /// How many memory devices fit.
    #[xml(attr)]
    pub slots: Option<u32>,
    #[xml(flatten)]
    pub size: ScaledSize,
}

/// `<memtune>`: what the host lets the guest have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct Memtune {
    #[xml(child = "hard_limit")]
    pub hard_limit: Option<ScaledSize>,
    #[xml(child = "soft_limit")]
    pub soft_limit: Option<ScaledSize>,
    #[xml(child = "min_guarantee")]
    pub min_guarantee: Option<ScaledSize>,
    /// Memory and swap together.
    #[xml(child = "swap_hard_limit")]
    pub swap_hard_limit: Option<ScaledSize>,
}

/// `<memoryBacking>`: which host memory guest memory is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(merged)]
pub struct MemoryBacking {
    #[xml(with = "HugePages")]
    pub huge_pages: Option<HugePages>,
    /// Identical pages are not merged.
    #[xml(flag = "nosharepages")]
    pub no_share_pages: bool,
    /// Never swapped out.
    #[xml(flag)]
    pub locked: bool,
    #[xml(attr = "source/@type", error = "ConfigUnsupported")]
    pub source: Option<MemorySource>,
    #[xml(attr = "access/@mode", error = "ConfigUnsupported")]
    pub access: Option<MemoryAccess>,
    #[xml(attr = "allocation/@mode", error = "ConfigUnsupported")]
    pub allocation: Option<MemoryAllocation>,
    /// How many threads allocate.
    #[xml(attr = "allocation/@threads")]
    pub allocation_threads: Option<u32>,
    /// Given back without being written anywhere when the guest ends.
    #[xml(flag)]
    pub discard: bool,
}

/// `<hugepages>`: without a `<page>`, pages of the host's default size.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "hugepages")]
pub struct HugePages {
    #[xml(child = "page")]
    pub pages: Vec<HugePage>,
}

/// Of all elements of that name.
impl HugePages {
    fn parse(node: &Node<'_>) -> Result<Option<Self>> {
        let mut all = None;
        for child in node.children_named(Self::TAG) {
            let Self { pages } = <Self as XmlContent>::parse(&child)?;
            all.get_or_insert_with(Self::default).pages.extend(pages);
        }
        Ok(all)
    }

    fn write_attrs(_pages: &Option<Self>, _w: &mut Writer) {}

    fn write_children(pages: &Option<Self>, w: &mut Writer) {
        if let Some(pages) = pages {
            w.element(Self::TAG, pages);
        }
    }

    fn shape() -> &'static Shape {
        const SHAPE: &Shape = &Shape {
            items: &[Item::Child {
                tag: HugePages::TAG,
                cardinality: Cardinality::Optional,
                shape: <HugePages as XmlContent>::shape,
            }],
        };
        SHAPE
    }

    /// Without cells, node 0 stands for all of the guest, and need not be named.
    pub(super) fn drop_only_node(&mut self) {
        for page in &mut self.pages {
            page.nodes = page.nodes.take().filter(|nodes| nodes.iter().any(|node| node != 0));
        }
    }
}

/// A size of huge pages and the guest NUMA nodes it is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct HugePage {
    /// In KiB.
    #[xml(flatten)]
    pub size: PageSize,
    #[xml(attr = "nodeset")]
    pub nodes: Option<CpuSet>,
}

crate::size_attribute! {
    /// The size of a memory page in KiB.
    PageSize: "size";
}

/// What guest memory is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MemorySource {
    File,
    Anonymous,
    Memfd,
}

/// Whether other processes can map guest memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MemoryAccess {
    Shared,
    Private,
}

/// When the host allocates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MemoryAllocation {
    Immediate,
    #[xml(name = "ondemand")]
    OnDemand,
}
