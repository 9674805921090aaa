//! `<hyperv>`: what the guest is offered as if it ran on Hyper-V.

use crate::domain::features::FeatureState;
use ferrovirt_xml::{AutoBase, OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// The enlightenments, in the order of output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "hyperv", block)]
pub struct Hyperv {
    #[xml(attr, default)]
    pub mode: HypervMode,
    #[xml(child = "relaxed")]
    pub relaxed: Option<FeatureState>,
    #[xml(child = "vapic")]
    pub vapic: Option<FeatureState>,
    #[xml(child = "spinlocks")]
    pub spinlocks: Option<Spinlocks>,
    #[xml(child = "vpindex")]
    pub vpindex: Option<FeatureState>,
    #[xml(child = "runtime")]
    pub runtime: Option<FeatureState>,
    #[xml(child = "synic")]
    pub synic: Option<FeatureState>,
    #[xml(child = "stimer")]
    pub stimer: Option<SyntheticTimer>,
    #[xml(child = "reset")]
    pub reset: Option<FeatureState>,
    #[xml(child = "vendor_id")]
    pub vendor_id: Option<VendorId>,
    #[xml(child = "frequencies")]
    pub frequencies: Option<FeatureState>,
    #[xml(child = "reenlightenment")]
    pub reenlightenment: Option<FeatureState>,
    #[xml(child = "tlbflush")]
    pub tlbflush: Option<TlbFlush>,
    #[xml(child = "ipi")]
    pub ipi: Option<FeatureState>,
    #[xml(child = "evmcs")]
    pub evmcs: Option<FeatureState>,
    #[xml(child = "avic")]
    pub avic: Option<FeatureState>,
    #[xml(child = "emsr_bitmap")]
    pub emsr_bitmap: Option<FeatureState>,
    #[xml(child = "xmm_input")]
    pub xmm_input: Option<FeatureState>,
}

/// Who chooses the enlightenments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum HypervMode {
    /// The definition.
    #[default]
    Custom,
    /// All that the host can do.
    Passthrough,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Spinlocks {
    #[xml(attr)]
    pub state: OnOff,
    /// How often the guest tries before it tells the hypervisor.
    #[xml(attr)]
    pub retries: Option<AutoBase<u32>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct SyntheticTimer {
    #[xml(attr)]
    pub state: OnOff,
    #[xml(child = "direct")]
    pub direct: Option<FeatureState>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct VendorId {
    #[xml(attr)]
    pub state: OnOff,
    /// Up to 12 characters.
    #[xml(attr)]
    pub value: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct TlbFlush {
    #[xml(attr)]
    pub state: OnOff,
    #[xml(child = "direct")]
    pub direct: Option<FeatureState>,
    #[xml(child = "extended")]
    pub extended: Option<FeatureState>,
}
