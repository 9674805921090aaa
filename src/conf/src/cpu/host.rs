//! The CPU of a host, as capabilities show it.

use crate::cpu::{Arch, CpuCache, MaxPhysAddr, Topology};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// `<cpu>` of a host. Capabilities flatten it and go on with page sizes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "cpu")]
pub struct HostCpu {
    #[xml(value, error = "ConfigUnsupported")]
    pub arch: Option<Arch>,
    /// What drivers other than QEMU's tell instead of a model.
    #[xml(choice = "features")]
    pub platform: Vec<PlatformFeature>,
    #[xml(value)]
    pub model: Option<String>,
    #[xml(value)]
    pub vendor: Option<String>,
    #[xml(attr = "microcode/@version")]
    pub microcode: Option<u32>,
    #[xml(child)]
    pub signature: Option<CpuSignature>,
    #[xml(child)]
    pub counter: Option<TscCounter>,
    #[xml(child)]
    pub topology: Option<Topology>,
    #[xml(child)]
    pub cache: Option<CpuCache>,
    #[xml(child)]
    pub max_phys_addr: Option<MaxPhysAddr>,
    /// What it has beyond the model.
    #[xml(child = "feature")]
    pub features: Vec<HostCpuFeature>,
}

/// An ability of the host that some drivers tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(rename_all = "lowercase")]
#[xml(choice)]
pub enum PlatformFeature {
    #[xml(name = "pae")]
    Pae,
    #[xml(name = "nonpae")]
    NonPae,
    #[xml(name = "vmx")]
    Vmx,
    #[xml(name = "svm")]
    Svm,
    #[xml(name = "hap")]
    Hap,
}

/// What CPUID says of family, model and stepping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "signature")]
pub struct CpuSignature {
    #[xml(attr)]
    pub family: u32,
    #[xml(attr)]
    pub model: u32,
    #[xml(attr)]
    pub stepping: u32,
}

/// `<counter>`: the time stamp counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "counter")]
pub struct TscCounter {
    #[xml(attr)]
    pub name: CounterName,
    /// In Hz.
    #[xml(attr)]
    pub frequency: u64,
    /// Whether guests can have another frequency.
    #[xml(attr)]
    pub scaling: Option<YesNo>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CounterName {
    Tsc,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct HostCpuFeature {
    #[xml(attr, error = "XmlError@Cpu")]
    pub name: String,
}
