//! Whether something is supported and what there is to choose from; and the parts that are nothing but that.

use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

/// `<enum>`: the values that an attribute of a domain's XML can have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "enum")]
pub struct Choices {
    #[xml(attr)]
    pub name: String,
    #[xml(value = "value")]
    pub values: Vec<String>,
}

impl Choices {
    pub fn new<S: ToString>(name: &str, values: impl IntoIterator<Item = S>) -> Self {
        Self { name: name.into(), values: values.into_iter().map(|value| value.to_string()).collect() }
    }
}

/// Whether something is supported, and in which variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Support {
    #[xml(attr)]
    pub supported: YesNo,
    /// Values that stand for themselves, such as paths of loaders.
    #[xml(value = "value")]
    #[serde(default)]
    pub values: Vec<String>,
    #[xml(child = "enum")]
    #[serde(default)]
    pub choices: Vec<Choices>,
}

impl Support {
    /// Supported or not, with nothing to choose.
    pub fn plain(supported: bool) -> Self {
        Self { supported: supported.into(), values: Vec::new(), choices: Vec::new() }
    }

    pub fn no() -> Self {
        Self::plain(false)
    }

    pub fn yes() -> Self {
        Self::plain(true)
    }

    /// Adds what an attribute can be.
    pub fn choice<S: ToString>(mut self, name: &str, values: impl IntoIterator<Item = S>) -> Self {
        self.choices.push(Choices::new(name, values));
        self
    }

    pub fn is_supported(&self) -> bool {
        self.supported == YesNo::Yes
    }

    /// Whether an attribute can have a value.
    pub fn allows(&self, name: &str, value: &str) -> bool {
        let choices = self.choices.iter().find(|choices| choices.name == name);
        self.is_supported()
            && choices.is_some_and(|choices| choices.values.iter().any(|known| known == value))
    }
}

/// `<os>`: how guests can boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct OsSupport {
    #[xml(attr)]
    pub supported: YesNo,
    #[xml(child = "enum")]
    #[serde(default)]
    pub choices: Vec<Choices>,
    #[xml(child = "loader")]
    pub loader: Option<Support>,
}

/// `<devices>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(block)]
pub struct DeviceSupport {
    #[xml(child = "disk")]
    pub disk: Option<Support>,
    #[xml(child = "graphics")]
    pub graphics: Option<Support>,
    #[xml(child = "video")]
    pub video: Option<Support>,
    #[xml(child = "hostdev")]
    pub hostdev: Option<Support>,
    #[xml(child = "rng")]
    pub rng: Option<Support>,
    #[xml(child = "filesystem")]
    pub filesystem: Option<Support>,
    #[xml(child = "tpm")]
    pub tpm: Option<Support>,
    #[xml(child = "redirdev")]
    pub redirdev: Option<Support>,
    #[xml(child = "channel")]
    pub channel: Option<Support>,
    #[xml(child = "crypto")]
    pub crypto: Option<Support>,
    #[xml(child = "interface")]
    pub interface: Option<Support>,
    #[xml(child = "panic")]
    pub panic: Option<Support>,
}
