//! CPUs: how many, how they are grouped, and what can be said of their caches and addresses.

use ferrovirt_conf::cpu::{CpuCacheMode, CpuMode, GuestCpu, MaxPhysAddrMode};
use ferrovirt_core::Result;
use ferrovirt_xml::OnOff;

use super::{Subject, refuse};
use crate::defaults::{VCPUS_WITHOUT_EIM, accel};
use crate::machine::Family;

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    let Some(cpu) = &subject.model.cpu else { return Ok(()) };
    let x86 = subject.arch.is_x86();
    if let Some(addresses) = &cpu.max_phys_addr {
        if !x86 {
            return refuse("<maxphysaddr> is for x86");
        }
        if addresses.mode == MaxPhysAddrMode::Passthrough && addresses.bits.is_some() {
            return refuse("<maxphysaddr mode='passthrough'> takes the host's bits: leave them out");
        }
    }
    let passed_through = matches!(cpu.mode(), CpuMode::HostPassthrough | CpuMode::Maximum);
    if let Some(cache) = &cpu.cache {
        match cache.mode {
            _ if !x86 => return refuse("a CPU <cache> is for x86"),
            CpuCacheMode::Emulate if cache.level != Some(3) => {
                return refuse("a CPU <cache mode='emulate'> needs level='3'");
            }
            CpuCacheMode::Passthrough if !passed_through => {
                return refuse(
                    "a CPU <cache mode='passthrough'> needs mode 'host-passthrough' or 'maximum' of <cpu>",
                );
            }
            CpuCacheMode::Passthrough | CpuCacheMode::Disable if cache.level.is_some() => {
                return refuse(format!("a CPU <cache mode='{}'> takes no level", cache.mode));
            }
            _ => {}
        }
    }
    check_mode(subject, cpu)
}

/// Whether this QEMU has what the mode stands for.
fn check_mode(subject: &Subject<'_>, cpu: &GuestCpu) -> Result<()> {
    match cpu.mode() {
        CpuMode::HostPassthrough
            if cpu.migratable == Some(OnOff::On) && !subject.any_has(&["max-x86_64-cpu"], "migratable") =>
        {
            refuse("the host's CPU can't be made migratable by this QEMU")
        }
        CpuMode::Maximum if subject.capabilities.cpu(accel(subject.model), "max").is_none() => {
            refuse("this QEMU has no CPU of mode 'maximum'")
        }
        _ => Ok(()),
    }
}

pub(super) fn check_count(subject: &Subject<'_>) -> Result<()> {
    let (model, max) = (subject.model, subject.model.vcpu.max);
    if model.vcpu.current() == 0 {
        return refuse("a guest needs a CPU that is on");
    }
    let limit =
        subject.capabilities.machine(accel(model), subject.machine()).map_or(0, |machine| machine.cpu_max);
    if limit > 0 && max > limit {
        return refuse(format!(
            "{max} CPUs are more than the {limit} that machine type '{}' can have",
            subject.machine()
        ));
    }
    let topology = model.cpu.as_ref().and_then(|cpu| cpu.topology);
    if let Some(total) = topology.and_then(|topology| topology.total()).filter(|total| *total != max) {
        return refuse(format!("the CPU <topology> has {total} CPUs, <vcpu> has {max}"));
    }
    // POWER plugs cores, not threads.
    let step =
        topology.filter(|_| subject.family == Family::PSeries).map_or(1, |topology| topology.threads.get());
    if model.vcpu.current() % step != 0 {
        return refuse(format!("the number of CPUs must be a multiple of the {step} threads of a core"));
    }
    if subject.arch.is_x86() && max > VCPUS_WITHOUT_EIM {
        if subject.family != Family::Q35 {
            return refuse(format!("more than {VCPUS_WITHOUT_EIM} CPUs need machine type 'q35'"));
        }
        if model.devices.iommu.as_ref().is_none_or(|iommu| iommu.driver.eim != Some(OnOff::On)) {
            return refuse(format!("more than {VCPUS_WITHOUT_EIM} CPUs need an <iommu> with eim='on'"));
        }
    }
    Ok(())
}
