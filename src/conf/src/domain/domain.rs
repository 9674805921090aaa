//! `<domain>`: the whole definition of a guest.

use crate::cpu::GuestCpu;
use crate::domain::{
    BlkioTune, Clock, CpuTune, Devices, Features, IdMaps, IoThreads, KeyWrapCipher, LaunchSecurity,
    LifecycleEvents, MaxMemory, MemoryAmount, MemoryBacking, Memtune, Namespaces, NumaTune, Os, PerfEvent,
    PowerManagement, Resource, SecurityLabel, Sysinfo, ThrottleGroup, Vcpu, VcpuState,
};
use crate::values::{Rare, ScaledSize, rare};
use ferrovirt_xml::{RawElement, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A guest. Field order is output order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "domain", merged, rules = "crate::domain::schema::DOMAIN")]
pub struct Domain {
    #[xml(attr = "type", error = "ConfigUnsupported")]
    pub virt_type: VirtType,
    /// Only running guests have one.
    #[xml(attr)]
    pub id: Option<u32>,
    #[xml(value)]
    pub name: String,
    #[xml(value, error = "Internal")]
    pub uuid: Option<Uuid>,
    /// Changes whenever the guest goes back in time.
    #[xml(value, error = "Internal")]
    pub genid: Option<Uuid>,
    /// One line for people.
    #[xml(value)]
    pub title: Option<String>,
    #[xml(value)]
    pub description: Option<String>,
    /// What applications keep here, each in its namespace.
    #[xml(raw = "metadata")]
    pub metadata: Option<RawElement>,
    #[xml(child = "maxMemory")]
    pub max_memory: Option<MaxMemory>,
    #[xml(child = "memory", default)]
    pub memory: MemoryAmount,
    /// What the balloon leaves the guest at boot.
    #[xml(child = "currentMemory", default)]
    pub current_memory: ScaledSize,
    #[xml(flatten = "blkiotune")]
    pub blkiotune: Rare<BlkioTune>,
    #[xml(flatten = "memtune")]
    pub memtune: Rare<Memtune>,
    #[xml(flatten = "memoryBacking")]
    pub memory_backing: Rare<MemoryBacking>,
    #[xml(child = "vcpu", default)]
    pub vcpu: Vcpu,
    #[xml(child = "vcpus/vcpu")]
    pub vcpus: Vec<VcpuState>,
    #[xml(flatten)]
    pub iothreads: Rare<IoThreads>,
    #[xml(child = "throttlegroups/throttlegroup")]
    pub throttle_groups: Vec<ThrottleGroup>,
    #[xml(flatten = "cputune")]
    pub cputune: Rare<CpuTune>,
    #[xml(flatten = "numatune")]
    pub numatune: Rare<NumaTune>,
    #[xml(flatten = "resource")]
    pub resource: Rare<Resource>,
    #[xml(child)]
    pub sysinfo: Vec<Sysinfo>,
    /// Xen's boot loader, run on the host.
    #[xml(value)]
    pub bootloader: Option<String>,
    #[xml(value = "bootloader_args")]
    pub bootloader_args: Option<String>,
    #[xml(child, default)]
    pub os: Os,
    #[xml(flatten = "idmap")]
    pub idmap: Rare<IdMaps>,
    #[xml(flatten = "features")]
    pub features: Features,
    #[xml(child, omit_empty)]
    pub cpu: Option<Box<GuestCpu>>,
    #[xml(child, default)]
    pub clock: Clock,
    #[xml(flatten)]
    pub events: LifecycleEvents,
    #[xml(flatten = "pm")]
    pub power_management: PowerManagement,
    #[xml(child = "perf/event")]
    pub perf: Vec<PerfEvent>,
    #[xml(child, default)]
    pub devices: Devices,
    #[xml(child)]
    pub seclabels: Vec<SecurityLabel>,
    #[xml(child = "keywrap/cipher")]
    pub keywrap: Vec<KeyWrapCipher>,
    #[xml(child)]
    pub launch_security: Option<Box<LaunchSecurity>>,
    #[xml(flatten)]
    pub namespaces: Rare<Namespaces>,
}

rare!(BlkioTune, Memtune, MemoryBacking, IoThreads, CpuTune, NumaTune, Resource, IdMaps, Namespaces);

/// What runs guests of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum VirtType {
    #[default]
    Qemu,
    Kqemu,
    Kvm,
    Xen,
    Lxc,
    Uml,
    #[xml(name = "openvz")]
    OpenVz,
    Test,
    #[xml(name = "vmware")]
    VmWare,
    #[xml(name = "hyperv")]
    HyperV,
    Vbox,
    Phyp,
    Parallels,
    Bhyve,
    Vz,
    Hvf,
}
