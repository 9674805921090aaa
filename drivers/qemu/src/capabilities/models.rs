//! The CPU models that a binary knows, with their features: QEMU's own answers stand in for a database of models.

use std::collections::BTreeSet;

use ferrovirt_host::cpu_identity::vendor_name;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answers::{Answers, Plan};
use crate::qmp::types::{CpuDefinition, CpuModel};
use crate::qmp::{QueryCpuDefinitions, QueryCpuModelExpansion};

/// What is no feature of any real CPU, but depends on how the guest is run.
const NO_FEATURES: &[&str] = &["hv-", "kvm"];
/// Models that stand for whatever there is.
const NO_MODELS: &[&str] = &["host", "max", "base"];

/// The models of a binary. Aliases are not among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CpuModels {
    /// All features that QEMU knows, by its names, sorted.
    features: Vec<Box<str>>,
    models: Vec<KnownModel>,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct KnownModel {
    name: Box<str>,
    vendor_id: Box<str>,
    /// Places in the list of all features.
    features: Vec<u16>,
}

/// A model and what has to be added to and taken from it to make a certain CPU of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest<'a> {
    pub model: &'a str,
    /// Sorted, by QEMU's names.
    pub added: Vec<&'a str>,
    /// Sorted, by QEMU's names.
    pub removed: Vec<&'a str>,
}

/// How near a model must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It may have features that the CPU lacks.
    Any,
    /// All of its features must be there.
    Subset,
}

impl CpuModels {
    /// Asks what each model consists of.
    pub(super) fn ask(answers: &Answers, plan: &mut Plan) {
        for definition in Self::definitions(answers) {
            plan.ask(&Self::question(&definition));
        }
    }

    pub(super) fn from_answers(answers: &Answers) -> Self {
        let told = Self::definitions(answers).into_iter().filter_map(|definition| {
            let properties = answers.get(&Self::question(&definition))?.model.props?;
            Some((definition.name, properties))
        });
        Self::new(told.collect())
    }

    fn definitions(answers: &Answers) -> Vec<CpuDefinition> {
        let mut all = answers.get(&QueryCpuDefinitions {}).unwrap_or_default();
        all.retain(|cpu| cpu.alias_of.is_none() && !NO_MODELS.contains(&cpu.name.as_str()));
        all
    }

    fn question(definition: &CpuDefinition) -> QueryCpuModelExpansion {
        QueryCpuModelExpansion { r#type: "static".into(), model: CpuModel::named(&definition.name) }
    }

    fn new(told: Vec<(String, Map<String, Value>)>) -> Self {
        let features: BTreeSet<&str> = told
            .iter()
            .flat_map(|(_, properties)| properties.iter())
            .filter_map(as_feature)
            .map(|(n, _)| n)
            .collect();
        let features: Vec<Box<str>> = features.into_iter().map(Box::from).collect();
        let place = |name: &str| features.binary_search_by(|known| (**known).cmp(name)).ok();
        let model = |(name, properties): &(String, Map<String, Value>)| {
            let on = properties.iter().filter_map(as_feature).filter(|(_, on)| *on);
            let mut places: Vec<u16> = on.filter_map(|(name, _)| u16::try_from(place(name)?).ok()).collect();
            places.sort_unstable();
            let vendor = properties.get("vendor").and_then(Value::as_str).unwrap_or_default();
            KnownModel { name: name.as_str().into(), vendor_id: vendor.into(), features: places }
        };
        let models = told.iter().map(model).collect();
        Self { features, models }
    }

    pub fn is_empty(&self) -> bool {
        self.models.is_empty()
    }

    /// Whether QEMU has a name for a feature.
    pub fn knows_feature(&self, name: &str) -> bool {
        self.features.binary_search_by(|known| (**known).cmp(name)).is_ok()
    }

    /// The short name of a model's vendor.
    pub fn vendor(&self, model: &str) -> Option<&'static str> {
        let found = self.models.iter().find(|known| &*known.name == model)?;
        vendor_name(&found.vendor_id)
    }

