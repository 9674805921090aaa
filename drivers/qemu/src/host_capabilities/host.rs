//! `<host>` of the capabilities: what the host's own files and registers tell.

use std::num::NonZeroU32;
use std::sync::Arc;

use ferrovirt_conf::capabilities::{
    BaseLabel, CacheBank, CacheKind, CellCpu, CellMemory, CellPages, HostCaches, HostCapabilities, HostCell,
    HostCpuCapabilities, HostTopology, MigrationFeatures, PageSize, PageUnit, PowerManagement, SecurityModel,
};
use ferrovirt_conf::cpu::x86::Purpose;
use ferrovirt_conf::cpu::{
    CounterName, Distance, HostCpu, HostCpuFeature, MaxPhysAddr, MaxPhysAddrMode, Topology as CpuTopology,
    TscCounter,
};
use ferrovirt_core::Result;
use ferrovirt_host::KernelFiles;
use ferrovirt_host::abilities::{self, Sleep};
use ferrovirt_host::cache::{self, Cache};
use ferrovirt_host::cpu_identity::CpuIdentity;
use ferrovirt_host::kvm::Kvm;
use ferrovirt_host::topology::{Cpu, Node, Topology};
use ferrovirt_host::{dmi, memory};
use uuid::Uuid;

use crate::cpu::Native;

/// What the host's files tell.
#[derive(Debug, Clone)]
pub struct HostFacts {
    pub native: Arc<Native>,
    pub uuid: Option<Uuid>,
    pub topology: Topology,
    pub identity: CpuIdentity,
    /// In KiB.
    pub page_sizes: Vec<u64>,
    pub caches: Vec<Cache>,
    pub sleep: Sleep,
    pub iommu: bool,
    pub vfio: bool,
    /// Most vCPUs of a guest, where the host has KVM.
    pub kvm_vcpus: Option<u32>,
}

impl HostFacts {
    pub fn read(files: &KernelFiles, native: Arc<Native>) -> Result<Self> {
        Ok(Self {
            native,
            uuid: dmi::host_uuid(files)?,
            topology: Topology::read(files)?,
            identity: CpuIdentity::read(files)?,
            page_sizes: memory::page_sizes(files)?,
            caches: cache::caches(files)?,
            sleep: abilities::sleep(files)?,
            iommu: abilities::has_iommu(files)?,
            vfio: abilities::has_vfio(files)?,
            kvm_vcpus: Kvm::open().ok().and_then(|kvm| u32::try_from(kvm.max_vcpus()).ok()),
        })
    }
}

/// The host; guests run as `identity`, a user and a group.
pub fn host_capabilities(facts: &HostFacts, identity: (u32, u32)) -> HostCapabilities {
    HostCapabilities {
        uuid: facts.uuid,
        cpu: HostCpuCapabilities {
            cpu: host_cpu(facts),
            page_sizes: facts.page_sizes.iter().map(|size| PageSize::kib(*size)).collect(),
        },
        power_management: Some(PowerManagement {
            suspend_mem: facts.sleep.mem,
            suspend_disk: facts.sleep.disk,
            suspend_hybrid: facts.sleep.hybrid,
        }),
        iommu: Some(facts.iommu.into()),
        migration: Some(MigrationFeatures { live: true, transports: vec!["tcp".into(), "rdma".into()] }),
        topology: Some(topology(&facts.topology)),
        cache: (!facts.caches.is_empty())
            .then(|| HostCaches { banks: facts.caches.iter().map(bank).collect(), monitor: None }),
        security_models: security_models(identity),
        ..HostCapabilities::default()
    }
}

