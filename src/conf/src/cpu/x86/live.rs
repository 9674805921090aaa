//! A guest's CPU by what the hypervisor has really made of it.

use ferrovirt_core::{Error, ErrorDomain, Result};

use super::features::FeatureSet;
use super::map::X86Map;
use super::{all_features, find_model, listed};
use crate::cpu::{CpuCheck, CpuMode, FeaturePolicy, GuestCpu, content};

/// Notes in a CPU what the hypervisor switched on and off against or without its word; where the check is full, such
/// a difference is refused.
pub fn update_live(cpu: &mut GuestCpu, enabled: &FeatureSet, disabled: &FeatureSet) -> Result<()> {
    let map = X86Map::get();
    let own = cpu.content();
    let model = own.model.as_deref().map(find_model).transpose()?;
    let wanted = all_features(&own)?;
    let unwanted = listed(&own.features, FeaturePolicy::Disable)?;
    if let Some(name) = map.feature_names(&enabled.both(disabled)).next() {
        return Err(failed(format!(
            "the hypervisor says of CPU feature '{name}' that it is both on and off"
        )));
    }
    let passed_through = matches!(cpu.mode(), CpuMode::HostPassthrough | CpuMode::Maximum);
    // Who passes the host's CPU through has no opinion on what is not named.
    let expected_off =
        |place: usize| !wanted.contains(place) && (unwanted.contains(place) || !passed_through);
    // It was there before there was a name for it.
    let is_ignored = |place: usize| {
        let is_named = wanted.contains(place) || unwanted.contains(place);
        !is_named && model.is_some_and(|model| model.added.contains(place))
    };
    let full = cpu.check == Some(CpuCheck::Full);
    let (mut extra, mut missing, mut rest) = (Vec::new(), Vec::new(), *disabled);
    for (place, feature) in map.features.iter().enumerate() {
        let refused = full && !is_ignored(place);
        if enabled.contains(place) && expected_off(place) {
            match refused {
                true => extra.push(feature.name),
                false => content::set_feature(&mut cpu.features, feature.name, FeaturePolicy::Require),
            }
        }
        if disabled.contains(place) || (wanted.contains(place) && !enabled.contains(place)) {
            if refused {
                missing.push(feature.name);
            } else {
                content::set_feature(&mut cpu.features, feature.name, FeaturePolicy::Disable);
                rest.remove(place);
            }
        }
    }
    for name in model.map(|model| model.removed_names()).unwrap_or_default() {
        if cpu.features.iter().all(|feature| feature.name != name) {
            content::set_feature(&mut cpu.features, name, FeaturePolicy::Disable);
        }
    }
    let told: Vec<String> = [("more", &extra), ("not", &missing)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} {}", names.join(",")))
        .collect();
    if !told.is_empty() {
        return Err(failed(format!("the guest's CPU is not as specified: it has {}", told.join(", and "))));
    }
    if full && !rest.is_empty() {
        return Err(failed("the guest's CPU is not as specified".into()));
    }
    Ok(())
}

fn failed(text: String) -> Error {
    Error::operation_failed(text).domain(ErrorDomain::Cpu)
}
