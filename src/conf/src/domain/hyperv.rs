//! `<hyperv>`: what the guest is offered as if it ran on Hyper-V.

use crate::domain::features::FeatureState;
use ferrovirt_core::{Error, Result};
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

impl Hyperv {
    /// The names of all enlightenments.
    pub const NAMES: &[&str] = &[
        "relaxed",
        "vapic",
        "spinlocks",
        "vpindex",
        "runtime",
        "synic",
        "stimer",
        "reset",
        "vendor_id",
        "frequencies",
        "reenlightenment",
        "tlbflush",
        "ipi",
        "evmcs",
        "avic",
        "emsr_bitmap",
        "xmm_input",
    ];

    /// Drops what says nothing: all of it if the host decides, otherwise details of what is off.
    pub fn fill_defaults(&mut self) {
        if self.mode == HypervMode::Passthrough {
            *self = Self { mode: self.mode, ..Self::default() };
        }
        let on = |state: Option<FeatureState>| state.filter(|state| state.is_on());
        if let Some(spinlocks) = &mut self.spinlocks {
            spinlocks.retries = spinlocks.retries.filter(|_| spinlocks.state.is_set());
        }
        if let Some(timer) = &mut self.stimer {
            timer.direct = on(timer.direct).filter(|_| timer.state.is_set());
        }
        if let Some(vendor) = &mut self.vendor_id {
            vendor.value = vendor.value.take().filter(|_| vendor.state.is_set());
        }
        if let Some(flush) = &mut self.tlbflush {
            flush.direct = on(flush.direct).filter(|_| flush.state.is_set());
            flush.extended = on(flush.extended).filter(|_| flush.state.is_set());
        }
    }

    /// Refuses enlightenments whose details are missing or wrong.
    pub fn validate(&self) -> Result<()> {
        if self.mode == HypervMode::Passthrough {
            return Ok(());
        }
        let spinlocks = self.spinlocks.filter(|spinlocks| spinlocks.state.is_set());
        if spinlocks.is_some_and(|spinlocks| spinlocks.retries.is_none_or(|retries| retries.0 < 4095)) {
            return Err(Error::xml("<spinlocks> of <hyperv> needs retries of at least 4095"));
        }
        let vendor = self.vendor_id.as_ref().filter(|vendor| vendor.state.is_set());
        match vendor.map(|vendor| vendor.value.as_deref()) {
            Some(None) => Err(Error::xml("<vendor_id> of <hyperv> needs a value")),
            Some(Some(value)) if value.len() > 12 || value.contains(',') => {
                let text = format!(
                    "the vendor_id '{value}' of <hyperv> must be at most 12 characters without a comma"
                );
                Err(Error::xml(text))
            }
            _ => Ok(()),
        }
    }
}
