//! What guest and host CPUs have in common.

use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

const ONE: NonZeroU32 = NonZeroU32::MIN;

/// `<topology>`: how CPUs are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "topology")]
pub struct Topology {
    #[xml(attr)]
    pub sockets: NonZeroU32,
    /// In a socket.
    #[xml(attr, default = "ONE")]
    pub dies: NonZeroU32,
    /// In a die.
    #[xml(attr, default = "ONE")]
    pub clusters: NonZeroU32,
    /// In a cluster.
    #[xml(attr)]
    pub cores: NonZeroU32,
    /// In a core.
    #[xml(attr)]
    pub threads: NonZeroU32,
}

impl Topology {
    /// How many CPUs there are in all; `None` past the range.
    pub fn total(&self) -> Option<u32> {
        [self.dies, self.clusters, self.cores, self.threads]
            .into_iter()
            .try_fold(self.sockets.get(), |total, count| total.checked_mul(count.get()))
    }
}

/// `<cache>`: the cache a guest sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "cache")]
pub struct CpuCache {
    /// From 1 to 3.
    #[xml(attr)]
    pub level: Option<u32>,
    #[xml(attr)]
    pub mode: CpuCacheMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CpuCacheMode {
    Emulate,
    Passthrough,
    Disable,
}

/// `<maxphysaddr>`: how wide physical addresses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "maxphysaddr")]
pub struct MaxPhysAddr {
    #[xml(attr)]
    pub mode: MaxPhysAddrMode,
    #[xml(attr)]
    pub bits: Option<u32>,
    /// The host's width, but no more than this.
    #[xml(attr)]
    pub limit: Option<NonZeroU32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MaxPhysAddrMode {
    Emulate,
    Passthrough,
}
