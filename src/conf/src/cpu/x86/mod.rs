//! x86 CPUs: their features are the bits of CPUID and of model-specific registers, and a model is a set of them.

mod baseline;
mod compare;
mod cpuid;
mod decode;
mod features;
mod live;
mod map;
mod update;

pub use baseline::baseline;
pub use compare::{compare, compare_unusable};
pub use cpuid::{RawCpu, X86Data, signature_to_eax};
pub use decode::{Allowed, Decoded, Purpose, decode};
pub use features::FeatureSet;
pub use live::update_live;
pub use map::{Leaf, Model, Register, X86Map};
pub use update::{expand_features, translate, update};

use super::{CpuContent, CpuFeature, FeaturePolicy};
use ferrovirt_core::{Error, ErrorDomain, Result};

/// Finds a model; the error says that there is none of that name.
fn find_model(name: &str) -> Result<&'static Model> {
    X86Map::get().model(name).ok_or_else(|| {
        Error::internal(format!("there is no x86 CPU model '{name}'")).domain(ErrorDomain::Cpu)
    })
}

/// Finds a feature's place; the error says that there is none of that name.
fn find_feature(name: &str) -> Result<usize> {
    X86Map::get().feature(name).ok_or_else(|| {
        Error::internal(format!("there is no x86 CPU feature '{name}'")).domain(ErrorDomain::Cpu)
    })
}

/// The features that are listed with a policy.
fn listed(features: &[CpuFeature], policy: FeaturePolicy) -> Result<FeatureSet> {
    features.iter().filter(|f| f.policy == policy).map(|f| find_feature(&f.name)).collect()
}

/// The features of a CPU: those of its model, and what is required besides.
fn required(cpu: &CpuContent) -> Result<FeatureSet> {
    let model = cpu.model.as_deref().map(find_model).transpose()?;
    let listed = listed(&cpu.features, FeaturePolicy::Require)?;
    Ok(model.map_or(listed, |model| model.features.plus(&listed)))
}

/// All that a CPU has: what is in its model or listed, without what is listed as lacking.
pub fn all_features(cpu: &CpuContent) -> Result<FeatureSet> {
    let model = cpu.model.as_deref().map(find_model).transpose()?;
    let mut set = model.map(|model| model.features).unwrap_or_default();
    for feature in &cpu.features {
        match feature.policy {
            FeaturePolicy::Force | FeaturePolicy::Require => set.insert(find_feature(&feature.name)?),
            FeaturePolicy::Disable | FeaturePolicy::Forbid => set.remove(find_feature(&feature.name)?),
            FeaturePolicy::Optional => {}
        }
    }
    Ok(set)
}

/// Whether a CPU has a feature.
pub fn has_feature(cpu: &CpuContent, name: &str) -> Result<bool> {
    Ok(all_features(cpu)?.contains(find_feature(name)?))
}

/// Refuses features that there are no names for.
pub fn validate_features(features: &[CpuFeature]) -> Result<()> {
    match features.iter().find(|f| X86Map::get().feature(&f.name).is_none()) {
        None => Ok(()),
        Some(feature) => {
            let text = format!("there is no x86 CPU feature '{}'", feature.name);
            Err(Error::config_unsupported(text).domain(ErrorDomain::Cpu))
        }
    }
}

/// Whether a guest that has a feature can go to another host.
pub fn is_migratable(feature: &str) -> bool {
    let map = X86Map::get();
    map.feature(feature).is_none_or(|place| !map.unmigratable.contains(place))
}

/// Whether a feature is a bit of a model-specific register.
pub fn is_msr(feature: &str) -> bool {
    let map = X86Map::get();
    map.feature(feature).is_some_and(|place| matches!(map.features[place].leaf, Leaf::Msr(_)))
}
