//! What becomes of a guest's CPU when the guest starts: a model that this QEMU has, with all that it is to have.

use ferrovirt_conf::cpu::{
    self, Arch, CpuCheck, CpuContent, CpuDefinition, CpuFallback, CpuMode, FeaturePolicy,
};
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::OnOff;

use super::{HostModels, Native, allowed_models, check, names};
use crate::capabilities::{Accel, Capabilities, Fact};
use crate::defaults::accel;
use crate::machine;

/// How a guest comes to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartKind {
    New,
    /// It has run before, here or elsewhere: what it had it keeps.
    Continued,
}

/// Machines that can't have another CPU than the host's with KVM.
const HOST_ONLY_MACHINES: &[&str] =
    &["s390-ccw-virtio-2.4", "s390-ccw-virtio-2.5", "s390-ccw-virtio-2.6", "s390-ccw-virtio-2.7"];

/// Whether guests of a machine can have CPUs of a mode.
pub fn supports_mode(
    capabilities: &Capabilities,
    native: &Native,
    accel: Accel,
    mode: CpuMode,
    machine: Option<&str>,
) -> bool {
    let is_old = machine.is_some_and(|name| HOST_ONLY_MACHINES.contains(&name));
    if accel == Accel::Kvm && mode != CpuMode::HostPassthrough && is_old {
        return false;
    }
    match mode {
        CpuMode::HostPassthrough => accel == Accel::Kvm && native.runs_guests_of(capabilities),
        CpuMode::HostModel => HostModels::find(capabilities, accel, native).is_some(),
        CpuMode::Custom => allowed_models(capabilities, accel).is_some(),
        CpuMode::Maximum => {
            let named = |accel: &crate::capabilities::Accelerator| accel.cpus.iter().any(|c| c.name == "max");
            capabilities.accelerators().iter().any(named)
        }
    }
}

/// Makes the CPU of a guest that is about to start concrete. What it asks for and can't have is refused.
pub fn concrete(
    model: &mut Domain,
    capabilities: &Capabilities,
    native: &Native,
    kind: StartKind,
) -> Result<()> {
    let (arch, accel) = (machine::arch(model), accel(model));
    let name = model.os.machine.clone();
    let Some(cpu) = &mut model.cpu else { return Ok(()) };
    if cpu.mode() == CpuMode::Custom && cpu.model_name().is_none() {
        return Ok(());
    }
    if kind == StartKind::Continued
        && arch.is_x86()
        && cpu.mode() == CpuMode::HostModel
        && cpu.model_name().is_some()
    {
        // It was made concrete by an old library that left the mode as it was.
        cpu.mode = Some(CpuMode::Custom);
    }
    let mode = cpu.mode();
    if !supports_mode(capabilities, native, accel, mode, name.as_deref()) {
        let kind = if accel == Accel::Kvm { "kvm" } else { "qemu" };
        let host = native.arch.map_or("this", Arch::as_str);
        let text = format!(
            "guests of type '{kind}' and architecture '{arch}' can't have a CPU of mode '{mode}' on a host of architecture '{host}'"
        );
        return Err(Error::config_unsupported(text));
    }
    let host_arch = native.arch.unwrap_or(arch);
    cpu::validate_features(arch, &cpu.features)?;
    cpu::convert_legacy(host_arch, cpu);
    let models = HostModels::find(capabilities, accel, native);
    if let Some(models) = models.as_ref().filter(|_| cpu.check != Some(CpuCheck::None)) {
        refuse_forbidden(&cpu.content(), models.full())?;
    }
    if !matches!(mode, CpuMode::HostPassthrough | CpuMode::Maximum) {
        if cpu.check == Some(CpuCheck::Partial) {
            let wanted = CpuDefinition::Guest(cpu.clone());
            let full = models.as_ref().map(HostModels::full);
            check(host_arch, capabilities, accel, models.as_ref(), full, &wanted)?.into_number(true)?;
        }
        let removed = match kind {
            StartKind::New => FeaturePolicy::Disable,
            // It had them when it last ran, or would say otherwise.
            StartKind::Continued => FeaturePolicy::Require,
        };
        cpu::update(arch, cpu, models.as_ref().map(|models| &models.migratable), removed)?;
        cpu::translate(arch, cpu, allowed_models(capabilities, accel).as_ref())?;
        cpu.model.get_or_insert_default().fallback = Some(CpuFallback::Forbid);
    }
    cpu.features.retain(|feature| names::is_spoken(arch, &feature.name));
    switch_deprecated(cpu, capabilities, accel)
}

/// Makes the CPU of a definition concrete as far as it speaks of the host's.
pub fn follow_host(model: &mut Domain, capabilities: &Capabilities, native: &Native) -> Result<()> {
    let (arch, accel) = (machine::arch(model), accel(model));
    let Some(cpu) = &mut model.cpu else { return Ok(()) };
    if cpu.mode() == CpuMode::Custom && cpu.model_name().is_none() {
        return Ok(());
    }
    let models = HostModels::find(capabilities, accel, native);
    cpu::update(arch, cpu, models.as_ref().map(|models| &models.migratable), FeaturePolicy::Disable)?;
    if cpu.mode() == CpuMode::Custom
        && let Some(chosen) = &mut cpu.model
    {
        chosen.fallback.get_or_insert_default();
    }
    Ok(())
}

/// Coming CPUs will not have these; a guest may do without them already.
fn switch_deprecated(cpu: &mut cpu::GuestCpu, capabilities: &Capabilities, accel: Accel) -> Result<()> {
    let tells = Fact::Schema("query-cpu-model-expansion/ret-type/deprecated-props");
    match cpu.deprecated_features {
        None => return Ok(()),
        Some(_) if !capabilities.answers(&tells) => {
            let text = "this QEMU does not tell which CPU features are deprecated";
            return Err(Error::config_unsupported(text));
        }
        Some(OnOff::On) => return Ok(()),
        Some(OnOff::Off) => {}
    }
    let host = capabilities.accelerator(accel).and_then(|accelerator| accelerator.host_cpu.as_ref());
    for name in host.iter().flat_map(|host| &host.deprecated) {
        cpu::set_feature(&mut cpu.features, name, FeaturePolicy::Disable);
    }
    Ok(())
}

/// A guest may insist that its host has not got something.
fn refuse_forbidden(guest: &CpuContent, host: &CpuContent) -> Result<()> {
    let is_there =
        |name: &str| host.feature(name).is_some_and(|feature| feature.policy != FeaturePolicy::Disable);
    let forbidden = guest.features.iter().filter(|feature| feature.policy == FeaturePolicy::Forbid);
    match forbidden.map(|feature| &feature.name).find(|name| is_there(name)) {
        None => Ok(()),
        Some(name) => {
            let text = format!("the host's CPU has feature '{name}', which the guest forbids");
            Err(Error::new(ErrorCode::CpuIncompatible, text).domain(ErrorDomain::Cpu))
        }
    }
}
