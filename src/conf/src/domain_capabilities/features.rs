//! `<features>` of domain capabilities.

use crate::capabilities::PageUnit;
use crate::domain_capabilities::Support;
use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

/// `<features>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct FeatureSupport {
    #[xml(child = "gic")]
    pub gic: Option<Support>,
    #[xml(child = "vmcoreinfo")]
    pub vmcoreinfo: Option<Support>,
    #[xml(child = "genid")]
    pub genid: Option<Support>,
    #[xml(child = "backingStoreInput")]
    pub backing_store_input: Option<Support>,
    #[xml(child = "backup")]
    pub backup: Option<Support>,
    #[xml(child = "async-teardown")]
    pub async_teardown: Option<Support>,
    #[xml(child = "s390-pv")]
    pub s390_pv: Option<Support>,
    #[xml(child = "ps2")]
    pub ps2: Option<Support>,
    #[xml(child = "sev")]
    pub sev: Option<SevSupport>,
    #[xml(child = "sgx")]
    pub sgx: Option<SgxSupport>,
    #[xml(child = "hyperv")]
    pub hyperv: Option<Support>,
    #[xml(child = "launchSecurity")]
    pub launch_security: Option<Support>,
}

/// `<sev>`: AMD's memory encryption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct SevSupport {
    #[xml(attr)]
    pub supported: YesNo,
    #[xml(value = "cbitpos")]
    pub c_bit_position: Option<u32>,
    #[xml(value = "reducedPhysBits")]
    pub reduced_phys_bits: Option<u32>,
    #[xml(value = "maxGuests")]
    pub max_guests: Option<u32>,
    #[xml(value = "maxESGuests")]
    pub max_es_guests: Option<u32>,
    #[xml(value = "cpu0Id")]
    pub cpu0_id: Option<String>,
}

impl SevSupport {
    pub fn no() -> Self {
        Self {
            supported: YesNo::No,
            c_bit_position: None,
            reduced_phys_bits: None,
            max_guests: None,
            max_es_guests: None,
            cpu0_id: None,
        }
    }
}

/// `<sgx>`: Intel's enclaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct SgxSupport {
    #[xml(attr)]
    pub supported: YesNo,
    /// Whether the owner's key for launching enclaves can be changed.
    #[xml(value)]
    pub flc: Option<YesNo>,
    #[xml(value)]
    pub sgx1: Option<YesNo>,
    #[xml(value)]
    pub sgx2: Option<YesNo>,
    #[xml(child = "section_size")]
    pub size: Option<SgxSize>,
    #[xml(child = "sections/section")]
    #[serde(default)]
    pub sections: Vec<SgxSection>,
}

impl SgxSupport {
    pub fn no() -> Self {
        Self { supported: YesNo::No, flc: None, sgx1: None, sgx2: None, size: None, sections: Vec::new() }
    }
}

/// `<section_size>`: the memory for enclaves in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct SgxSize {
    #[xml(attr, default)]
    #[serde(default)]
    pub unit: PageUnit,
    #[xml(text)]
    pub size: u64,
}

/// `<section>`: the memory for enclaves on a NUMA node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct SgxSection {
    #[xml(attr)]
    pub node: i64,
    #[xml(attr)]
    pub size: u64,
    #[xml(attr, default)]
    #[serde(default)]
    pub unit: PageUnit,
}
