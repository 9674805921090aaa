//! From what a CPU has to the model that is nearest.

use ferrovirt_core::{Error, ErrorDomain, Result};

use super::cpuid::X86Data;
use super::features::FeatureSet;
use super::map::{Model, X86Map};
use crate::cpu::{CpuContent, CpuFallback, CpuFeature, CpuSignature, FeaturePolicy};

/// What the description is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Of a host: features can only be added to the model.
    Host,
    /// For a guest: features can be switched off as well.
    Guest,
}

/// The models that a hypervisor has, and what it can't give of each on this host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowed(Vec<(String, Vec<String>)>);

impl Allowed {
    pub fn get(&self, name: &str) -> Option<&[String]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, blockers)| blockers.as_slice())
    }
}

impl FromIterator<(String, Vec<String>)> for Allowed {
    fn from_iter<I: IntoIterator<Item = (String, Vec<String>)>>(models: I) -> Self {
        Self(models.into_iter().collect())
    }
}

/// A CPU with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    pub content: CpuContent,
    pub signature: Option<CpuSignature>,
}

/// What narrows the choice of a model.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub purpose: Purpose,
    /// All models if `None`.
    pub allowed: Option<&'a Allowed>,
    /// Names that are better than others; a single one is taken wherever it can be.
    pub preferred: &'a [&'a str],
    /// Whether another model will do where the hypervisor lacks the single preferred one.
    pub fallback: CpuFallback,
    pub migratable: bool,
}

/// The model of the map that a CPU comes nearest to, and what differs.
pub fn decode(data: &X86Data, purpose: Purpose, allowed: Option<&Allowed>) -> Result<Decoded> {
    let wanted = Wanted { purpose, allowed, preferred: &[], fallback: CpuFallback::Allow, migratable: false };
    decode_wanted(data, wanted)
}

pub(super) fn decode_wanted(data: &X86Data, wanted: Wanted<'_>) -> Result<Decoded> {
    let map = X86Map::get();
    let data = X86Data { features: without_broken_tsx(data), ..*data };
    let mut best: Option<Candidate> = None;
    for model in map.models.iter().rev() {
        let blockers = match wanted.allowed.map(|allowed| allowed.get(model.name)) {
            None => &[][..],
            Some(Some(blockers)) => blockers,
            Some(None) if wanted.is_the_only(model) && wanted.fallback != CpuFallback::Allow => {
                let text = format!("the hypervisor has no CPU model '{}'", model.name);
                return Err(Error::config_unsupported(text).domain(ErrorDomain::Cpu));
            }
            Some(None) => continue,
        };
        if data.vendor.zip(model.vendor).is_some_and(|(known, other)| known != other) {
            continue;
        }
        let candidate = Candidate::new(&data.features, model, blockers);
        if !candidate.fits(wanted.purpose) {
            continue;
        }
        if wanted.is_the_only(model) {
            best = Some(candidate);
            break;
        }
        if best.as_ref().is_none_or(|best| candidate.is_better(best, data.signature, &wanted)) {
            best = Some(candidate);
        }
    }
    let best =
        best.ok_or_else(|| Error::internal("no x86 CPU model fits the CPU").domain(ErrorDomain::Cpu))?;
    let mut features = best.differences(wanted.purpose);
    if wanted.migratable {
        features.retain(|feature| super::is_migratable(&feature.name));
    }
    let vendor = data.vendor.map(|place| map.vendors[place].name.to_owned());
    let content = CpuContent { model: Some(best.model.name.to_owned()), vendor, features };
    Ok(Decoded { content, signature: data.signature })
}

impl Wanted<'_> {
    fn is_the_only(&self, model: &Model) -> bool {
        matches!(self.preferred, [only] if *only == model.name)
    }
}

/// These CPUs of Intel's promise transactions that they can't keep.
fn without_broken_tsx(data: &X86Data) -> FeatureSet {
    let map = X86Map::get();
    let is_intel = data.vendor.is_some_and(|place| map.vendors[place].name == "Intel");
    let is_broken = data.signature.is_some_and(|CpuSignature { family, model, stepping }| {
        family == 6 && (matches!(model, 60 | 69 | 70) || (model == 63 && stepping < 4))
    });
    match is_intel && is_broken {
        true => data.features.minus(&map.set(&["hle", "rtm"])),
        false => data.features,
    }
}

/// A model, and what a CPU has beyond it and lacks of it.
struct Candidate {
    model: &'static Model,
    extra: FeatureSet,
    lacking: FeatureSet,
}

/// How far a candidate is from the CPU.
struct Distance {
    added: usize,
    disabled: usize,
}

impl Candidate {
    fn new(features: &FeatureSet, model: &'static Model, blockers: &[String]) -> Self {
        let map = X86Map::get();
        let extra = features.minus(&model.features);
        // The hypervisor's model may have more than the map's; what it can't give is to be switched off.
        let blockers: FeatureSet = blockers.iter().filter_map(|name| map.feature(name)).collect();
        let lacking = model.features.minus(features).plus(&blockers.minus(&extra));
        Self { model, extra, lacking }
    }

