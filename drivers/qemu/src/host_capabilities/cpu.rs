//! `<cpu>` of domain capabilities: modes, what host-model stands for, models and what stands in their way.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use ferrovirt_conf::cpu::{
    Arch, CpuFallback, CpuFeature, CpuModel, FeaturePolicy, MaxPhysAddr, MaxPhysAddrMode,
};
use ferrovirt_conf::domain_capabilities::{
    Blocker, Choices, CpuModeSupport, CpuSupport, CustomEntry, CustomModel, CustomModels, HostModel,
    ModelBlockers, PlainMode, Usable,
};
use ferrovirt_xml::YesNo;
use serde_json::Value;

use super::{HostFacts, VirtType, feature_names};
use crate::capabilities::{Accelerator, Capabilities, HostCpu, Match, as_feature};
use crate::qmp::types::CpuDefinition;

/// Models that no guest can ask for by name: there are modes for them, or they are no CPU at all.
const NO_MODELS: &[&str] = &["host", "max", "base"];

pub(super) fn cpu_support(
    capabilities: &Capabilities,
    facts: &HostFacts,
    arch: Arch,
    virt: VirtType,
    without_deprecated: bool,
) -> CpuSupport {
    let accelerator = capabilities.accelerator(virt.accel());
    let passthrough = virt == VirtType::Kvm && facts.has_native(arch);
    // It is there with every accelerator, though QEMU does not always name it with KVM.
    let named = |accelerator: &Accelerator| accelerator.cpus.iter().any(|cpu| cpu.name == "max");
    let maximum = capabilities.accelerators().iter().any(named);
    let can_migrate = capabilities.device_has_property("max-x86_64-cpu", "migratable");
    let passthrough_choices: &[&str] = if can_migrate { &["on", "off"] } else { &["off"] };
    let host_model = accelerator.and_then(|accelerator| host_model(capabilities, accelerator, arch));
    let host_model = host_model.map(|mut model| {
        model.max_phys_addr = if virt == VirtType::Kvm { max_phys_addr(facts) } else { None };
        if without_deprecated {
            disable_deprecated(&mut model, accelerator.and_then(|accelerator| accelerator.host_cpu.as_ref()));
        }
        model
    });
    CpuSupport {
        modes: vec![
            CpuModeSupport::HostPassthrough(plain(
                passthrough,
                "hostPassthroughMigratable",
                passthrough_choices,
            )),
            CpuModeSupport::Maximum(plain(maximum, "maximumMigratable", &["on", "off"])),
            CpuModeSupport::HostModel(Box::new(host_model.unwrap_or_else(HostModel::unsupported))),
            CpuModeSupport::Custom(custom(capabilities, accelerator)),
        ],
    }
}

fn plain(supported: bool, name: &str, values: &[&str]) -> PlainMode {
    let choices = supported.then(|| Choices::new(name, values));
    PlainMode { supported: supported.into(), choices: choices.into_iter().collect() }
}

fn max_phys_addr(facts: &HostFacts) -> Option<MaxPhysAddr> {
    let limit = facts.identity.physical_bits.and_then(NonZeroU32::new)?;
    Some(MaxPhysAddr { mode: MaxPhysAddrMode::Passthrough, bits: None, limit: Some(limit) })
}

/// What the best CPU that guests can have is, told as a model that can be named and what differs from it.
fn host_model(capabilities: &Capabilities, accelerator: &Accelerator, arch: Arch) -> Option<HostModel> {
    let host = accelerator.host_cpu.as_ref()?;
    let on: BTreeSet<&str> = host
        .properties
        .iter()
        .filter_map(|property| as_feature((&property.name, &property.value)))
        .filter(|(_, on)| *on)
        .map(|(name, _)| name)
        .collect();
    let (name, vendor, features) = if arch.is_x86() {
        let vendor_id = host.property("vendor").and_then(|property| property.value.as_str());
        let nearest = capabilities.cpu_models.nearest(&on, vendor_id, Match::Any)?;
        let added = nearest.added.iter().map(|name| feature(name, FeaturePolicy::Require));
        let removed = nearest.removed.iter().map(|name| feature(name, FeaturePolicy::Disable));
        let vendor = vendor_id.and_then(ferrovirt_host::cpu_identity::vendor_name);
        (nearest.model, vendor, added.chain(removed).collect())
    } else if arch.is_s390() {
        // Its models are made to be refined, and QEMU names the nearest one itself.
        let added = on.iter().map(|name| feature(name, FeaturePolicy::Require));
        (host.model.as_str(), None, added.collect())
    } else {
        return None;
    };
    let fallback = Some(CpuFallback::Forbid);
    Some(HostModel {
        supported: YesNo::Yes,
        model: Some(CpuModel { fallback, vendor_id: None, name: Some(name.to_owned()) }),
        vendor: vendor.map(str::to_owned),
        max_phys_addr: None,
        features,
    })
}

fn feature(qemu: &str, policy: FeaturePolicy) -> CpuFeature {
    CpuFeature { policy, name: feature_names::to_xml(qemu).to_owned() }
}

/// Takes out what coming CPUs will not have.
fn disable_deprecated(model: &mut HostModel, host: Option<&HostCpu>) {
    for name in host.iter().flat_map(|host| &host.deprecated) {
        model.features.retain(|known| known.name != *name);
        model.features.push(feature(name, FeaturePolicy::Disable));
    }
}

fn custom(capabilities: &Capabilities, accelerator: Option<&Accelerator>) -> CustomModels {
    let known = accelerator.map(|accelerator| accelerator.cpus.as_slice()).unwrap_or_default();
    // Where libvirt has no list of models of its own, it tells all but the host's.
    let is_x86 = super::arch_of(&capabilities.arch).is_some_and(Arch::is_x86);
    let hidden = if is_x86 { NO_MODELS } else { &NO_MODELS[..1] };
    let mut cpus: Vec<&CpuDefinition> =
        known.iter().filter(|cpu| !hidden.contains(&cpu.name.as_str())).collect();
    cpus.sort_by(|a, b| a.name.cmp(&b.name));
    let entries: Vec<CustomEntry> = cpus.into_iter().flat_map(|cpu| entries(capabilities, cpu)).collect();
    CustomModels { supported: YesNo::from(!entries.is_empty()), entries }
}

fn entries(capabilities: &Capabilities, cpu: &CpuDefinition) -> impl Iterator<Item = CustomEntry> {
    let missing = cpu.unavailable_features.as_deref();
    let usable = match missing {
        None => Usable::Unknown,
        Some([]) => Usable::Yes,
        Some(_) => Usable::No,
    };
    // libvirt has POWER models in capitals; QEMU does not mind.
    let name = if cpu.name.starts_with("power") { cpu.name.to_uppercase() } else { cpu.name.clone() };
    let vendor = capabilities.cpu_models.vendor(cpu.alias_of.as_deref().unwrap_or(&cpu.name));
    let model = CustomModel {
        usable,
        deprecated: cpu.deprecated.then_some(YesNo::Yes),
        vendor: Some(vendor.unwrap_or("unknown").to_owned()),
        canonical: cpu.alias_of.clone(),
        name: name.clone(),
    };
    let blockers = missing.filter(|missing| !missing.is_empty()).map(|missing| {
        let names: BTreeSet<&str> = missing.iter().map(|name| feature_names::to_xml(name)).collect();
        let features = names.into_iter().map(|name| Blocker { name: name.to_owned() }).collect();
        ModelBlockers { model: name, features }
    });
    std::iter::once(CustomEntry::Model(model)).chain(blockers.map(CustomEntry::Blockers))
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
