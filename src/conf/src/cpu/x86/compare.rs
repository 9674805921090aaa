//! Whether a host can give what a CPU asks for.

use ferrovirt_core::Result;

use super::features::FeatureSet;
use super::map::X86Map;
use super::{all_features, listed, required};
use crate::cpu::{Comparison, CpuContent, CpuDefinition, CpuMatch, FeaturePolicy};

/// Compares a CPU with the host's. Vendors and architectures are the same already.
pub fn compare(host: &CpuContent, cpu: &CpuDefinition) -> Result<Comparison> {
    let content = cpu.content();
    let host = all_features(host)?;
    let with = |policy| listed(&content.features, policy);
    let forced = with(FeaturePolicy::Force)?;
    let required = required(&content)?;
    let optional = with(FeaturePolicy::Optional)?;
    let disabled = with(FeaturePolicy::Disable)?;
    let forbidden = with(FeaturePolicy::Forbid)?.both(&host);
    if !forbidden.is_empty() {
        return Ok(incompatible("the host's CPU has features that are forbidden", &forbidden));
    }
    let required = required.minus(&forced).minus(&optional).minus(&disabled);
    let missing = required.minus(&host);
    if !missing.is_empty() {
        return Ok(incompatible("the host's CPU lacks required features", &missing));
    }
    let rest = host.minus(&optional).minus(&required).minus(&disabled).minus(&forced);
    if rest.is_empty() {
        return Ok(Comparison::Identical);
    }
    let strict = matches!(cpu, CpuDefinition::Guest(guest) if guest.match_ == Some(CpuMatch::Strict));
    match strict {
        true => Ok(incompatible("the host's CPU has more features than a strict match allows", &rest)),
        false => Ok(Comparison::Superset),
    }
}

fn incompatible(what: &str, features: &FeatureSet) -> Comparison {
    let names: Vec<_> = X86Map::get().feature_names(features).collect();
    Comparison::Incompatible(format!("{what}: {}", names.join(", ")))
}

/// Whether a CPU whose model the hypervisor calls unusable can be had all the same: by switching off what stands in
/// the way. `host` is the best CPU that the hypervisor can give.
pub fn compare_unusable(host: &CpuContent, cpu: &CpuContent, blockers: &[String]) -> Result<Comparison> {
    let host = all_features(host)?;
    let is_off = |name: &str| cpu.feature(name).is_some_and(|f| f.policy == FeaturePolicy::Disable);
    let lacks = |name: &str| !X86Map::get().feature(name).is_some_and(|place| host.contains(place));
    let required = cpu.features.iter().filter(|f| f.policy == FeaturePolicy::Require).map(|f| &f.name);
    let missing: Vec<&str> = blockers
        .iter()
        .filter(|name| !is_off(name))
        .chain(required.filter(|name| lacks(name)))
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return Ok(Comparison::Superset);
    }
    Ok(Comparison::Incompatible(format!("the host's CPU lacks required features: {}", missing.join(", "))))
}
