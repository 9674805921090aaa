//! The guest's CPUs: the model that the machine has by itself, how it is checked, and the NUMA nodes they are in.

use ferrovirt_conf::cpu::{
    Arch, CpuCheck, CpuFallback, CpuFeature, CpuMatch, CpuMode, CpuModel, FeaturePolicy, GuestCpu,
};
use ferrovirt_conf::domain::{Domain, VirtType};
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, YesNo};

use super::machine::accel;
use crate::capabilities::Capabilities;
use crate::command::Settings;
use crate::machine::arch;

/// Architectures whose CPU models libvirt knows.
fn is_known(arch: Arch) -> bool {
    arch.is_x86()
        || arch.is_arm()
        || arch.is_ppc64()
        || arch.is_s390()
        || arch.is_riscv()
        || arch == Arch::Loongarch64
}

/// What QEMU gives a guest that asks for no CPU, said so that it stays.
pub fn fill_model(model: &mut Domain, capabilities: &Capabilities, settings: &Settings) -> Result<()> {
    let arch = arch(model);
    let said =
        model.cpu.as_ref().is_some_and(|cpu| cpu.mode() != CpuMode::Custom || cpu.model_name().is_some());
    // Of other architectures QEMU tells what its own emulation has, which KVM may not run.
    let reliable = arch.is_x86() || arch.is_s390() || arch.is_ppc64() || model.virt_type == VirtType::Qemu;
    if said || !is_known(arch) || !reliable {
        return Ok(());
    }
    let kind = accel(model);
    let machine = model.os.machine.as_deref().unwrap_or("");
    let default = capabilities.machine(kind, machine).and_then(|machine| machine.default_cpu_type.as_deref());
    let cpus = capabilities.accelerator(kind).map_or(&[][..], |accelerator| &accelerator.cpus);
    let Some(name) =
        default.and_then(|default| cpus.iter().find(|cpu| cpu.typename == default)).map(|cpu| &cpu.name)
    else {
        return Ok(());
    };
    let cpu = model.cpu.get_or_insert_default();
    if name != "host" {
        // Any host may lack something of it. QEMU then leaves that out, which is told once the guest runs.
        cpu.mode = Some(CpuMode::Custom);
        cpu.match_ = Some(CpuMatch::Exact);
        cpu.check = Some(CpuCheck::None);
        let fallback = Some(CpuFallback::Forbid);
        cpu.model = Some(CpuModel { fallback, name: Some(libvirt_name(name)), ..CpuModel::default() });
    } else if model.virt_type != VirtType::Kvm {
        return Err(Error::internal("QEMU names the host's CPU as default of a guest that does without KVM"));
    } else {
        let native = settings.host_arch.is_none_or(|host| host == arch);
        let host_model =
            native && arch.is_s390() && capabilities.accelerator(kind).is_some_and(|a| a.host_cpu.is_some());
        cpu.mode = Some(if host_model { CpuMode::HostModel } else { CpuMode::HostPassthrough });
    }
    Ok(())
}

/// POWER's models are shouted in documents.
fn libvirt_name(name: &str) -> String {
    if name.starts_with("power") { name.to_ascii_uppercase() } else { name.to_owned() }
}

/// The order in which CPUs are plugged in, where each is listed.
pub fn check_order(model: &Domain) -> Result<()> {
    let wrong = |text: &str| Err(Error::config_unsupported(text));
    let Some((first, others)) = model.vcpus.split_first() else { return Ok(()) };
    if !first.enabled.is_set() {
        return wrong("CPU 0 must be on");
    }
    if first.hotpluggable == Some(YesNo::Yes) {
        return wrong("CPU 0 can't be hot-pluggable");
    }
    if first.order.is_some_and(|order| order != 1) {
        return wrong("CPU 0 must be the first in the order");
    }
    let mut previous = first;
    for state in others {
        if state.enabled.is_set() && state.order.is_some() != first.order.is_some() {
            return wrong("either all CPUs have an order, or none");
        }
        if state.hotpluggable == Some(YesNo::No) {
            if previous.hotpluggable == Some(YesNo::Yes) {
                return wrong("CPUs that are not hot-pluggable must come before those that are");
            }
            if previous.order > state.order {
                return wrong("the order of CPUs that are not hot-pluggable must be ascending");
            }
        }
        previous = state;
    }
    Ok(())
}

/// Says what follows from the model that is chosen.
pub fn complete(model: &mut Domain, capabilities: &Capabilities) -> Result<()> {
    if let Some(cpu) = &mut model.cpu {
        complete_vectors(cpu)?;
    }
    choose_check(model, capabilities);
    Ok(())
}

/// Who asks for lengths of ARM's scalable vectors asks for the vectors.
fn complete_vectors(cpu: &mut GuestCpu) -> Result<()> {
    let lengths = cpu.features.iter().any(|f| f.name.starts_with("sve") && f.name != "sve");
    if !lengths {
        return Ok(());
    }
    match cpu.features.iter_mut().find(|feature| feature.name == "sve") {
        Some(sve) if matches!(sve.policy, FeaturePolicy::Disable | FeaturePolicy::Forbid) => {
            Err(Error::config_unsupported("CPU feature 'sve' is off, but lengths of its vectors are given"))
        }
        Some(sve) => {
            sve.policy = FeaturePolicy::Require;
            Ok(())
        }
        None => {
            cpu.features.push(CpuFeature { policy: FeaturePolicy::Require, name: "sve".into() });
            Ok(())
        }
    }
}

/// How strictly the CPU that the guest gets is compared to the one that it asks for.
fn choose_check(model: &mut Domain, capabilities: &Capabilities) {
    let x86 = arch(model).is_x86();
    let emulated = model.virt_type == VirtType::Qemu;
    let running = model.id.is_some();
    let Some(cpu) = &mut model.cpu else { return };
    let mode = cpu.mode();
    if !running && mode == CpuMode::HostPassthrough && cpu.migratable.is_none() {
        let able = ["max-x86_64-cpu", "max-arm-cpu"]
            .iter()
            .any(|t| capabilities.device_has_property(t, "migratable"));
        cpu.migratable = match (able, x86) {
            (true, _) => Some(OnOff::On),
            (false, true) => Some(OnOff::Off),
            (false, false) => None,
        };
    }
    if mode == CpuMode::Custom && cpu.model_name().is_none() {
        return;
    }
    cpu.check.get_or_insert(match mode {
        CpuMode::HostPassthrough | CpuMode::Maximum => CpuCheck::None,
        CpuMode::Custom if emulated => CpuCheck::None,
        CpuMode::HostModel | CpuMode::Custom => CpuCheck::Partial,
    });
}

/// CPUs that are in no node are in the first.
pub fn fill_nodes(model: &mut Domain) {
    let max = model.vcpu.max;
    let Some(numa) = model.cpu.as_mut().and_then(|cpu| cpu.numa.as_mut()) else { return };
    if numa.cpu_count() >= max as usize || numa.cells.is_empty() {
        return;
    }
    let elsewhere =
        |cpu: &u32| numa.cells[1..].iter().any(|c| c.cpus.as_ref().is_some_and(|set| set.contains(*cpu)));
    let mut first = CpuSet::new();
    (0..max).filter(|cpu| !elsewhere(cpu)).for_each(|cpu| first.insert(cpu));
    numa.cells[0].cpus = Some(first);
}