    fn fits(&self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Host => self.model.host && self.lacking.is_empty(),
            Purpose::Guest => self.model.guest,
        }
    }

    /// What is to be added, and for guests what is to be switched off.
    fn differences(&self, purpose: Purpose) -> Vec<CpuFeature> {
        let map = X86Map::get();
        let named = |policy, name: &str| CpuFeature { policy, name: name.to_owned() };
        let mut features: Vec<CpuFeature> =
            map.feature_names(&self.extra).map(|name| named(FeaturePolicy::Require, name)).collect();
        if purpose == Purpose::Guest {
            let lacking = map.feature_names(&self.lacking);
            features.extend(lacking.map(|name| named(FeaturePolicy::Disable, name)));
            // Whatever the hypervisor makes of the model today: it had these once, and the guest is to know.
            let removed = self.removed().collect::<Vec<_>>();
            features.extend(removed.into_iter().map(|name| named(FeaturePolicy::Disable, name)));
        }
        features
    }

    /// What was removed from the model and is not spoken of otherwise.
    fn removed(&self) -> impl Iterator<Item = &'static str> {
        let map = X86Map::get();
        let known = self.extra.plus(&self.lacking);
        let is_new = move |name: &&str| map.feature(name).is_some_and(|place| !known.contains(place));
        self.model.removed_names().into_iter().filter(is_new)
    }

    fn distance(&self, purpose: Purpose) -> Distance {
        let added = self.extra.count();
        if purpose == Purpose::Host {
            return Distance { added, disabled: 0 };
        }
        let disabled = self.lacking.count() + self.removed().count();
        // Each feature to switch off weighs more than the one before, from 2 on. libvirt weighs the first half of
        // them and counts the others as if they were to be added; documents depend on its choice.
        let weighed = disabled.div_ceil(2);
        Distance { added: added + disabled - weighed, disabled: (0..weighed).map(|step| step + 2).sum() }
    }

    fn is_better(&self, best: &Self, signature: Option<CpuSignature>, wanted: &Wanted<'_>) -> bool {
        if let Some(CpuSignature { family, model, stepping }) = signature {
            let mine = self.model.has_signature(family, model, stepping);
            if mine != best.model.has_signature(family, model, stepping) {
                return mine;
            }
        }
        let (mine, other) = (self.distance(wanted.purpose), best.distance(wanted.purpose));
        let (total, other_total) = (mine.added + mine.disabled, other.added + other.disabled);
        total < other_total
            || (mine.disabled < other.disabled
                && (total == other_total || wanted.preferred.contains(&self.model.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(model: &str, signature: (u32, u32, u32)) -> X86Data {
        let map = X86Map::get();
        let model = map.model(model).expect("known");
        let (family, number, stepping) = signature;
        let signature = Some(CpuSignature { family, model: number, stepping });
        X86Data { features: model.features, vendor: model.vendor, signature }
    }

    fn features(decoded: &Decoded) -> Vec<(&str, FeaturePolicy)> {
        decoded.content.features.iter().map(|f| (f.name.as_str(), f.policy)).collect()
    }

    #[test]
    fn a_host_is_the_newest_model_that_it_has_all_of() {
        let mut host = data("Penryn", (6, 23, 6));
        host.features.insert(X86Map::get().feature("vmx").expect("known"));
        let decoded = decode(&host, Purpose::Host, None).expect("found");
        assert_eq!(decoded.content.model.as_deref(), Some("Penryn-v1"));
        assert_eq!(decoded.content.vendor.as_deref(), Some("Intel"));
        assert_eq!(features(&decoded), [("vmx", FeaturePolicy::Require)]);
    }

    #[test]
    fn a_guest_may_do_without_parts_of_a_model() {
        let mut wanted = data("Haswell", (6, 63, 4));
        wanted.features.remove(X86Map::get().feature("avx2").expect("known"));
        let decoded = decode(&wanted, Purpose::Guest, None).expect("found");
        assert_eq!(decoded.content.model.as_deref(), Some("Haswell"));
        assert_eq!(features(&decoded), [("avx2", FeaturePolicy::Disable)]);
    }

    #[test]
    fn the_hypervisor_has_a_say() {
        let blocked = vec![("Haswell".to_owned(), vec!["smep".to_owned()])];
        let allowed: Allowed = blocked.into_iter().collect();
        let decoded = decode(&data("Haswell", (6, 63, 4)), Purpose::Guest, Some(&allowed)).expect("found");
        assert_eq!(features(&decoded), [("smep", FeaturePolicy::Disable)]);
        let none = decode(&data("Haswell", (6, 63, 4)), Purpose::Guest, Some(&Allowed::default()));
        assert!(none.is_err());
    }

    #[test]
    fn broken_transactions_do_not_count() {
        let decoded = decode(&data("Haswell", (6, 60, 3)), Purpose::Guest, None).expect("found");
        assert_eq!(decoded.content.model.as_deref(), Some("Haswell-noTSX"));
    }
}
