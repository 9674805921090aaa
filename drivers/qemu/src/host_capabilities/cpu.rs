//! `<cpu>` of domain capabilities: modes, what host-model stands for, models and what stands in their way.

use std::collections::BTreeSet;

use ferrovirt_conf::cpu::{
    self, Arch, CpuContent, CpuFallback, CpuMode, CpuModel, FeaturePolicy, MaxPhysAddr, MaxPhysAddrMode,
};
use ferrovirt_conf::domain_capabilities::{
    Blocker, Choices, CpuModeSupport, CpuSupport, CustomEntry, CustomModel, CustomModels, HostModel,
    ModelBlockers, PlainMode, Usable,
};
use ferrovirt_xml::YesNo;
use serde_json::Value;

use super::{Asked, HostFacts};
use crate::capabilities::{Accel, Capabilities, HostCpu};
use crate::cpu::{HostModels, names, supports_mode};
use crate::qmp::types::CpuDefinition;

/// There is a mode for it.
const HOST: &str = "host";

pub(super) fn cpu_support(capabilities: &Capabilities, facts: &HostFacts, asked: Asked<'_>) -> CpuSupport {
    let accel = asked.virt.accel();
    let can_have = |mode| supports_mode(capabilities, &facts.native, accel, mode, Some(asked.machine));
    let can_migrate = capabilities.device_has_property("max-x86_64-cpu", "migratable");
    let passthrough_choices: &[&str] = if can_migrate { &["on", "off"] } else { &["off"] };
    let passthrough =
        plain(can_have(CpuMode::HostPassthrough), "hostPassthroughMigratable", passthrough_choices);
    let maximum = plain(can_have(CpuMode::Maximum), "maximumMigratable", &["on", "off"]);
    let host_model = match can_have(CpuMode::HostModel) {
        true => host_model(capabilities, facts, asked, accel),
        false => None,
    };
    let custom = match can_have(CpuMode::Custom) {
        true => custom(capabilities, asked.arch, accel),
        false => Vec::new(),
    };
    CpuSupport {
        modes: vec![
            CpuModeSupport::HostPassthrough(passthrough),
            CpuModeSupport::Maximum(maximum),
            CpuModeSupport::HostModel(Box::new(host_model.unwrap_or_else(HostModel::unsupported))),
            CpuModeSupport::Custom(CustomModels {
                supported: YesNo::from(!custom.is_empty()),
                entries: custom,
            }),
        ],
    }
}

fn plain(supported: bool, name: &str, values: &[&str]) -> PlainMode {
    let choices = supported.then(|| Choices::new(name, values));
    PlainMode { supported: supported.into(), choices: choices.into_iter().collect() }
}

fn host_model(
    capabilities: &Capabilities,
    facts: &HostFacts,
    asked: Asked<'_>,
    accel: Accel,
) -> Option<HostModel> {
    let models = HostModels::find(capabilities, accel, &facts.native)?;
    let CpuContent { model, vendor, mut features } = models.reported;
    let host = capabilities.accelerator(accel).and_then(|accelerator| accelerator.host_cpu.as_ref());
    let deprecated = host.iter().filter(|_| asked.without_deprecated).flat_map(|host| &host.deprecated);
    deprecated.for_each(|name| cpu::set_feature(&mut features, name, FeaturePolicy::Disable));
    let fallback = if models.from_qemu { CpuFallback::Forbid } else { CpuFallback::Allow };
    let limit = facts.native.physical_bits.filter(|_| accel == Accel::Kvm);
    let mode = MaxPhysAddrMode::Passthrough;
    Some(HostModel {
        supported: YesNo::Yes,
        model: Some(CpuModel { fallback: Some(fallback), vendor_id: None, name: model }),
        vendor,
        max_phys_addr: limit.map(|limit| MaxPhysAddr { mode, bits: None, limit: Some(limit) }),
        features,
    })
}

/// The models that there are names for; where any name will do, all of QEMU's.
fn custom(capabilities: &Capabilities, arch: Arch, accel: Accel) -> Vec<CustomEntry> {
    let Ok(known) = cpu::model_names(arch) else { return Vec::new() };
    let own = super::arch_of(&capabilities.arch).unwrap_or(arch);
    let cpus = capabilities.accelerator(accel).map(|accelerator| accelerator.cpus.as_slice());
    let named = cpus.unwrap_or_default().iter().map(|cpu| (names::model_from_qemu(own, &cpu.name), cpu));
    let mut models: Vec<_> = named
        .filter(|(name, _)| name != HOST && (known.is_empty() || known.iter().any(|known| known == name)))
        .collect();
    models.sort_by(|a, b| a.0.cmp(&b.0));
    models.into_iter().flat_map(|(name, cpu)| entries(own, &name, cpu)).collect()
}

fn entries(arch: Arch, name: &str, definition: &CpuDefinition) -> Vec<CustomEntry> {
    let missing = definition.unavailable_features.as_deref();
    let usable = match missing {
        None => Usable::Unknown,
        Some([]) => Usable::Yes,
        Some(_) => Usable::No,
    };
    let model = CustomModel {
        usable,
        deprecated: definition.deprecated.then_some(YesNo::Yes),
        vendor: Some(cpu::vendor_of_model(arch, name).unwrap_or("unknown").to_owned()),
        canonical: cpu::canonical_model(arch, name).map(str::to_owned),
        name: name.to_owned(),
    };
    let blockers = missing.filter(|missing| !missing.is_empty()).map(|missing| {
        let names: BTreeSet<_> = missing.iter().map(|name| names::feature_from_qemu(arch, name)).collect();
        let features = names.into_iter().map(|name| Blocker { name: name.to_owned() }).collect();
        ModelBlockers { model: name.to_owned(), features }
    });
    std::iter::once(CustomEntry::Model(model)).chain(blockers.map(CustomEntry::Blockers)).collect()
}

/// The Hyper-V enlightenments that guests can have, in libvirt's order and by its names.
pub(super) fn hyperv(host: &HostCpu) -> Vec<&'static str> {
    const NAMES: &[(&str, &str)] = &[
        ("relaxed", "hv-relaxed"),
        ("vapic", "hv-vapic"),
        ("spinlocks", "hv-spinlocks"),
        ("vpindex", "hv-vpindex"),
        ("runtime", "hv-runtime"),
        ("synic", "hv-synic"),
        ("stimer", "hv-stimer"),
        ("reset", "hv-reset"),
        ("vendor_id", "hv-vendor-id"),
        ("frequencies", "hv-frequencies"),
        ("reenlightenment", "hv-reenlightenment"),
        ("tlbflush", "hv-tlbflush"),
        ("ipi", "hv-ipi"),
        ("evmcs", "hv-evmcs"),
        ("avic", "hv-avic"),
        ("emsr_bitmap", "hv-emsr-bitmap"),
        ("xmm_input", "hv-xmm-input"),
    ];
    // Those that are no switches have a value wherever they are known.
    let is_there = |name: &str| host.hyperv.iter().any(|p| p.name == name && p.value != Value::Bool(false));
    NAMES.iter().filter(|(_, qemu)| is_there(qemu)).map(|(name, _)| *name).collect()
}
