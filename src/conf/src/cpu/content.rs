//! A CPU as its model and what differs from it: what hosts, guests and hypervisors are compared by.

use super::{CpuFeature, FeaturePolicy, GuestCpu, HostCpu};

/// Model, vendor and features.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpuContent {
    pub model: Option<String>,
    pub vendor: Option<String>,
    pub features: Vec<CpuFeature>,
}

impl CpuContent {
    pub fn feature(&self, name: &str) -> Option<&CpuFeature> {
        self.features.iter().find(|feature| feature.name == name)
    }

    /// Sets the policy of a feature, adding it where it is not there.
    pub fn set_feature(&mut self, name: &str, policy: FeaturePolicy) {
        set_feature(&mut self.features, name, policy);
    }

    /// Adds a feature that is not there yet.
    pub fn add_missing_feature(&mut self, name: &str, policy: FeaturePolicy) {
        if self.feature(name).is_none() {
            self.features.push(CpuFeature { policy, name: name.to_owned() });
        }
    }
}

/// Sets the policy of a feature in a list, adding it where it is not there.
pub fn set_feature(features: &mut Vec<CpuFeature>, name: &str, policy: FeaturePolicy) {
    match features.iter_mut().find(|feature| feature.name == name) {
        Some(feature) => feature.policy = policy,
        None => features.push(CpuFeature { policy, name: name.to_owned() }),
    }
}

impl From<&HostCpu> for CpuContent {
    fn from(host: &HostCpu) -> Self {
        let required = |name: &String| CpuFeature { policy: FeaturePolicy::Require, name: name.clone() };
        Self {
            model: host.model.clone(),
            vendor: host.vendor.clone(),
            features: host.features.iter().map(|feature| required(&feature.name)).collect(),
        }
    }
}

impl From<&GuestCpu> for CpuContent {
    fn from(guest: &GuestCpu) -> Self {
        Self {
            model: guest.model_name().map(str::to_owned),
            vendor: guest.vendor.clone(),
            features: guest.features.clone(),
        }
    }
}

impl GuestCpu {
    pub fn content(&self) -> CpuContent {
        self.into()
    }

    /// A document of its own.
    pub fn into_document(mut self) -> String {
        self.fill_defaults();
        ferrovirt_xml::to_string(&self)
    }

    /// Takes over a model with its vendor and features; all else stays.
    pub fn set_content(&mut self, content: CpuContent) {
        self.model.get_or_insert_default().name = content.model;
        self.vendor = content.vendor;
        self.features = content.features;
    }
}
