//! `<seclabel>`: the security label that the guest runs under.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// `<seclabel>` of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "seclabel")]
pub struct SecurityLabel {
    #[xml(attr = "type", default)]
    pub kind: SecurityLabelKind,
    /// `selinux`, `apparmor`, `dac`; the host's first if `None`.
    #[xml(attr)]
    pub model: Option<String>,
    /// Whether what the guest uses is labelled for it.
    #[xml(attr)]
    pub relabel: Option<YesNo>,
    /// Of the process; only static labels have one while the guest does not run.
    #[xml(value)]
    pub label: Option<String>,
    /// Of its images, while it runs.
    #[xml(value = "imagelabel")]
    pub image_label: Option<String>,
    /// What a dynamic label starts from.
    #[xml(value = "baselabel")]
    pub base_label: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum SecurityLabelKind {
    None,
    #[default]
    Dynamic,
    Static,
}

impl SecurityLabel {
    const MODEL_LENGTH: usize = 256;
    const LABEL_LENGTH: usize = 4096;

    /// Says what goes without saying; with `inactive`, drops what only running guests have.
    pub fn fill_defaults(&mut self, inactive: bool) {
        self.model = self.model.take().filter(|model| !model.is_empty() && model.len() <= Self::MODEL_LENGTH);
        if inactive && self.model.as_deref() == Some("none") {
            (self.kind, self.relabel) = (SecurityLabelKind::None, None);
        }
        if inactive {
            self.strip_live();
        }
        self.relabel = match self.kind {
            // Never printed.
            SecurityLabelKind::None => self.relabel.filter(|relabel| relabel.is_set()),
            SecurityLabelKind::Dynamic => self.relabel.or(Some(YesNo::Yes)),
            SecurityLabelKind::Static => self.relabel.or(Some(YesNo::No)),
        };
        if self.kind == SecurityLabelKind::None {
            (self.label, self.image_label) = (None, None);
        }
        if self.relabel == Some(YesNo::No) {
            self.image_label = None;
        }
        if self.kind != SecurityLabelKind::Dynamic {
            self.base_label = None;
        }
        self.base_label = self.base_label.take().filter(|label| label.len() <= Self::LABEL_LENGTH);
    }

    /// Drops what only running guests have.
    pub fn strip_live(&mut self) {
        self.image_label = None;
        if self.kind != SecurityLabelKind::Static {
            self.label = None;
        }
    }

    /// Refuses labels that are missing or too long, and relabelling that does not go with the type.
    fn validate(&self, inactive: bool) -> Result<()> {
        match (self.kind, self.relabel) {
            (SecurityLabelKind::Dynamic, Some(YesNo::No)) => {
                let text = "<seclabel type='dynamic'> needs relabel='yes'";
                return Err(Error::config_unsupported(text));
            }
            (SecurityLabelKind::None, Some(YesNo::Yes)) => {
                let text = "<seclabel type='none'> does not go with relabel='yes'";
                return Err(Error::config_unsupported(text));
            }
            _ => {}
        }
        if self.model.as_deref() == Some("none") {
            return match self.kind {
                SecurityLabelKind::None => Ok(()),
                _ => Err(Error::config_unsupported("<seclabel model='none'> must have type='none'")),
            };
        }
        let fits = |label: &Option<String>| label.as_ref().is_some_and(|l| l.len() < Self::LABEL_LENGTH);
        let live = !inactive && self.kind != SecurityLabelKind::None;
        if (live || self.kind == SecurityLabelKind::Static) && !fits(&self.label) {
            return Err(Error::xml("<seclabel> needs a <label> of at most 4095 characters"));
        }
        if live && self.relabel == Some(YesNo::Yes) && !fits(&self.image_label) {
            return Err(Error::xml("<seclabel> of a running guest needs an <imagelabel>"));
        }
        Ok(())
    }

    /// Checks all labels of a guest.
    pub fn validate_all(labels: &[Self], inactive: bool) -> Result<()> {
        for (index, label) in labels.iter().enumerate() {
            label.validate(inactive)?;
            if labels[..index].iter().any(|earlier| earlier.model == label.model) {
                let text = match &label.model {
                    Some(model) => format!("security model '{model}' has more than one <seclabel>"),
                    None => "more than one <seclabel> has no model".into(),
                };
                return Err(Error::new(ErrorCode::XmlDetail, text));
            }
        }
        if labels.len() > 1 && labels.iter().any(|label| label.model.is_none()) {
            return Err(Error::xml("each <seclabel> needs a model if there are several"));
        }
        Ok(())
    }
}
