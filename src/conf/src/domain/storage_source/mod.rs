//! Where an image is: the `type` attribute of a disk (or another element that has images) and its `<source>`.
//!
//! Disks, backing stores, mirrors, snapshots, backups and firmware variables share it.

mod auth;
mod chain;
mod location;
mod network;

pub use auth::{Reservations, SecretUser, StorageAuth, StorageAuthKind};
pub use chain::{BackingLayer, BackingStore, DataStore, ImageFormat};
pub use location::{
    FileSource, NvmeBus, NvmeSource, Reconnect, StorageLocation, StorageType, VhostUserSource, VolumeMode,
    VolumeSource,
};
pub use network::{
    Cookie, HostTransport, NetworkHost, NetworkProtocol, NetworkSource, NfsIdentity, SshIdentity,
};

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{Cardinality, Fault, Item, Node, Shape, Tag, Writer, XmlContent, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{DeviceSeclabel, Encryption};

/// An image: its place, and how it is opened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StorageSource {
    /// The `type` attribute, and what belongs to it.
    pub location: StorageLocation,
    pub options: SourceOptions,
}

/// What `<source>` may say wherever the image is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct SourceOptions {
    /// What to do if the image is not there when the guest starts.
    #[xml(attr)]
    pub startup_policy: Option<StartupPolicy>,
    /// The node's number in a running guest, as `vda[3]` names it. Only in live documents; 0: none.
    #[xml(attr, default, skip_default)]
    pub index: u32,
    /// The part of the file or device that is the image.
    #[xml(child = "slices/slice")]
    pub slices: Vec<Slice>,
    #[xml(child)]
    pub seclabels: Vec<DeviceSeclabel>,
    #[xml(child)]
    pub auth: Option<Box<StorageAuth>>,
    #[xml(child)]
    pub encryption: Option<Box<Encryption>>,
    #[xml(child)]
    pub reservations: Option<Reservations>,
    /// Where a qcow2 image keeps its data, if not in itself.
    #[xml(child)]
    pub data_store: Option<Box<DataStore>>,
}

/// What happens to a guest whose image is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum StartupPolicy {
    /// The guest does not start.
    Mandatory,
    /// It starts without, if it comes by migration, restore or revert; a fresh start fails.
    Requisite,
    /// It starts without.
    Optional,
}

/// A part of a file or device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "slice")]
pub struct Slice {
    #[xml(attr = "type")]
    pub kind: SliceKind,
    /// In bytes.
    #[xml(attr)]
    pub offset: u64,
    /// In bytes.
    #[xml(attr)]
    pub size: u64,
}

/// What a slice is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SliceKind {
    Storage,
}

impl StorageSource {
    /// An image in a file.
    pub fn file(path: impl Into<String>) -> Self {
        let file = FileSource { path: Some(path.into()), fd_group: None };
        Self { location: StorageLocation::File(file), ..Self::default() }
    }

    /// An image on a block device.
    pub fn block(path: impl Into<String>) -> Self {
        Self { location: StorageLocation::Block { path: Some(path.into()) }, ..Self::default() }
    }

    /// Whether there is no image, as in an empty drive.
    pub fn is_empty(&self) -> bool {
        self.location.is_empty()
    }

    /// The path in the host's file system, for what has one.
    pub fn path(&self) -> Option<&str> {
        self.location.path()
    }

    /// What is always said in libvirt's documents even if the user did not say it.
    pub fn fill_defaults(&mut self) {
        self.location.fill_defaults();
        self.options.seclabels.iter_mut().for_each(DeviceSeclabel::fill_defaults);
        if let Some(store) = &mut self.options.data_store {
            store.source.options.startup_policy = None;
            store.source.fill_defaults();
        }
    }

    /// Takes out what only a running guest's image has.
    pub fn strip_live(&mut self) {
        let options = &mut self.options;
        options.index = 0;
        options.seclabels.iter_mut().for_each(DeviceSeclabel::strip_live);
        options.seclabels.retain(|label| !label.is_idle());
        if let Some(store) = &mut options.data_store {
            store.source.strip_live();
        }
    }

