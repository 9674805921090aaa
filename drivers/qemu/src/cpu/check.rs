//! Whether guests can have a CPU on this host.

use ferrovirt_conf::cpu::x86;
use ferrovirt_conf::cpu::{self, Arch, Comparison, CpuContent, CpuDefinition, FeaturePolicy};
use ferrovirt_core::Result;

use super::names::model_from_qemu;
use super::{HostModels, allowed_models};
use crate::capabilities::{Accel, Capabilities};
use crate::host_capabilities::arch_of;

/// Compares a CPU with what QEMU can give. Where its model is one of QEMU's, QEMU's word on what is missing counts; else
/// it is compared feature by feature with `host`.
pub fn check(
    arch: Arch,
    capabilities: &Capabilities,
    accel: Accel,
    models: Option<&HostModels>,
    host: Option<&CpuContent>,
    cpu: &CpuDefinition,
) -> Result<Comparison> {
    let content = cpu.content();
    if is_usable(capabilities, accel, &content) {
        return Ok(Comparison::Superset);
    }
    let allowed = allowed_models(capabilities, accel);
    let blockers = content.model.as_deref().and_then(|name| allowed.as_ref()?.get(name));
    let told = models.filter(|models| models.from_qemu);
    if let (Some(name), Some(told), Some(blockers)) = (content.model.as_deref(), told, blockers)
        && !cpu::compares_features(arch, name)?
    {
        // The features of another host are not asked for one by one.
        let asked = CpuContent { features: Vec::new(), ..content.clone() };
        let asked = if matches!(cpu, CpuDefinition::Host(_)) { &asked } else { &content };
        return x86::compare_unusable(&told.reported, asked, blockers);
    }
    cpu::compare(arch, host, cpu)
}

/// Whether QEMU says that a model can be had, and no more is asked than to leave something out.
fn is_usable(capabilities: &Capabilities, accel: Accel, cpu: &CpuContent) -> bool {
    let Some(name) = cpu.model.as_deref() else { return false };
    let reduced = cpu.features.iter().all(|feature| feature.policy == FeaturePolicy::Disable);
    let is_it =
        |known: &str| arch_of(&capabilities.arch).is_some_and(|arch| model_from_qemu(arch, known) == name);
    let definition = capabilities.accelerator(accel).and_then(|a| a.cpus.iter().find(|cpu| is_it(&cpu.name)));
    reduced && definition.is_some_and(|cpu| cpu.unavailable_features.as_ref().is_some_and(Vec::is_empty))
}