/// The CPU as its registers have it; where there is no name for it, at least its shape.
pub fn host_cpu(facts: &HostFacts) -> HostCpu {
    let described = facts.native.cpu.as_ref().map(|cpu| cpu.describe(Purpose::Host, None));
    let described = described.and_then(|described| {
        described.inspect_err(|error| tracing::debug!(%error, "there is no name for the host's CPU")).ok()
    });
    let signature = described.as_ref().and_then(|described| described.signature);
    let content = described.map(|described| described.content).unwrap_or_default();
    let shape = facts.topology.shape();
    let count = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    HostCpu {
        arch: facts.native.arch,
        model: content.model,
        vendor: content.vendor,
        microcode: facts.identity.microcode,
        signature: signature.filter(|signature| signature.family != 0),
        counter: facts.native.tsc.map(|tsc| TscCounter {
            name: CounterName::Tsc,
            frequency: tsc.frequency,
            scaling: Some(tsc.scaling.into()),
        }),
        topology: Some(CpuTopology {
            sockets: count(shape.sockets),
            // What cores are grouped in is not told here.
            dies: NonZeroU32::MIN,
            clusters: NonZeroU32::MIN,
            cores: count(shape.dies * shape.clusters * shape.cores),
            threads: count(shape.threads),
        }),
        max_phys_addr: facts.native.physical_bits.map(|bits| MaxPhysAddr {
            mode: MaxPhysAddrMode::Emulate,
            bits: Some(bits.get()),
            limit: None,
        }),
        features: content.features.into_iter().map(|feature| HostCpuFeature { name: feature.name }).collect(),
        ..HostCpu::default()
    }
}

fn topology(topology: &Topology) -> HostTopology {
    HostTopology::new(topology.nodes.iter().map(|node| cell(node, topology)).collect())
}

fn cell(node: &Node, topology: &Topology) -> HostCell {
    let unit = PageUnit::KiB;
    let cpus = topology.cpus.iter().filter(|cpu| node.cpus.contains(cpu.id)).map(cell_cpu).collect();
    HostCell {
        id: node.id,
        memory: node.memory.map(|size| CellMemory { unit, size }),
        pages: node
            .pages
            .iter()
            .map(|pages| CellPages { unit, size: pages.size, count: pages.total })
            .collect(),
        distances: node.distances.iter().map(|(id, value)| Distance { id: *id, value: *value }).collect(),
        ..HostCell::default()
    }
    .with_cpus(cpus)
}

fn cell_cpu(cpu: &Cpu) -> CellCpu {
    let place = cpu.place.as_ref();
    CellCpu {
        id: cpu.id,
        socket: place.map(|place| place.socket),
        die: place.map(|place| place.die),
        cluster: place.map(|place| place.cluster),
        core: place.map(|place| place.core),
        siblings: place.map(|place| place.siblings.clone()),
    }
}

fn bank(cache: &Cache) -> CacheBank {
    let (size, unit) = pretty(cache.size);
    CacheBank {
        id: cache.id,
        level: cache.level,
        kind: match cache.kind {
            cache::CacheKind::Unified => CacheKind::Both,
            cache::CacheKind::Instruction => CacheKind::Code,
            cache::CacheKind::Data => CacheKind::Data,
        },
        size,
        unit: unit.into(),
        cpus: cache.cpus.clone(),
        controls: Vec::new(),
    }
}

/// A size in the largest unit that leaves no rest.
fn pretty(bytes: u64) -> (u64, &'static str) {
    const UNITS: &[&str] = &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let steps = if bytes == 0 { 0 } else { (bytes.trailing_zeros() / 10).min(UNITS.len() as u32 - 1) };
    (bytes >> (10 * steps), UNITS[steps as usize])
}

/// Guests are kept apart by the user that they run as.
fn security_models((user, group): (u32, u32)) -> Vec<SecurityModel> {
    let label = |kind: &str| BaseLabel { kind: kind.into(), label: format!("+{user}:+{group}") };
    vec![
        SecurityModel { model: "none".into(), doi: "0".into(), base_labels: Vec::new() },
        SecurityModel {
            model: "dac".into(),
            doi: "0".into(),
            base_labels: vec![label("kvm"), label("qemu")],
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_largest_unit_that_fits() {
        assert_eq!(pretty(32 << 20), (32, "MiB"));
        assert_eq!(pretty((1 << 20) + 1024), (1025, "KiB"));
        assert_eq!((pretty(0), pretty(3)), ((0, "B"), (3, "B")));
    }
}
