//! `<numa>`: the NUMA nodes that a guest sees.

use crate::domain::MemoryAccess;
use crate::values::{CpuSet, Unit, read_size_attr};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{Node, Shape, Writer, XmlContent, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// `<numa>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "numa")]
pub struct Numa {
    #[xml(child = "cell")]
    pub cells: Vec<NumaCell>,
    /// How far memory is from CPUs.
    #[xml(choice = "interconnects")]
    pub interconnects: Vec<Interconnect>,
}

/// A node of the guest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct NumaCell {
    /// The cells' order if `None`.
    #[xml(attr)]
    pub id: Option<u32>,
    #[xml(attr)]
    pub cpus: Option<CpuSet>,
    #[xml(flatten)]
    pub memory: CellMemory,
    #[xml(attr = "memAccess")]
    pub access: Option<MemoryAccess>,
    #[xml(attr)]
    pub discard: Option<YesNo>,
    #[xml(child = "distances/sibling")]
    pub distances: Vec<Distance>,
    #[xml(child = "cache")]
    pub caches: Vec<NumaCache>,
}

crate::size_attribute! {
    /// A node's memory in KiB.
    CellMemory: "memory";
    /// The size of a cache in KiB.
    CacheSize: "value";
}

/// How far another node is: 10 is near, 255 out of reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Distance {
    #[xml(attr)]
    pub id: u32,
    #[xml(attr)]
    pub value: u32,
}

/// A memory-side cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct NumaCache {
    #[xml(attr)]
    pub level: NonZeroU32,
    #[xml(attr)]
    pub associativity: CacheAssociativity,
    #[xml(attr)]
    pub policy: CachePolicy,
    #[xml(child = "size")]
    pub size: CacheSize,
    #[xml(child = "line")]
    pub line: CacheLine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CacheAssociativity {
    None,
    Direct,
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CachePolicy {
    None,
    #[xml(name = "writeback")]
    WriteBack,
    #[xml(name = "writethrough")]
    WriteThrough,
}

/// `<line>`: the size of a cache line in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CacheLine(pub u64);

impl XmlContent for CacheLine {
    fn parse(node: &Node<'_>) -> Result<Self> {
        read_size_attr(node, "value", "B", Unit::Bytes).map(Self)
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr("value", &self.0);
        w.attr_str("unit", "B");
    }

    fn shape() -> &'static Shape {
        Shape::ANY
    }
}

/// What getting from one node to another's memory costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(rename_all = "lowercase")]
#[xml(choice)]
pub enum Interconnect {
    #[xml(name = "latency")]
    Latency(Latency),
    #[xml(name = "bandwidth")]
    Bandwidth(Bandwidth),
}

/// In nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Latency {
    #[xml(flatten)]
    pub route: Route,
    #[xml(attr)]
    pub value: u64,
}

/// In KiB a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Bandwidth {
    #[xml(flatten)]
    pub route: Route,
    #[xml(flatten)]
    pub value: CacheSize,
}

/// From which node to which, and by what access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Route {
    #[xml(attr)]
    pub initiator: u32,
    #[xml(attr)]
    pub target: u32,
    /// The level of the cache that is hit, memory itself if `None`.
    #[xml(attr)]
    pub cache: Option<u32>,
    #[xml(attr = "type")]
    pub access: AccessType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum AccessType {
    Access,
    Read,
    Write,
}

impl Numa {
    const LOCAL: u32 = 10;
    const UNREACHABLE: u32 = 255;
    /// More than any hypervisor has; all distances between them are listed.
    const MOST_CELLS: usize = 1024;

    /// All memory of the nodes, in KiB.
    pub fn memory(&self) -> u64 {
        self.cells.iter().fold(0, |sum, cell| sum.saturating_add(cell.memory.0))
    }

    /// How many CPUs have a node.
    pub fn cpu_count(&self) -> usize {
        self.cells.iter().filter_map(|cell| cell.cpus.as_ref()).map(CpuSet::len).sum()
    }

    /// The highest CPU that has a node.
    pub fn last_cpu(&self) -> Option<u32> {
        self.cells.iter().filter_map(|cell| cell.cpus.as_ref()?.last()).max()
    }

    /// Numbers the nodes, puts them in order, and makes distances symmetric.
    pub fn fill_defaults(&mut self) {
        for (index, cell) in self.cells.iter_mut().enumerate() {
            cell.id.get_or_insert(index as u32);
            cell.cpus = cell.cpus.take().filter(|cpus| !cpus.is_empty());
        }
        self.cells.sort_by_key(|cell| cell.id);
        self.fill_distances();
        for interconnect in &mut self.interconnects {
            let (Interconnect::Latency(Latency { route, .. })
            | Interconnect::Bandwidth(Bandwidth { route, .. })) = interconnect;
            route.cache = route.cache.filter(|level| *level != 0);
        }
    }

