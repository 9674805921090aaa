//! `<features>`: what the hypervisor switches on or off for the guest.

use crate::domain::hyperv::Hyperv;
use crate::domain::process_caps::ProcessCapabilities;
use crate::values::{PrettySize, ScaledSize};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{AutoBase, OnOff, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// `<features>`, in the order of output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "features")]
pub struct Features {
    #[xml(flag)]
    pub acpi: bool,
    #[xml(child)]
    pub apic: Option<Apic>,
    #[xml(flag)]
    pub pae: bool,
    #[xml(child = "hap")]
    pub hap: Option<FeatureSwitch>,
    #[xml(flag)]
    pub viridian: bool,
    #[xml(flag)]
    pub privnet: bool,
    #[xml(child)]
    pub hyperv: Option<Hyperv>,
    #[xml(child)]
    pub kvm: Option<KvmFeatures>,
    #[xml(child = "pvspinlock")]
    pub pvspinlock: Option<FeatureSwitch>,
    #[xml(child = "capabilities", omit_empty)]
    pub capabilities: Option<ProcessCapabilities>,
    #[xml(child = "pmu")]
    pub pmu: Option<FeatureSwitch>,
    #[xml(child = "vmport")]
    pub vmport: Option<FeatureSwitch>,
    #[xml(child)]
    pub gic: Option<Gic>,
    #[xml(child)]
    pub smm: Option<Smm>,
    #[xml(attr = "ioapic/@driver")]
    pub ioapic: Option<IoApicDriver>,
    #[xml(flatten = "hpt")]
    pub hpt: Hpt,
    #[xml(child = "vmcoreinfo")]
    pub vmcoreinfo: Option<FeatureSwitch>,
    #[xml(child = "htm")]
    pub htm: Option<FeatureState>,
    #[xml(child = "nested-hv")]
    pub nested_hv: Option<FeatureState>,
    /// What the guest sees of an MSR that nobody knows.
    #[xml(child)]
    pub msrs: Option<Msrs>,
    #[xml(child = "ccf-assist")]
    pub ccf_assist: Option<FeatureState>,
    #[xml(child)]
    pub xen: Option<XenFeatures>,
    #[xml(attr = "cfpc/@value")]
    pub cfpc: Option<Mitigation>,
    #[xml(attr = "sbbc/@value")]
    pub sbbc: Option<Mitigation>,
    #[xml(attr = "ibs/@value")]
    pub ibs: Option<IndirectBranchMitigation>,
    /// TCG's cache of translated code.
    #[xml(child = "tcg/tb-cache")]
    pub tcg_tb_cache: Option<ScaledSize>,
    #[xml(child)]
    pub async_teardown: Option<AsyncTeardown>,
    #[xml(child = "ras")]
    pub ras: Option<FeatureState>,
    #[xml(child = "ps2")]
    pub ps2: Option<FeatureState>,
    #[xml(attr = "aia/@value")]
    pub aia: Option<Aia>,
}

/// A feature that is on if no state is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct FeatureSwitch {
    #[xml(attr, default = "OnOff::On")]
    pub state: OnOff,
}

impl FeatureSwitch {
    pub fn is_on(self) -> bool {
        self.state.is_set()
    }
}

impl From<bool> for FeatureSwitch {
    fn from(on: bool) -> Self {
        Self { state: on.into() }
    }
}

/// A feature whose state has to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct FeatureState {
    #[xml(attr)]
    pub state: OnOff,
}

impl FeatureState {
    pub fn is_on(self) -> bool {
        self.state.is_set()
    }
}

