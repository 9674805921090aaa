//! `<topology>` of a host: NUMA cells with their memory, distances and CPUs.

use crate::capabilities::PageUnit;
use crate::cpu::{Distance, Interconnect, NumaCache};
use crate::values::CpuSet;
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<topology>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct HostTopology {
    /// As many as there are cells; [`HostTopology::new`] counts them.
    #[xml(attr = "cells/@num")]
    pub cell_count: Option<u32>,
    #[xml(child = "cells/cell")]
    pub cells: Vec<HostCell>,
    #[xml(choice = "interconnects")]
    pub interconnects: Vec<Interconnect>,
}

impl HostTopology {
    pub fn new(cells: Vec<HostCell>) -> Self {
        Self { cell_count: u32::try_from(cells.len()).ok(), cells, interconnects: Vec::new() }
    }
}

/// `<cell>`: a NUMA node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct HostCell {
    #[xml(attr)]
    pub id: u32,
    #[xml(child = "memory")]
    pub memory: Option<CellMemory>,
    #[xml(child = "pages")]
    pub pages: Vec<CellPages>,
    #[xml(child = "distances/sibling")]
    pub distances: Vec<Distance>,
    #[xml(child = "cache")]
    pub caches: Vec<NumaCache>,
    /// As many as there are CPUs; [`HostCell::with_cpus`] counts them.
    #[xml(attr = "cpus/@num")]
    pub cpu_count: Option<u32>,
    #[xml(child = "cpus/cpu")]
    pub cpus: Vec<CellCpu>,
}

impl HostCell {
    pub fn with_cpus(mut self, cpus: Vec<CellCpu>) -> Self {
        self.cpu_count = u32::try_from(cpus.len()).ok();
        self.cpus = cpus;
        self
    }
}

/// `<memory unit='KiB'>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct CellMemory {
    #[xml(attr, default)]
    pub unit: PageUnit,
    #[xml(text)]
    pub size: u64,
}

/// `<pages>`: how many pages of a size a cell has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct CellPages {
    #[xml(attr, default)]
    pub unit: PageUnit,
    #[xml(attr)]
    pub size: u64,
    #[xml(text)]
    pub count: u64,
}

/// `<cpu>`: where a CPU has its place; offline ones tell only their number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct CellCpu {
    #[xml(attr)]
    pub id: u32,
    #[xml(attr = "socket_id")]
    pub socket: Option<u32>,
    #[xml(attr = "die_id")]
    pub die: Option<u32>,
    #[xml(attr = "cluster_id")]
    pub cluster: Option<u32>,
    #[xml(attr = "core_id")]
    pub core: Option<u32>,
    /// The threads of its core, itself among them.
    #[xml(attr)]
    pub siblings: Option<CpuSet>,
}
