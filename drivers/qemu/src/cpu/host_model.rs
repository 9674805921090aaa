//! The best CPU that guests of a binary can have on this host, told as a model and what differs from it.

use ferrovirt_conf::cpu::x86::{self, Allowed, Purpose, X86Data, X86Map};
use ferrovirt_conf::cpu::{self, Arch, CpuContent, CpuFeature, CpuSignature, FeaturePolicy};
use serde_json::Value;

use super::{Native, names};
use crate::capabilities::{Accel, Capabilities, CpuProperty, Fact, HostCpu};
use crate::host_capabilities::arch_of;

/// Three ways to tell the same CPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostModels {
    /// As users are told.
    pub reported: CpuContent,
    /// Without what would keep a guest from moving to another host.
    pub migratable: CpuContent,
    /// With what the host has and QEMU does not speak of.
    pub full: Option<CpuContent>,
    /// Whether QEMU has told it; else it is a guess by the host's own registers.
    pub from_qemu: bool,
}

/// Where the description comes from.
enum Source {
    Qemu(CpuContent),
    /// QEMU does not tell, but the host's registers may.
    Registers,
    Nowhere,
}

/// The models that an accelerator has, and what it can't give of each on this host; `None` if QEMU does not tell.
pub fn allowed_models(capabilities: &Capabilities, accel: Accel) -> Option<Allowed> {
    let arch = arch_of(&capabilities.arch)?;
    let cpus = &capabilities.accelerator(accel)?.cpus;
    let model = |definition: &crate::qmp::types::CpuDefinition| {
        let blockers = definition.unavailable_features.iter().flatten();
        let blockers = blockers.map(|name| names::feature_from_qemu(arch, name).to_owned()).collect();
        (names::model_from_qemu(arch, &definition.name).into_owned(), blockers)
    };
    (!cpus.is_empty()).then(|| cpus.iter().map(model).collect())
}

impl HostModels {
    /// The best CPU with an accelerator; `None` where there is no telling.
    pub fn find(capabilities: &Capabilities, accel: Accel, native: &Native) -> Option<Self> {
        if !native.runs_guests_of(capabilities) {
            return None;
        }
        let arch = arch_of(&capabilities.arch)?;
        let told = capabilities.accelerator(accel)?.host_cpu.as_ref();
        let allowed = allowed_models(capabilities, accel);
        let mut found = match describe(arch, told, allowed.as_ref(), false) {
            Source::Nowhere => return None,
            Source::Qemu(reported) => {
                let migratable = migratable(arch, told, allowed.as_ref(), &reported);
                let full = match accel {
                    Accel::Kvm => Some(with_host(arch, native, &reported)?),
                    Accel::Tcg => None,
                };
                Self { reported, migratable, full, from_qemu: true }
            }
            Source::Registers => {
                let host = native.cpu.as_ref()?.describe(Purpose::Guest, allowed.as_ref()).ok()?;
                let mut reported = host.content;
                reported.features.retain(|feature| names::is_spoken(arch, &feature.name));
                let migratable = cpu::without_unmigratable(arch, &reported);
                Self { reported, migratable, full: None, from_qemu: false }
            }
        };
        // Older binaries do not tell of registers which of their features they can switch.
        if arch.is_x86() && !capabilities.answers(&Fact::Property("max-x86_64-cpu", "unavailable-features")) {
            let all = [&mut found.reported, &mut found.migratable].into_iter().chain(&mut found.full);
            all.for_each(|content| content.features.retain(|feature| !x86::is_msr(&feature.name)));
        }
        Some(found)
    }

    /// With all that the host has.
    pub fn full(&self) -> &CpuContent {
        self.full.as_ref().unwrap_or(&self.reported)
    }
}

/// Without what can't be migrated: by QEMU's word, or where it gives none by what is known of features.
fn migratable(
    arch: Arch,
    told: Option<&HostCpu>,
    allowed: Option<&Allowed>,
    reported: &CpuContent,
) -> CpuContent {
    let tells = told.is_some_and(|told| told.properties.iter().any(|p| p.migratable.is_some()));
    match describe(arch, told.filter(|_| tells), allowed, true) {
        Source::Qemu(content) if tells => content,
        _ => cpu::without_unmigratable(arch, reported),
    }
}

fn describe(arch: Arch, told: Option<&HostCpu>, allowed: Option<&Allowed>, migratable: bool) -> Source {
    if arch.is_s390() {
        return told.map_or(Source::Nowhere, |told| Source::Qemu(s390_content(told, migratable)));
    }
    if arch.is_arm() || arch == Arch::Loongarch64 {
        return Source::Nowhere;
    }
    let Some(told) = told.filter(|_| arch.is_x86()) else { return Source::Registers };
    match x86::decode(&x86_data(told, migratable), Purpose::Guest, allowed) {
        Ok(decoded) => Source::Qemu(decoded.content),
        Err(error) => {
            tracing::debug!(%error, "there is no name for the CPU that QEMU tells");
            Source::Nowhere
        }
    }
}

/// s390's models are made to be refined, and QEMU names the nearest one itself.
fn s390_content(told: &HostCpu, migratable: bool) -> CpuContent {
    let feature = |property: &CpuProperty| {
        let on = property.value.as_bool()? && !(migratable && property.migratable == Some(false));
        let policy = if on { FeaturePolicy::Require } else { FeaturePolicy::Disable };
        Some(CpuFeature { policy, name: property.name.clone() })
    };
    CpuContent {
        model: Some(told.model.clone()),
        vendor: None,
        features: told.properties.iter().filter_map(feature).collect(),
    }
}

/// What QEMU's properties say of an x86 CPU.
pub fn x86_data(told: &HostCpu, migratable: bool) -> X86Data {
    let map = X86Map::get();
    let number = |name: &str| {
        let value = told.property(name).and_then(|property| property.value.as_u64());
        value.and_then(|value| u32::try_from(value).ok()).unwrap_or_default()
    };
    let signature =
        CpuSignature { family: number("family"), model: number("model"), stepping: number("stepping") };
    let is_on = |property: &&CpuProperty| {
        property.value == Value::Bool(true) && !(migratable && property.migratable == Some(false))
    };
    let names = told.properties.iter().filter(is_on);
    let places =
        names.filter_map(|property| map.feature(names::feature_from_qemu(Arch::X86_64, &property.name)));
    let vendor = told.property("vendor").and_then(|property| map.vendor_by_id(property.value.as_str()?));
    let is_real = signature.family != 0 || signature.model != 0 || signature.stepping != 0;
    X86Data { features: places.collect(), vendor, signature: is_real.then_some(signature) }
}

/// The host's own CPU, with all that QEMU says it can give.
fn with_host(arch: Arch, native: &Native, reported: &CpuContent) -> Option<CpuContent> {
    let Some(host) = &native.cpu else { return Some(reported.clone()) };
    let mut full = host.describe(Purpose::Guest, None).ok()?.content;
    let mut expanded = reported.clone();
    cpu::expand_features(arch, &mut expanded, Purpose::Guest).ok()?;
    for feature in expanded.features.iter().filter(|feature| feature.policy == FeaturePolicy::Require) {
        full.set_feature(&feature.name, FeaturePolicy::Require);
    }
    Some(full)
}
