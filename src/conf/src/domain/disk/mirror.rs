//! `<mirror>`: the image that a running copy or commit writes to.

use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use crate::domain::{BackingStore, ImageFormat, StorageFormat, StorageSource};

/// The target of a copy or commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "mirror")]
pub struct Mirror {
    #[xml(child)]
    pub format: Option<ImageFormat>,
    /// The `type` attribute and `<source>`.
    #[xml(flatten)]
    pub source: StorageSource,
    /// For old readers: the path, if a copy goes to a file.
    #[xml(attr)]
    pub file: Option<String>,
    /// For old readers: the format, if a copy goes to a file.
    #[xml(attr = "format")]
    pub file_format: Option<StorageFormat>,
    #[xml(attr, default, error = "ConfigUnsupported")]
    #[serde(default)]
    pub job: MirrorJob,
    /// None: it is still copying.
    #[xml(attr)]
    pub ready: Option<MirrorState>,
    #[xml(child)]
    pub backing: Option<BackingStore>,
}

impl Mirror {
    /// Says the same twice, for old readers, where libvirt does.
    pub fn fill_defaults(&mut self) {
        let to_file = matches!(self.source.location, crate::domain::StorageLocation::File(_));
        if self.job == MirrorJob::Copy && to_file {
            if let Some(path) = self.source.path() {
                self.file = Some(path.to_owned());
            } else if let Some(path) = self.file.clone() {
                self.source = StorageSource::file(path);
            }
            self.file_format = self.format.as_ref().map(|format| format.kind).or(self.file_format);
        }
    }
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum MirrorJob {
    #[default]
    Copy,
    ActiveCommit,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MirrorState {
    /// Both images are the same; the guest may be switched over.
    Yes,
    /// It is being given up.
    Abort,
    /// The guest is being switched over.
    Pivot,
}