    /// What contradicts itself, whatever the hypervisor. `format` is that of the image.
    pub fn validate(&self, format: Option<StorageFormat>) -> Result<()> {
        if let StorageLocation::Network(network) = &self.location {
            network.validate(self.options.auth.as_deref())?;
        }
        if let Some(encryption) = &self.options.encryption {
            refuse_cipher(encryption)?;
        }
        if let Some(store) = &self.options.data_store {
            store.validate(format)?;
        }
        Ok(())
    }
}

/// A disk is opened with the cipher that it was made with.
pub(super) fn refuse_cipher(encryption: &Encryption) -> Result<()> {
    encryption.validate()?;
    match &encryption.cipher {
        Some(cipher) if encryption.format == super::EncryptionFormat::Luks => {
            Err(Error::config_unsupported(format!(
                "a disk's image knows its cipher itself; take out <cipher name='{}'>, it is for new volumes",
                cipher.name
            )))
        }
        _ => Ok(()),
    }
}

impl StorageSource {
    /// Reads a source from the child of that name, which is `source` but for backups.
    pub(crate) fn parse_named(node: &Node<'_>, name: &'static str) -> Result<Self> {
        let kind = StorageType::of(node)?;
        let Some(source) = node.child(name) else {
            return Ok(Self { location: StorageLocation::empty(kind), ..Self::default() });
        };
        let location = StorageLocation::parse(kind, &source)?;
        let mut options = SourceOptions::parse(&source)?;
        if matches!(location, StorageLocation::Network(_)) {
            options.startup_policy = None;
            options.seclabels.clear();
        }
        if matches!(location, StorageLocation::Volume(_)) {
            // The pool knows how to authenticate.
            options.auth = None;
        }
        Ok(Self { location, options })
    }

    /// Writes the child of that name; nothing if there is nothing to say.
    pub(crate) fn write_named(&self, name: &'static str, w: &mut Writer) {
        let mark = w.open_optional(name);
        self.location.write_attrs(w);
        self.options.write_attrs(w);
        self.location.write_children(w);
        self.options.write_children(w);
        w.close_optional(mark);
    }
}

impl XmlContent for StorageSource {
    fn parse(node: &Node<'_>) -> Result<Self> {
        Self::parse_named(node, "source")
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr("type", &self.location.kind());
    }

    fn write_children(&self, w: &mut Writer) {
        self.write_named("source", w);
    }

    fn shape() -> &'static Shape {
        const fn source(items: &'static [Item]) -> Item {
            Item::Group { tag: Tag::new("source"), cardinality: Cardinality::Optional, items }
        }
        const OPTIONS: Item = Item::Flatten(SourceOptions::shape);
        const SHAPE: &Shape = &Shape {
            items: &[Item::Tagged {
                attr: "type",
                default: Some(0),
                names: StorageType::NAMES,
                variants: &[
                    &[source(&[Item::Flatten(FileSource::shape), OPTIONS])],
                    &[source(&[Item::Flatten(location::BlockPath::shape), OPTIONS])],
                    &[source(&[Item::Flatten(location::DirPath::shape), OPTIONS])],
                    &[source(&[Item::Flatten(NetworkSource::shape), OPTIONS])],
                    &[source(&[Item::Flatten(VolumeSource::shape), OPTIONS])],
                    &[source(&[Item::Flatten(NvmeSource::shape), OPTIONS])],
                    &[source(&[Item::Flatten(VhostUserSource::shape), OPTIONS])],
                    &[source(&[Item::Flatten(location::BlockPath::shape), OPTIONS])],
                ],
            }],
        };
        SHAPE
    }
}

/// The format of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum StorageFormat {
    Raw,
    Dir,
    Bochs,
    Cloop,
    Dmg,
    Iso,
    Vpc,
    Vdi,
    Fat,
    Vhd,
    Ploop,
    Cow,
    Qcow,
    Qcow2,
    Qed,
    Vmdk,
}

impl StorageFormat {
    /// Whether such an image may stand on another one.
    pub fn has_backing(self) -> bool {
        matches!(self, Self::Cow | Self::Qcow | Self::Qcow2 | Self::Qed | Self::Vmdk)
    }
}

/// The error for a value that only XML of this model's kind can have.
fn refuse(node: &Node<'_>, text: impl std::fmt::Display) -> Error {
    node.error(Fault::of_object(ErrorCode::XmlError), text)
}

#[cfg(test)]
mod tests;
