//! CPUs measured by what a binary's guests can have: compared with it, and reduced to what several hosts share.

use std::path::Path;

use ferrovirt_conf::cpu::x86::Purpose;
use ferrovirt_conf::cpu::{
    self, Arch, Comparison, CpuContent, CpuDefinition, CpuFallback, GuestCpu, MaxPhysAddr, MaxPhysAddrMode,
};
use ferrovirt_core::{Error, ErrorCode, Result};

use super::{HostModels, Native, allowed_models, check, names};
use crate::capabilities::{Accel, Capabilities};

/// The binary and how its guests run.
#[derive(Debug, Clone, Copy)]
pub struct Hypervisor<'a> {
    pub arch: Arch,
    pub accel: Accel,
    pub emulator: &'a Path,
    pub capabilities: &'a Capabilities,
}

fn unsupported(text: String) -> Error {
    Error::new(ErrorCode::OperationUnsupported, text)
}

/// How a CPU relates to the best one that guests can have.
pub fn compare(hypervisor: Hypervisor<'_>, native: &Native, xml: &str, strict: bool) -> Result<Comparison> {
    let Hypervisor { arch, accel, emulator, capabilities } = hypervisor;
    let models = HostModels::find(capabilities, accel, native).filter(|models| models.from_qemu);
    let models = models.ok_or_else(|| {
        unsupported(format!("emulator '{}' does not tell the CPU of its guests", emulator.display()))
    })?;
    let cpu = CpuDefinition::parse(xml, cpu::CpuKind::Either, strict)?;
    if !arch.is_x86() {
        return Err(unsupported(format!("CPUs of architecture '{arch}' can't be compared with QEMU's")));
    }
    check(arch, capabilities, accel, Some(&models), Some(&models.reported), &cpu)
}

/// The best CPU that guests can have on all of several hosts.
pub fn baseline(
    hypervisor: Hypervisor<'_>,
    cpus: &[CpuDefinition],
    expand: bool,
    migratable: bool,
) -> Result<GuestCpu> {
    let Hypervisor { arch, accel, emulator, capabilities } = hypervisor;
    let allowed = allowed_models(capabilities, accel).ok_or_else(|| {
        unsupported(format!("emulator '{}' does not tell its CPU models", emulator.display()))
    })?;
    if !arch.is_x86() {
        return Err(unsupported(format!("CPUs of architecture '{arch}' can't be reduced to QEMU's")));
    }
    let contents: Vec<CpuContent> = cpus.iter().map(CpuDefinition::content).collect();
    let told = capabilities.accelerator(accel).and_then(|accelerator| accelerator.host_cpu.as_ref());
    let properties = told.map(|told| told.properties.as_slice());
    let knows_migration = properties.is_some_and(|all| all.iter().any(|p| p.migratable.is_some()));
    let known: Option<Vec<&str>> = properties.map(|all| {
        let all = all.iter().filter(|property| !(migratable && property.migratable == Some(false)));
        all.map(|property| names::feature_from_qemu(arch, &property.name)).collect()
    });
    // Where QEMU knows what can be migrated, the rest is gone already.
    let filter = migratable && !knows_migration;
    let mut baseline = cpu::baseline(arch, &contents, Some(&allowed), known.as_deref(), filter)?;
    if expand {
        let mut content = baseline.content();
        cpu::expand_features(arch, &mut content, Purpose::Guest)?;
        baseline.set_content(content);
    }
    if let Some(model) = &mut baseline.model {
        model.fallback = Some(CpuFallback::Forbid);
    }
    baseline.max_phys_addr = narrowest(cpus);
    Ok(baseline)
}

/// The least width of addresses that a guest is allowed; none if the last CPU has no limit.
fn narrowest(cpus: &[CpuDefinition]) -> Option<MaxPhysAddr> {
    let mut least = None;
    for (place, cpu) in cpus.iter().enumerate() {
        // As libvirt has it, what came before a CPU without a limit is forgotten, and only smaller ones count after it.
        least = match cpu.max_phys_addr_limit() {
            None => None,
            Some(limit) if place == 0 || least.is_some_and(|least| limit < least) => Some(limit),
            Some(_) => least,
        };
    }
    least.map(|limit| MaxPhysAddr { mode: MaxPhysAddrMode::Passthrough, bits: None, limit: Some(limit) })
}