impl From<bool> for FeatureState {
    fn from(on: bool) -> Self {
        Self { state: on.into() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "apic")]
pub struct Apic {
    /// Paravirtualized end of interrupt.
    #[xml(attr)]
    pub eoi: Option<OnOff>,
}

/// `<kvm>`: what KVM tells the guest, or hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "kvm", block)]
pub struct KvmFeatures {
    #[xml(child = "hidden")]
    pub hidden: Option<FeatureState>,
    #[xml(child = "hint-dedicated")]
    pub hint_dedicated: Option<FeatureState>,
    #[xml(child = "poll-control")]
    pub poll_control: Option<FeatureState>,
    #[xml(child = "pv-ipi")]
    pub pv_ipi: Option<FeatureState>,
    #[xml(child = "dirty-ring")]
    pub dirty_ring: Option<DirtyRing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct DirtyRing {
    #[xml(attr)]
    pub state: OnOff,
    /// How many entries, a power of two.
    #[xml(attr)]
    pub size: Option<AutoBase<u32>>,
}

/// `<xen>`: what Xen offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "xen", block)]
pub struct XenFeatures {
    #[xml(child = "e820_host")]
    pub e820_host: Option<FeatureState>,
    #[xml(child = "passthrough")]
    pub passthrough: Option<XenPassthrough>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct XenPassthrough {
    #[xml(attr)]
    pub state: OnOff,
    #[xml(attr)]
    pub mode: Option<XenPassthroughMode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum XenPassthroughMode {
    #[xml(name = "sync_pt")]
    SyncPt,
    #[xml(name = "share_pt")]
    SharePt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "gic")]
pub struct Gic {
    #[xml(attr)]
    pub version: Option<GicVersion>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum GicVersion {
    Host,
    #[xml(name = "2")]
    V2,
    #[xml(name = "3")]
    V3,
}

/// `<smm>`: system management mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "smm")]
pub struct Smm {
    #[xml(attr, default = "OnOff::On")]
    pub state: OnOff,
    /// Its memory, in bytes.
    #[xml(child = "tseg")]
    pub tseg: Option<PrettySize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum IoApicDriver {
    Qemu,
    Kvm,
}

/// `<hpt>`: pSeries' hash page table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct Hpt {
    #[xml(attr)]
    pub resizing: Option<HptResizing>,
    #[xml(child = "maxpagesize")]
    pub max_page_size: Option<ScaledSize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum HptResizing {
    Enabled,
    Disabled,
    Required,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "msrs")]
pub struct Msrs {
    #[xml(attr)]
    pub unknown: MsrsUnknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MsrsUnknown {
    Ignore,
    Fault,
}

/// How a POWER CPU's weakness is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum Mitigation {
    Broken,
    Workaround,
    Fixed,
}

/// The same for indirect branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum IndirectBranchMitigation {
    Broken,
    Workaround,
    FixedIbs,
    FixedCcd,
    FixedNa,
}

/// `<async-teardown>`: memory is given back after the guest has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "async-teardown")]
pub struct AsyncTeardown {
    #[xml(attr, default = "YesNo::Yes")]
    pub enabled: YesNo,
}

/// RISC-V's advanced interrupt architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum Aia {
    None,
    Aplic,
    AplicImsic,
}

impl Features {
    /// The names of all features.
    pub const NAMES: &[&str] = &[
        "acpi",
        "apic",
        "pae",
        "hap",
        "viridian",
        "privnet",
        "hyperv",
        "kvm",
        "pvspinlock",
        "capabilities",
        "pmu",
        "vmport",
        "gic",
        "smm",
        "ioapic",
        "hpt",
        "vmcoreinfo",
        "htm",
        "nested-hv",
        "msrs",
        "ccf-assist",
        "xen",
        "cfpc",
        "sbbc",
        "ibs",
        "tcg",
        "async-teardown",
        "ras",
        "ps2",
        "aia",
    ];

    /// Drops what says nothing, such as details of what is off.
    pub fn fill_defaults(&mut self) {
        if let Some(hyperv) = &mut self.hyperv {
            hyperv.fill_defaults();
        }
        if let Some(ring) = self.kvm.as_mut().and_then(|kvm| kvm.dirty_ring.as_mut()) {
            ring.size = ring.size.filter(|_| ring.state.is_set());
        }
        if let Some(passthrough) = self.xen.as_mut().and_then(|xen| xen.passthrough.as_mut()) {
            passthrough.mode = passthrough.mode.filter(|_| passthrough.state.is_set());
        }
        if let Some(smm) = &mut self.smm {
            smm.tseg = smm.tseg.filter(|_| smm.state.is_set());
        }
        self.hpt.max_page_size = self.hpt.max_page_size.filter(|size| size.0 != 0);
        self.tcg_tb_cache = self.tcg_tb_cache.filter(|size| size.0 != 0);
    }

    /// Refuses features whose details are missing or wrong.
    pub fn validate(&self) -> Result<()> {
        if let Some(hyperv) = &self.hyperv {
            hyperv.validate()?;
        }
        let ring = self.kvm.and_then(|kvm| kvm.dirty_ring).filter(|ring| ring.state.is_set());
        let size = ring.map(|ring| ring.size.map_or(0, |size| size.0));
        match size {
            Some(size) if !(1024..=65536).contains(&size) || !size.is_power_of_two() => {
                let text =
                    format!("the size {size} of <dirty-ring> must be a power of two from 1024 to 65536");
                Err(Error::xml(text))
            }
            _ => Ok(()),
        }
    }
}

impl KvmFeatures {
    /// The names of all of them.
    pub const NAMES: &[&str] = &["hidden", "hint-dedicated", "poll-control", "pv-ipi", "dirty-ring"];
}

impl XenFeatures {
    /// The names of all of them.
    pub const NAMES: &[&str] = &["e820_host", "passthrough"];
}
