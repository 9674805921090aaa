//! `<vcpu>` and `<vcpus>`: how many CPUs the guest has, and which of them are on.

use crate::values::CpuSet;
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// `<vcpu>`: how many CPUs the guest can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct Vcpu {
    #[xml(attr, default)]
    pub placement: VcpuPlacement,
    /// The host CPUs that CPUs without a pin of their own may run on.
    #[xml(attr)]
    pub cpuset: Option<CpuSet>,
    /// How many are on at boot; all of them if `None`.
    #[xml(attr)]
    pub current: Option<u32>,
    /// How many there can be.
    #[xml(text, error = "XmlError@object")]
    pub max: u32,
}

impl Vcpu {
    /// How many are on at boot.
    pub fn current(&self) -> u32 {
        self.current.unwrap_or(self.max)
    }
}

impl Default for Vcpu {
    fn default() -> Self {
        Self { placement: VcpuPlacement::Static, cpuset: None, current: None, max: 1 }
    }
}

/// Who says where CPUs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum VcpuPlacement {
    #[default]
    Static,
    /// numad.
    Auto,
}

/// One CPU of `<vcpus>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct VcpuState {
    #[xml(attr)]
    pub id: u32,
    #[xml(attr)]
    pub enabled: YesNo,
    #[xml(attr)]
    pub hotpluggable: Option<YesNo>,
    /// When it is plugged in relation to the others, from 1.
    #[xml(attr)]
    pub order: Option<u32>,
}

impl VcpuState {
    /// A CPU of which nothing was said.
    pub fn offline(id: u32) -> Self {
        Self { id, enabled: YesNo::No, hotpluggable: None, order: None }
    }
}
