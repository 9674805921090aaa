//! `<host>`: the host's CPU, power management, migration, caches and security models.

use crate::capabilities::HostTopology;
use crate::cpu::{HostCpu, HostCpuFeature};
use crate::values::CpuSet;
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `<host>`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "host")]
pub struct HostCapabilities {
    #[xml(value)]
    pub uuid: Option<Uuid>,
    #[xml(child = "cpu")]
    pub cpu: HostCpuCapabilities,
    /// What the host can do to save power; empty if that is nothing.
    #[xml(child = "power_management")]
    pub power_management: Option<PowerManagement>,
    #[xml(attr = "iommu/@support")]
    pub iommu: Option<YesNo>,
    #[xml(child = "migration_features")]
    pub migration: Option<MigrationFeatures>,
    /// How names of host interfaces begin that are made for guests.
    #[xml(value = "netprefix")]
    pub net_prefix: Option<String>,
    #[xml(child = "topology")]
    pub topology: Option<HostTopology>,
    #[xml(child = "cache")]
    pub cache: Option<HostCaches>,
    #[xml(child = "memory_bandwidth")]
    pub memory_bandwidth: Option<MemoryBandwidth>,
    #[xml(child = "secmodel")]
    pub security_models: Vec<SecurityModel>,
}

/// `<cpu>` of a host with the sizes of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "cpu", rules = "crate::cpu::schema::HOST")]
pub struct HostCpuCapabilities {
    #[xml(flatten)]
    pub cpu: HostCpu,
    #[xml(child = "pages")]
    pub page_sizes: Vec<PageSize>,
}

/// `<pages unit='KiB' size='…'/>`: a size that pages can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct PageSize {
    #[xml(attr, default)]
    #[serde(default)]
    pub unit: PageUnit,
    #[xml(attr)]
    pub size: u64,
}

impl PageSize {
    pub fn kib(size: u64) -> Self {
        Self { unit: PageUnit::KiB, size }
    }
}

/// The unit of page sizes; there is only this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum PageUnit {
    #[default]
    #[xml(name = "KiB")]
    KiB,
}

/// `<power_management>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct PowerManagement {
    #[xml(flag = "suspend_mem")]
    pub suspend_mem: bool,
    #[xml(flag = "suspend_disk")]
    pub suspend_disk: bool,
    #[xml(flag = "suspend_hybrid")]
    pub suspend_hybrid: bool,
}

/// `<migration_features>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct MigrationFeatures {
    #[xml(flag)]
    pub live: bool,
    #[xml(value = "uri_transports/uri_transport")]
    pub transports: Vec<String>,
}

/// `<cache>`: the caches that CPUs share.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct HostCaches {
    #[xml(child = "bank")]
    pub banks: Vec<CacheBank>,
    #[xml(child = "monitor")]
    pub monitor: Option<ResourceMonitor>,
}

/// `<bank>`: one cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct CacheBank {
    #[xml(attr)]
    pub id: u32,
    #[xml(attr)]
    pub level: u32,
    #[xml(attr = "type")]
    pub kind: CacheKind,
    #[xml(attr)]
    pub size: u64,
    #[xml(attr)]
    pub unit: String,
    #[xml(attr)]
    pub cpus: CpuSet,
    #[xml(child = "control")]
    #[serde(default)]
    pub controls: Vec<CacheControl>,
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CacheKind {
    Both,
    Code,
    Data,
}

/// `<control>`: how a cache can be divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct CacheControl {
    #[xml(attr)]
    pub granularity: u64,
    #[xml(attr)]
    pub min: Option<u64>,
    #[xml(attr)]
    pub unit: String,
    #[xml(attr = "type")]
    pub kind: CacheKind,
    #[xml(attr = "maxAllocs")]
    pub max_allocations: u32,
}

/// `<monitor>`: how the use of a resource can be watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct ResourceMonitor {
    #[xml(attr)]
    pub level: Option<u32>,
    #[xml(attr = "reuseThreshold")]
    pub reuse_threshold: Option<u32>,
    #[xml(attr = "maxMonitors")]
    pub max_monitors: u32,
    #[xml(child = "feature")]
    #[serde(default)]
    pub features: Vec<HostCpuFeature>,
}

/// `<memory_bandwidth>`: how the bandwidth of memory can be divided.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct MemoryBandwidth {
    #[xml(child = "node")]
    pub nodes: Vec<BandwidthNode>,
    #[xml(child = "monitor")]
    pub monitor: Option<ResourceMonitor>,
}

/// `<node>`: a memory controller and the CPUs that it serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct BandwidthNode {
    #[xml(attr)]
    pub id: u32,
    #[xml(attr)]
    pub cpus: CpuSet,
    /// The step in which shares can be given, in percent.
    #[xml(attr = "control/@granularity")]
    pub granularity: u32,
    #[xml(attr = "control/@min")]
    pub min: u32,
    #[xml(attr = "control/@maxAllocs")]
    pub max_allocations: u32,
}

/// `<secmodel>`: a way in which guests are kept apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct SecurityModel {
    #[xml(value)]
    pub model: String,
    /// The domain of interpretation.
    #[xml(value)]
    pub doi: String,
    #[xml(child = "baselabel")]
    #[serde(default)]
    pub base_labels: Vec<BaseLabel>,
}

/// `<baselabel>`: what guests of a kind are labelled with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct BaseLabel {
    /// The kind of guest, such as `kvm`.
    #[xml(attr = "type")]
    pub kind: String,
    #[xml(text)]
    pub label: String,
}
