//! Guests' CPUs made concrete: by the host's CPU, in terms of another model, or feature by feature.

use ferrovirt_core::{Error, ErrorDomain, Result};

use super::cpuid::X86Data;
use super::decode::{Allowed, Purpose, decode};
use super::map::X86Map;
use super::{all_features, find_feature, find_model};
use crate::cpu::{CpuContent, CpuFeature, CpuMatch, CpuMode, CpuSignature, FeaturePolicy, GuestCpu, content};

/// Replaces what depends on the host, and says what became of features that were removed from the model.
pub fn update(
    guest: &mut GuestCpu,
    host: Option<&CpuContent>,
    relative: bool,
    removed: FeaturePolicy,
) -> Result<()> {
    if relative {
        let host = host.ok_or_else(|| {
            Error::config_unsupported("the host's CPU model is not known").domain(ErrorDomain::Cpu)
        })?;
        decide_optional(guest, host)?;
        if guest.mode() == CpuMode::HostModel || guest.match_ == Some(CpuMatch::Minimum) {
            take_host_model(guest, host);
        }
    }
    let model = find_model(guest.model_name().unwrap_or_default())?;
    for name in model.removed_names() {
        if guest.features.iter().all(|feature| feature.name != name) {
            guest.features.push(CpuFeature { policy: removed, name: name.to_owned() });
        }
    }
    Ok(())
}

/// Features that are welcome are there if the host has them.
fn decide_optional(guest: &mut GuestCpu, host: &CpuContent) -> Result<()> {
    let host = all_features(host)?;
    for feature in guest.features.iter_mut().filter(|f| f.policy == FeaturePolicy::Optional) {
        feature.policy = match host.contains(find_feature(&feature.name)?) {
            true => FeaturePolicy::Require,
            false => FeaturePolicy::Disable,
        };
    }
    Ok(())
}

fn take_host_model(guest: &mut GuestCpu, host: &CpuContent) {
    let mut updated = host.clone();
    for feature in &guest.features {
        updated.set_feature(&feature.name, feature.policy);
    }
    // A guest that names its vendor keeps it.
    if guest.mode() == CpuMode::Custom {
        updated.vendor = guest.vendor.take();
    }
    guest.set_content(updated);
    guest.mode = Some(CpuMode::Custom);
    guest.match_ = Some(CpuMatch::Exact);
}

/// Says the same with a model that the hypervisor has.
pub fn translate(guest: &mut GuestCpu, allowed: Option<&Allowed>) -> Result<()> {
    let content = guest.content();
    let model = content.model.as_deref().map(find_model).transpose()?;
    let first = model.and_then(|model| model.signatures.first());
    let signature = first.map(|known| CpuSignature {
        family: known.family,
        model: known.model,
        stepping: *known.steppings.start(),
    });
    let data = X86Data {
        features: all_features(&content)?,
        vendor: model.and_then(|model| model.vendor),
        signature,
    };
    let mut translated = decode(&data, Purpose::Guest, allowed)?.content;
    for feature in &content.features {
        content::set_feature(&mut translated.features, &feature.name, feature.policy);
    }
    translated.vendor = content.vendor;
    guest.set_content(translated);
    Ok(())
}

/// Lists all features, those of the model among them, in the order of the alphabet. A host's CPU is only what it has.
pub fn expand_features(cpu: &mut CpuContent, purpose: Purpose) -> Result<()> {
    let model = find_model(cpu.model.as_deref().unwrap_or_default())?;
    let mut expanded = CpuContent::default();
    for name in X86Map::get().feature_names(&model.features) {
        expanded.features.push(CpuFeature { policy: FeaturePolicy::Require, name: name.to_owned() });
    }
    for feature in &cpu.features {
        if matches!(feature.policy, FeaturePolicy::Require | FeaturePolicy::Disable) {
            expanded.set_feature(&feature.name, feature.policy);
        }
    }
    if purpose == Purpose::Guest {
        for name in model.removed_names() {
            expanded.add_missing_feature(name, FeaturePolicy::Disable);
        }
    }
    cpu.features = expanded.features;
    Ok(())
}
