//! `<seclabel>` of a device's source: how one image or file is to be labelled.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

/// What a security driver does with one source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "seclabel")]
pub struct DeviceSeclabel {
    /// The security driver: `selinux`, `dac`, `apparmor`. None: the first one.
    #[xml(attr)]
    pub model: Option<String>,
    /// The image could not be labelled, and is used as it is. Only in live documents.
    #[xml(attr)]
    pub labelskip: Option<YesNo>,
    /// Whether the source is relabelled at all.
    #[xml(attr)]
    pub relabel: Option<YesNo>,
    #[xml(value)]
    pub label: Option<String>,
}

impl DeviceSeclabel {
    /// Refuses labels of one source that contradict each other or themselves, as they were given.
    pub(super) fn check_all(labels: &[Self]) -> Result<()> {
        for (at, label) in labels.iter().enumerate() {
            let model = label.model.as_deref().unwrap_or("");
            if label.model.is_some() && labels[..at].iter().any(|earlier| earlier.model == label.model) {
                let text = format!("a source has more than one <seclabel model='{model}'>");
                return Err(Error::new(ErrorCode::XmlDetail, text));
            }
            if label.label.is_some() && label.relabel == Some(YesNo::No) {
                return Err(Error::xml(format!(
                    "<seclabel model='{model}' relabel='no'> can't have a <label>"
                )));
            }
            if label.label.is_none() && label.relabel == Some(YesNo::Yes) {
                return Err(Error::xml(format!("<seclabel model='{model}' relabel='yes'> needs a <label>")));
            }
        }
        Ok(())
    }

    /// Says what is meant if nothing is said: the source is relabelled.
    pub fn fill_defaults(&mut self) {
        if self.labelskip == Some(YesNo::No) {
            self.labelskip = None;
        }
        match self.labelskip {
            Some(_) => self.relabel = None,
            None => _ = self.relabel.get_or_insert(YesNo::Yes),
        }
    }

    /// Takes out what a running guest's source was told apart by.
    pub fn strip_live(&mut self) {
        self.labelskip = None;
    }

    /// Whether it says anything in a document of a guest that is not running.
    pub fn is_idle(&self) -> bool {
        self.label.is_none() && self.relabel != Some(YesNo::No)
    }
}