    /// The model that differs least from a CPU: by the same vendor, if there is any of it; of two that are equally
    /// near the one whose name is the later.
    pub fn nearest(
        &self,
        features: &BTreeSet<&str>,
        vendor_id: Option<&str>,
        how: Match,
    ) -> Option<Nearest<'_>> {
        let wanted: BTreeSet<u16> = features
            .iter()
            .filter_map(|name| self.features.binary_search_by(|known| (**known).cmp(name)).ok())
            .filter_map(|place| u16::try_from(place).ok())
            .collect();
        let among = |with_vendor: bool| {
            let models =
                self.models.iter().filter(|model| !with_vendor || Some(&*model.vendor_id) == vendor_id);
            let compared = models.map(|model| self.compare(model, &wanted));
            let fitting = compared.filter(|nearest| how == Match::Any || nearest.removed.is_empty());
            fitting.min_by(|a, b| a.distance().cmp(&b.distance()).then_with(|| b.model.cmp(a.model)))
        };
        among(true).or_else(|| among(false))
    }

    fn compare<'a>(&'a self, model: &'a KnownModel, wanted: &BTreeSet<u16>) -> Nearest<'a> {
        let own: BTreeSet<u16> = model.features.iter().copied().collect();
        let names = |places: BTreeSet<u16>| -> Vec<&str> {
            places
                .iter()
                .filter_map(|place| self.features.get(usize::from(*place)))
                .map(|name| &**name)
                .collect()
        };
        Nearest { model: &model.name, added: names(wanted - &own), removed: names(&own - wanted) }
    }
}

impl Nearest<'_> {
    fn distance(&self) -> usize {
        self.added.len() + self.removed.len()
    }
}

/// A property that is a feature, and whether it is on.
pub fn as_feature<'a>((name, value): (&'a String, &'a Value)) -> Option<(&'a str, bool)> {
    let on = value.as_bool()?;
    (!NO_FEATURES.iter().any(|prefix| name.starts_with(prefix))).then_some((name, on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn models() -> CpuModels {
        let told = [
            ("Old-v1", json!({"vendor": "AuthenticAMD", "a": true, "b": false, "c": false, "kvm-x": true})),
            ("New-v1", json!({"vendor": "AuthenticAMD", "a": true, "b": true, "c": false, "level": 4})),
            ("New-v2", json!({"vendor": "AuthenticAMD", "a": true, "b": true, "c": true})),
            ("Other", json!({"vendor": "GenuineIntel", "a": true, "b": true, "c": false})),
        ];
        let told =
            told.into_iter().map(|(name, props)| (name.into(), props.as_object().expect("object").clone()));
        CpuModels::new(told.collect())
    }

    #[test]
    fn the_nearest_model_is_one_of_the_vendors() {
        let models = models();
        let cpu = BTreeSet::from(["a", "c", "unheard-of"]);
        let nearest = models.nearest(&cpu, Some("AuthenticAMD"), Match::Any).expect("one");
        // Both New-v2 (without b) and Old-v1 (with c) are one feature away.
        assert_eq!((nearest.model, nearest.added, nearest.removed), ("Old-v1", vec!["c"], vec![]));
        let cpu = BTreeSet::from(["a", "b"]);
        let name = |vendor| models.nearest(&cpu, vendor, Match::Any).map(|nearest| nearest.model);
        assert_eq!(name(Some("AuthenticAMD")), Some("New-v1"));
        assert_eq!(name(Some("GenuineIntel")), Some("Other"));
        assert_eq!(name(Some("Nobody")), Some("Other"));
    }

    #[test]
    fn a_subset_has_nothing_that_the_cpu_lacks() {
        let models = models();
        let cpu = BTreeSet::from(["a", "c"]);
        let nearest = models.nearest(&cpu, Some("AuthenticAMD"), Match::Subset).expect("one");
        assert_eq!((nearest.model, nearest.removed.len()), ("Old-v1", 0));
        assert_eq!(models.nearest(&BTreeSet::new(), None, Match::Subset), None);
    }

    #[test]
    fn what_runs_the_guest_is_no_feature() {
        let models = models();
        assert!(
            models.knows_feature("c") && !models.knows_feature("kvm-x") && !models.knows_feature("level")
        );
        assert_eq!((models.vendor("Other"), models.vendor("New")), (Some("Intel"), None));
    }
}