    fn fill_distances(&mut self) {
        let count = self.cells.len();
        let mut table = vec![vec![0; count]; count];
        for (from, cell) in self.cells.iter().enumerate() {
            for distance in &cell.distances {
                if let Some(entry) = table[from].get_mut(distance.id as usize) {
                    *entry = distance.value;
                }
            }
        }
        let mentioned: Vec<bool> = (0..count)
            .map(|at| table[at].iter().any(|value| *value != 0) || table.iter().any(|row| row[at] != 0))
            .collect();
        let value = |from: usize, to: usize| match (table[from][to], mentioned[from]) {
            (_, true) if from == to => Self::LOCAL,
            (0, _) => table[to][from],
            (value, _) => value,
        };
        for (from, cell) in self.cells.iter_mut().enumerate() {
            let known = (0..count).map(|to| Distance { id: to as u32, value: value(from, to) });
            cell.distances = known.filter(|distance| distance.value != 0).collect();
        }
    }

    /// Refuses nodes that are missing, there twice, or share CPUs, and distances that can't be.
    pub fn validate(&self) -> Result<()> {
        if self.cells.is_empty() {
            return Err(Error::xml("<numa> needs at least one <cell>"));
        }
        if self.cells.len() > Self::MOST_CELLS {
            return Err(Error::xml(format!("<numa> can have at most {} cells", Self::MOST_CELLS)));
        }
        for (index, cell) in self.cells.iter().enumerate() {
            let id = cell.id.unwrap_or(index as u32);
            if id as usize >= self.cells.len() {
                return Err(Error::xml(format!(
                    "NUMA cell {id} is out of place: ids go from 0 without a gap"
                )));
            }
            for (other_index, other) in self.cells[..index].iter().enumerate() {
                if other.id.unwrap_or(other_index as u32) == id {
                    return Err(Error::xml(format!("NUMA cell {id} is there twice")));
                }
                let overlap = cell.cpus.as_ref().zip(other.cpus.as_ref()).is_some_and(|(a, b)| a.overlaps(b));
                if overlap {
                    let text = format!("NUMA cells {other_index} and {id} share CPUs");
                    return Err(Error::config_unsupported(text));
                }
            }
            self.validate_distances(id, cell)?;
        }
        Ok(())
    }

    /// Refuses caches that are there twice, and links to what does not exist.
    pub fn validate_caches_and_links(&self) -> Result<()> {
        self.cells.iter().try_for_each(Self::validate_caches)?;
        self.validate_interconnects()
    }

    fn validate_distances(&self, id: u32, cell: &NumaCell) -> Result<()> {
        for distance in &cell.distances {
            if distance.id as usize >= self.cells.len() {
                let text =
                    format!("NUMA cell {id} has a distance to cell {}, which there is none", distance.id);
                return Err(Error::xml(text));
            }
            let local = distance.value == Self::LOCAL;
            let in_range = (Self::LOCAL..=Self::UNREACHABLE).contains(&distance.value);
            if !in_range || local != (distance.id == id) {
                let text = format!(
                    "distance {} from NUMA cell {id} to {} must be 10 to itself, 11 to 255 to others",
                    distance.value, distance.id
                );
                return Err(Error::xml(text));
            }
        }
        Ok(())
    }

    fn validate_caches(cell: &NumaCell) -> Result<()> {
        for (index, cache) in cell.caches.iter().enumerate() {
            if cache.level.get() > 3 {
                return Err(Error::xml(format!("NUMA cache level {} must be 1, 2 or 3", cache.level)));
            }
            if cell.caches[..index].iter().any(|earlier| earlier.level == cache.level) {
                return Err(Error::xml(format!("NUMA cache level {} is there twice", cache.level)));
            }
        }
        Ok(())
    }

    fn validate_interconnects(&self) -> Result<()> {
        for interconnect in &self.interconnects {
            let (Interconnect::Latency(Latency { route, .. })
            | Interconnect::Bandwidth(Bandwidth { route, .. })) = interconnect;
            let find = |id: u32| self.cells.get(id as usize);
            let (Some(from), Some(to)) = (find(route.initiator), find(route.target)) else {
                let text = format!(
                    "an interconnect from NUMA cell {} to {} needs both to exist",
                    route.initiator, route.target
                );
                return Err(Error::xml(text));
            };
            if from.cpus.is_none() {
                let text = format!("NUMA cell {} starts an interconnect, but has no CPUs", route.initiator);
                return Err(Error::xml(text));
            }
            let level = route.cache.filter(|level| *level != 0);
            if level.is_some_and(|level| to.caches.iter().all(|cache| cache.level.get() != level)) {
                let text = format!("NUMA cell {} has no cache of an interconnect's level", route.target);
                return Err(Error::xml(text));
            }
        }
        self.validate_links_once()
    }

    fn validate_links_once(&self) -> Result<()> {
        let links = || self.interconnects.iter().map(Interconnect::identity);
        for (index, (is_latency, route)) in links().enumerate() {
            for (earlier_is_latency, earlier) in links().take(index) {
                let twice = is_latency == earlier_is_latency && route == earlier;
                let back = (earlier.target, earlier.initiator) == (route.initiator, route.target);
                if twice || (back && route.initiator != route.target) {
                    let text = format!(
                        "the interconnect of NUMA cells {} and {} is there twice",
                        route.initiator, route.target
                    );
                    return Err(Error::xml(text));
                }
            }
        }
        Ok(())
    }
}

impl Interconnect {
    /// Whether it is about latency, and of which way.
    fn identity(&self) -> (bool, Route) {
        match self {
            Self::Latency(latency) => (true, latency.route),
            Self::Bandwidth(bandwidth) => (false, bandwidth.route),
        }
    }
}
