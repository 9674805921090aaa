//! The CPU that a guest gets.

use crate::cpu::{CpuCache, MaxPhysAddr, Numa, Topology};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// `<cpu>` of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "cpu", rules = "crate::cpu::schema::GUEST")]
pub struct GuestCpu {
    #[xml(attr, error = "ConfigUnsupported@Cpu")]
    pub mode: Option<CpuMode>,
    /// How the host's CPU must relate to the model.
    #[xml(attr = "match")]
    pub match_: Option<CpuMatch>,
    /// How the CPU that the guest really has is checked.
    #[xml(attr)]
    pub check: Option<CpuCheck>,
    #[xml(attr)]
    pub migratable: Option<OnOff>,
    #[xml(attr = "deprecated_features")]
    pub deprecated_features: Option<OnOff>,
    #[xml(child, omit_empty)]
    pub model: Option<CpuModel>,
    #[xml(value)]
    pub vendor: Option<String>,
    #[xml(child)]
    pub topology: Option<Topology>,
    #[xml(child)]
    pub cache: Option<CpuCache>,
    #[xml(child = "maxphysaddr")]
    pub max_phys_addr: Option<MaxPhysAddr>,
    #[xml(child)]
    pub features: Vec<CpuFeature>,
    #[xml(child)]
    pub numa: Option<Numa>,
}

/// `<model>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "model")]
pub struct CpuModel {
    #[xml(attr, ignore = "empty", error = "ConfigUnsupported@Cpu")]
    pub fallback: Option<CpuFallback>,
    /// What the guest sees as the vendor: 12 characters.
    #[xml(attr = "vendor_id")]
    pub vendor_id: Option<String>,
    #[xml(text)]
    pub name: Option<String>,
}

/// `<feature>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "feature")]
pub struct CpuFeature {
    #[xml(attr, default, error = "ConfigUnsupported@Cpu")]
    #[serde(default)]
    pub policy: FeaturePolicy,
    #[xml(attr, missing = "XmlError@Cpu")]
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum CpuMode {
    #[default]
    Custom,
    HostModel,
    HostPassthrough,
    Maximum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum CpuMatch {
    #[default]
    Exact,
    Minimum,
    Strict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CpuCheck {
    /// As if nothing was said.
    Default,
    None,
    Partial,
    Full,
}

/// Whether another model will do if the hypervisor lacks this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum CpuFallback {
    #[default]
    Allow,
    Forbid,
}

/// Whether the guest gets a feature, and what happens if the host lacks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum FeaturePolicy {
    Force,
    #[default]
    Require,
    Optional,
    Disable,
    Forbid,
}

impl GuestCpu {
    /// The mode, also where it goes without saying.
    pub fn mode(&self) -> CpuMode {
        self.mode.unwrap_or_default()
    }

    /// The name of the model, if there is one.
    pub fn model_name(&self) -> Option<&str> {
        self.model.as_ref()?.name.as_deref()
    }

    /// Says what goes without saying, and drops what says nothing.
    pub fn fill_defaults(&mut self) {
        let mode = self.mode();
        let takes_model = matches!(mode, CpuMode::Custom | CpuMode::HostModel);
        if mode != CpuMode::Custom || self.model_name().is_some() {
            self.mode = Some(mode);
            self.match_ = (mode == CpuMode::Custom).then(|| self.match_.unwrap_or_default());
        } else {
            (self.mode, self.match_) = (None, None);
            self.deprecated_features = None;
        }
        if !takes_model {
            (self.model, self.vendor) = (None, None);
        }
        if let Some(model) = &mut self.model {
            model.fallback = model.name.is_some().then(|| model.fallback.unwrap_or_default());
        }
        self.check = self.check.filter(|check| *check != CpuCheck::Default);
        if let Some(numa) = &mut self.numa {
            numa.fill_defaults();
        }
    }

    /// Refuses to check what is not there.
    pub fn validate_check(&self) -> Result<()> {
        if self.check.is_some() && self.mode() == CpuMode::Custom && self.model_name().is_none() {
            return Err(Error::config_unsupported("<cpu check='…'> needs a <model> to check"));
        }
        Ok(())
    }

    /// Refuses what contradicts itself. What the hypervisor can do is not looked at.
    pub fn validate(&self) -> Result<()> {
        self.validate_alone()?;
        // Its nodes are the machine's, not the processor's.
        let numa = self.numa.as_ref().map_or(Ok(()), Numa::validate);
        numa.map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    /// The same, of the processor alone.
    pub fn validate_alone(&self) -> Result<()> {
        let mode = self.mode();
        if self.migratable.is_some() && !matches!(mode, CpuMode::HostPassthrough | CpuMode::Maximum) {
            let text = "<cpu migratable='…'> is only for the modes host-passthrough and maximum";
            return Err(Error::config_unsupported(text));
        }
        let vendor_id = self.model.as_ref().and_then(|model| model.vendor_id.as_deref());
        if let Some(id) = vendor_id.filter(|id| id.len() != 12 || id.contains(',')) {
            let text = format!("the CPU's vendor_id '{id}' must be 12 characters without a comma");
            return Err(Error::xml(text));
        }
        let has_model = self.model_name().is_some();
        if self.vendor.is_some() && !has_model {
            return Err(Error::xml("a CPU <vendor> needs a <model>"));
        }
        if !self.features.is_empty() && !has_model && mode == CpuMode::Custom {
            return Err(Error::xml("a CPU <feature> needs a <model>, or a mode other than custom"));
        }
        check_features(self.features.iter().map(|feature| feature.name.as_str()))?;
        check_shape(self.cache.as_ref(), self.max_phys_addr.as_ref())
    }
}

/// Refuses features without a name, and ones that are listed twice.
pub(super) fn check_features<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
    for (index, name) in names.clone().enumerate() {
        if name.is_empty() {
            return Err(Error::xml("a CPU <feature> has an empty name"));
        }
        if names.clone().take(index).any(|earlier| earlier == name) {
            return Err(Error::xml(format!("CPU feature '{name}' is there more than once")));
        }
    }
    Ok(())
}

/// Refuses caches and widths of addresses that can't be.
pub(super) fn check_shape(cache: Option<&CpuCache>, width: Option<&MaxPhysAddr>) -> Result<()> {
    if cache.and_then(|cache| cache.level).is_some_and(|level| !(1..=3).contains(&level)) {
        return Err(Error::xml("the level of a CPU <cache> must be 1, 2 or 3"));
    }
    if width.is_some_and(|width| width.limit.is_some() && width.mode != super::MaxPhysAddrMode::Passthrough) {
        let text = "<maxphysaddr limit='…'> is only for mode='passthrough'";
        return Err(Error::new(ErrorCode::ConfigUnsupported, text));
    }
    Ok(())
}
