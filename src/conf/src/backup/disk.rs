//! `<disk>` of a backup: what is copied of a disk, and where it goes.

use super::BackupMode;
use crate::domain::{DeviceSeclabel, Encryption, StorageFormat, StorageSource, StorageType};
use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Fault, Node, Shape, Writer, XmlContent, XmlElement, XmlEnum, XmlValue, YesNo};
use serde::{Deserialize, Serialize};

/// A disk of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupDisk {
    /// The disk's target, such as `vda`.
    pub name: String,
    /// What is done with it; none: it is left out.
    pub copy: Option<BackupCopy>,
}

/// How a disk is copied.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupCopy {
    pub mode: Option<BackupDiskMode>,
    /// Only what changed since that checkpoint.
    pub incremental: Option<String>,
    /// Of `pull`: the name of the export on the server, and of its bitmap of changes.
    pub export_name: Option<String>,
    pub export_bitmap: Option<String>,
    pub format: Option<StorageFormat>,
    pub store: BackupStore,
    /// The number of the file among the guest's images, once it is written; 0: none yet.
    pub index: u32,
}

/// All of a disk, or what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum BackupDiskMode {
    Full,
    Incremental,
}

/// The file or device that the hypervisor writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupStore {
    /// Of `push`: the copy.
    Target(StorageSource),
    /// Of `pull`: what the guest overwrites before it was fetched.
    Scratch(StorageSource),
}

impl Default for BackupStore {
    fn default() -> Self {
        Self::new(BackupMode::Push, StorageSource::default())
    }
}

impl BackupStore {
    pub fn new(mode: BackupMode, source: StorageSource) -> Self {
        match mode {
            BackupMode::Push => Self::Target(source),
            BackupMode::Pull => Self::Scratch(source),
        }
    }

    pub fn source(&self) -> &StorageSource {
        match self {
            Self::Target(source) | Self::Scratch(source) => source,
        }
    }

    pub fn source_mut(&mut self) -> &mut StorageSource {
        match self {
            Self::Target(source) | Self::Scratch(source) => source,
        }
    }

    fn element(&self) -> &'static str {
        match self {
            Self::Target(_) => "target",
            Self::Scratch(_) => "scratch",
        }
    }
}

/// The attributes, and what the strict check allows.
#[derive(XmlElement)]
struct Parts {
    #[xml(attr, missing = "XmlError@object")]
    name: String,
    #[xml(attr)]
    backup: Option<YesNo>,
    #[xml(attr = "type")]
    kind: Option<StorageType>,
    #[xml(attr = "backupmode")]
    mode: Option<BackupDiskMode>,
    #[xml(attr)]
    incremental: Option<String>,
    #[xml(attr = "exportname")]
    export_name: Option<String>,
    #[xml(attr = "exportbitmap")]
    export_bitmap: Option<String>,
    #[xml(attr = "driver/@type", error = "ConfigUnsupported")]
    format: Option<StorageFormat>,
    #[xml(child = "target")]
    target: Option<Store>,
    #[xml(child = "scratch")]
    scratch: Option<Store>,
}

#[derive(XmlElement)]
struct Store {
    #[xml(attr = "file")]
    _file: Option<String>,
    #[xml(attr = "dev")]
    _dev: Option<String>,
    #[xml(child)]
    _seclabels: Vec<DeviceSeclabel>,
    #[xml(child)]
    _encryption: Option<Encryption>,
}

impl XmlContent for BackupDisk {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let parts = Parts::parse(node)?;
        if parts.backup == Some(YesNo::No) {
            return Ok(Self { name: parts.name, copy: None });
        }
        let backup = node.parent().and_then(|disks| disks.parent());
        let mode = backup.and_then(|backup| BackupMode::from_text(backup.attr("mode")?)).unwrap_or_default();
        let mut store = BackupStore::new(mode, StorageSource::default());
        let source = StorageSource::parse_named(node, store.element())?;
        let kind = source.location.kind();
        if !matches!(kind, StorageType::File | StorageType::Block) {
            let text = format!("a backup can't be written to a disk of type='{kind}'");
            return Err(node.error(Fault::of_object(ErrorCode::XmlError), text));
        }
        *store.source_mut() = source;
        let pull = mode == BackupMode::Pull;
        let copy = BackupCopy {
            mode: parts.mode,
            incremental: parts.incremental,
            export_name: parts.export_name.filter(|_| pull),
            export_bitmap: parts.export_bitmap.filter(|_| pull),
            format: parts.format,
            store,
            // Only what runs has one, so that no user may give it.
            index: node.attr("index").and_then(|text| text.parse().ok()).unwrap_or(0),
        };
        Ok(Self { name: parts.name, copy: Some(copy) })
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr("name", &self.name);
        w.attr("backup", &YesNo::from(self.copy.is_some()));
        let Some(copy) = &self.copy else { return };
        w.attr("type", &copy.store.source().location.kind());
        if let Some(mode) = &copy.mode {
            w.attr("backupmode", mode);
        }
        let texts = [
            ("incremental", &copy.incremental),
            ("exportname", &copy.export_name),
            ("exportbitmap", &copy.export_bitmap),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                w.attr(name, text);
            }
        }
        if copy.index != 0 {
            w.attr("index", &copy.index);
        }
    }

    fn write_children(&self, w: &mut Writer) {
        let Some(copy) = &self.copy else { return };
        if let Some(format) = &copy.format {
            w.open("driver");
            w.attr("type", format);
            w.close("driver");
        }
        copy.store.source().write_named(copy.store.element(), w);
    }

    fn shape() -> &'static Shape {
        Parts::shape()
    }
}
