//! `<cpu>` of domain capabilities: which modes there are, what host-model stands for, and which models are usable.

use crate::cpu::{CpuFeature, CpuMode, CpuModel, MaxPhysAddr};
use crate::domain_capabilities::Choices;
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// `<cpu>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct CpuSupport {
    #[xml(child = "mode")]
    pub modes: Vec<CpuModeSupport>,
}

impl CpuSupport {
    pub fn supports(&self, mode: CpuMode) -> bool {
        let found = self.modes.iter().find(|support| support.mode() == mode);
        found.is_some_and(CpuModeSupport::is_supported)
    }
}

/// `<mode>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(rename_all = "kebab-case")]
#[xml(tag = "name")]
pub enum CpuModeSupport {
    HostPassthrough(PlainMode),
    Maximum(PlainMode),
    HostModel(Box<HostModel>),
    Custom(CustomModels),
}

impl CpuModeSupport {
    pub fn mode(&self) -> CpuMode {
        match self {
            Self::HostPassthrough(_) => CpuMode::HostPassthrough,
            Self::Maximum(_) => CpuMode::Maximum,
            Self::HostModel(_) => CpuMode::HostModel,
            Self::Custom(_) => CpuMode::Custom,
        }
    }

    pub fn is_supported(&self) -> bool {
        let supported = match self {
            Self::HostPassthrough(mode) | Self::Maximum(mode) => mode.supported,
            Self::HostModel(model) => model.supported,
            Self::Custom(models) => models.supported,
        };
        supported == YesNo::Yes
    }
}

/// A mode without models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct PlainMode {
    #[xml(attr)]
    pub supported: YesNo,
    #[xml(child = "enum")]
    #[serde(default)]
    pub choices: Vec<Choices>,
}

/// What the mode host-model stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct HostModel {
    #[xml(attr)]
    pub supported: YesNo,
    #[xml(child)]
    pub model: Option<CpuModel>,
    #[xml(value)]
    pub vendor: Option<String>,
    #[xml(child)]
    pub max_phys_addr: Option<MaxPhysAddr>,
    #[xml(child)]
    #[serde(default)]
    pub features: Vec<CpuFeature>,
}

impl HostModel {
    pub fn unsupported() -> Self {
        Self { supported: YesNo::No, model: None, vendor: None, max_phys_addr: None, features: Vec::new() }
    }
}

/// The models that the mode custom has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct CustomModels {
    #[xml(attr)]
    pub supported: YesNo,
    #[xml(choice)]
    #[serde(default)]
    pub entries: Vec<CustomEntry>,
}

/// A model, or what stands in the way of the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(rename_all = "lowercase")]
#[xml(choice)]
pub enum CustomEntry {
    Model(CustomModel),
    Blockers(ModelBlockers),
}

/// `<model>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "model")]
pub struct CustomModel {
    #[xml(attr)]
    pub usable: Usable,
    #[xml(attr)]
    pub deprecated: Option<YesNo>,
    /// `unknown` where it is not known.
    #[xml(attr)]
    pub vendor: Option<String>,
    /// The version that a name without one stands for.
    #[xml(attr)]
    pub canonical: Option<String>,
    #[xml(text)]
    pub name: String,
}

/// Whether this host can run a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum Usable {
    Yes,
    No,
    Unknown,
}

/// `<blockers>`: the features of a model that the host lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "blockers")]
pub struct ModelBlockers {
    #[xml(attr)]
    pub model: String,
    #[xml(child = "feature")]
    #[serde(default)]
    pub features: Vec<Blocker>,
}

/// `<feature>` that blocks a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Blocker {
    #[xml(attr)]
    pub name: String,
}
