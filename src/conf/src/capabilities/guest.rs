//! `<guest>`: a kind of guest that the host can run.

use crate::cpu::Arch;
use ferrovirt_xml::{OnOff, XmlElement, YesNo};
use serde::{Deserialize, Serialize};

/// `<guest>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct GuestCapabilities {
    /// Such as `hvm` for a full machine, `exe` for a container.
    #[xml(value = "os_type")]
    pub os_type: String,
    #[xml(child = "arch")]
    pub arch: GuestArch,
    #[xml(child = "features", omit_empty)]
    pub features: Option<GuestFeatures>,
}

/// `<arch>`: an architecture, who emulates it, and as which machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct GuestArch {
    #[xml(attr)]
    pub name: Arch,
    #[xml(value = "wordsize")]
    pub word_size: u32,
    #[xml(flatten)]
    pub runner: GuestRunner,
    #[xml(child = "domain")]
    #[serde(default)]
    pub domains: Vec<GuestDomain>,
}

/// What runs guests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct GuestRunner {
    #[xml(value)]
    pub emulator: Option<String>,
    #[xml(value)]
    pub loader: Option<String>,
    #[xml(child = "machine")]
    pub machines: Vec<GuestMachine>,
}

/// `<machine>`: a machine type by name or alias.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct GuestMachine {
    /// The name behind an alias.
    #[xml(attr)]
    pub canonical: Option<String>,
    #[xml(attr = "maxCpus")]
    pub max_cpus: Option<u32>,
    #[xml(attr)]
    pub deprecated: Option<YesNo>,
    #[xml(text)]
    pub name: String,
}

/// `<domain>`: a type of domain, with what differs for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct GuestDomain {
    #[xml(attr = "type")]
    pub kind: String,
    #[xml(flatten)]
    pub runner: GuestRunner,
}

/// `<features>` of a guest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct GuestFeatures {
    #[xml(flag)]
    pub pae: bool,
    #[xml(flag = "nonpae")]
    pub non_pae: bool,
    #[xml(flag = "ia64_be")]
    pub ia64_big_endian: bool,
    #[xml(child = "acpi")]
    pub acpi: Option<FeatureSwitch>,
    #[xml(child = "apic")]
    pub apic: Option<FeatureSwitch>,
    #[xml(flag = "cpuselection")]
    pub cpu_selection: bool,
    #[xml(flag = "deviceboot")]
    pub device_boot: bool,
    #[xml(child = "disksnapshot")]
    pub disk_snapshot: Option<FeatureSwitch>,
    #[xml(child = "hap")]
    pub hap: Option<FeatureSwitch>,
    #[xml(flag = "externalSnapshot")]
    pub external_snapshot: bool,
}

/// Whether a feature is on by itself, and whether that can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct FeatureSwitch {
    #[xml(attr)]
    pub default: Option<OnOff>,
    #[xml(attr)]
    pub toggle: Option<YesNo>,
}

impl FeatureSwitch {
    /// On by itself; `toggle` tells whether it can be turned off.
    pub fn on(toggle: bool) -> Self {
        Self { default: Some(OnOff::On), toggle: Some(YesNo::from(toggle)) }
    }
}
