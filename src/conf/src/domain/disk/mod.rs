//! `<disk>`: a drive of the guest, and the image in it.

mod address;
mod blocks;
mod driver;
mod mirror;
mod tuning;
mod validate;

pub use address::{NARROW_SCSI_UNITS, drive_address, drive_index, scsi_address};
pub use blocks::{
    Blockio, DiskBus, DiskTarget, DiskTray, Geometry, GeometryTranslation, ThrottleFilter, Transient,
};
pub use driver::{
    CacheMode, DetectZeroes, Discard, DiskDriver, DiskIo, DriveErrorPolicy, IoThreadMapping, IoThreadQueue,
};
pub use mirror::{Mirror, MirrorJob, MirrorState};
pub use tuning::IoTune;
pub(super) use validate::is_wwn;

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Node, XmlContent, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use super::{
    Address, BackingStore, Context, Device, DeviceInfo, Encryption, Facts, NetworkProtocol, StorageAuth,
    StorageFormat, StorageLocation, StorageSource, VirtioModel,
};

/// A drive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "disk", check = "check_once")]
pub struct Disk {
    #[xml(child = "driver", omit_empty)]
    pub driver: Option<DiskDriver>,
    /// Where older documents have it; [`Disk::auth`] looks in both places.
    #[xml(child)]
    pub auth: Option<Box<StorageAuth>>,
    /// The `type` attribute and `<source>`.
    #[xml(with = "image")]
    pub source: StorageSource,
    #[xml(attr, default)]
    pub device: DiskDevice,
    #[xml(attr)]
    pub model: Option<VirtioModel>,
    /// Of a LUN: whether the guest may send raw SCSI commands that need a capability.
    #[xml(attr)]
    pub rawio: Option<YesNo>,
    #[xml(attr)]
    pub sgio: Option<SgIo>,
    /// What snapshots of the guest do with the disk.
    #[xml(attr)]
    pub snapshot: Option<SnapshotLocation>,
    /// None: not known.
    #[xml(child)]
    pub backing: Option<BackingStore>,
    /// Of Xen: the domain that serves the disk.
    #[xml(attr = "backenddomain/@name")]
    pub backend_domain: Option<String>,
    #[xml(child)]
    pub geometry: Option<Geometry>,
    #[xml(child, omit_empty)]
    pub blockio: Option<Blockio>,
    /// A copy or commit that is under way. Only in live documents.
    #[xml(with = "mirror_under_way")]
    pub mirror: Option<Box<Mirror>>,
    #[xml(flatten = "target")]
    pub target: DiskTarget,
    #[xml(child = "iotune", omit_empty)]
    pub iotune: Option<Box<IoTune>>,
    #[xml(child = "throttlefilters/throttlefilter")]
    pub throttle_filters: Vec<ThrottleFilter>,
    #[xml(flag)]
    pub readonly: bool,
    /// Other guests use it too.
    #[xml(flag)]
    pub shareable: bool,
    /// What the guest writes is gone when it ends.
    #[xml(child)]
    pub transient: Option<Transient>,
    #[xml(value)]
    pub serial: Option<String>,
    /// World-wide name: 16 hexadecimal digits.
    #[xml(value)]
    pub wwn: Option<String>,
    /// At most 8 characters.
    #[xml(value)]
    pub vendor: Option<String>,
    /// At most 16 characters, 40 on other buses than SCSI.
    #[xml(value)]
    pub product: Option<String>,
    /// Where older documents have it; [`Disk::encryption`] looks in both places.
    #[xml(child)]
    pub encryption: Option<Box<Encryption>>,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// Definitions have no mirror: what is said of one does not matter there, and may be wrong.
mod mirror_under_way {
    use super::Mirror;
    use ferrovirt_core::Result;
    use ferrovirt_xml::{Cardinality, Item, Node, Shape, Writer, XmlContent, XmlElement};

    pub fn parse(node: &Node<'_>) -> Result<Option<Box<Mirror>>> {
        let found = node.child(Mirror::TAG);
        Ok(found.and_then(|mirror| Mirror::parse(&mirror).ok()).map(Box::new))
    }

    pub fn write_attrs(_: &Option<Box<Mirror>>, _: &mut Writer) {}

    pub fn write_children(mirror: &Option<Box<Mirror>>, w: &mut Writer) {
        if let Some(mirror) = mirror {
            w.element(Mirror::TAG, &**mirror);
        }
    }

    pub fn shape() -> &'static Shape {
        &Shape {
            items: &[Item::Child {
                tag: Mirror::TAG,
                cardinality: Cardinality::Optional,
                shape: Mirror::shape,
            }],
        }
    }
}

/// Refuses what stands both in `<disk>`, where older documents have it, and in `<source>`; that of the source must be one.
fn check_once(node: &Node<'_>) -> Result<()> {
    let Some(source) = node.child("source") else { return Ok(()) };
    if let Some(auth) = source.child("auth") {
        StorageAuth::parse(&auth)?;
    }
    if let Some(encryption) = source.child("encryption") {
        Encryption::parse(&encryption)?;
    }
    match ["auth", "encryption"]
        .iter()
        .find(|name| node.child(**name).is_some() && source.child(**name).is_some())
    {
        Some(name) => {
            let text = format!("<{name}> stands in <disk> and in <source>: take one out");
            Err(node.error(ErrorCode::ConfigUnsupported, text))
        }
        None => Ok(()),
    }
}

/// What the guest sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, XmlEnum)]
pub enum DiskDevice {
    #[default]
    Disk,
    Cdrom,
    Floppy,
    /// A disk of the host whose SCSI commands are passed through.
    Lun,
}

/// Whether dangerous SCSI commands of a LUN are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SgIo {
    Filtered,
    Unfiltered,
}

/// What a snapshot does with a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SnapshotLocation {
    /// Leaves it alone.
    No,
    /// Keeps its state inside the image.
    Internal,
    /// Freezes the image, and puts another one on top.
    External,
    /// Leaves it to the user while the guest stands still.
    Manual,
}

impl Disk {
    /// The name of the drive, such as `vda`.
    pub fn name(&self) -> Option<&str> {
        self.target.dev.as_deref()
    }

    /// The image's format, if it is said.
    pub fn format(&self) -> Option<StorageFormat> {
        self.driver.as_ref()?.format
    }

    /// Wherever it stands.
    pub fn auth(&self) -> Option<&StorageAuth> {
        self.auth.as_deref().or(self.source.options.auth.as_deref())
    }

    /// Wherever it stands.
    pub fn encryption(&self) -> Option<&Encryption> {
        self.encryption.as_deref().or(self.source.options.encryption.as_deref())
    }

    /// What snapshots do with the disk, said or meant; `None`: what the snapshot's other disks do.
    pub fn snapshot_location(&self) -> Option<SnapshotLocation> {
        self.snapshot.or(self.readonly.then_some(SnapshotLocation::No))
    }

    /// Whether the medium can be changed.
    pub fn is_removable(&self) -> bool {
        matches!(self.device, DiskDevice::Cdrom | DiskDevice::Floppy)
    }

    /// Takes out what only a running guest's disk has.
    pub fn strip_live(&mut self) {
        self.mirror = None;
        self.source.strip_live();
        if let Some(reservations) = &mut self.source.options.reservations {
            reservations.strip_live();
        }
        if let Some(backing) = &mut self.backing {
            backing.for_each_layer(|layer| {
                layer.index = 0;
                layer.source.strip_live();
            });
        }
        self.info.strip_live();
    }

    fn fill_source(&mut self) {
        self.source.fill_defaults();
        if let Some(backing) = &mut self.backing {
            backing.for_each_layer(|layer| layer.source.fill_defaults());
        }
        if let StorageLocation::Network(network) = &mut self.source.location
            && let (NetworkProtocol::Iscsi, Some(name)) = (network.protocol, &mut network.name)
        {
            add_unit(name);
        }
    }
}

/// An iSCSI target alone stands for its first unit.
pub(super) fn add_unit(target: &mut String) {
    if !target.contains('/') {
        target.push_str("/0");
    }
}

impl Device for Disk {
    fn visible(&self, facts: &mut Facts) {
        facts.is("device", &self.device);
        facts.may("bus", &self.target.bus);
        facts.may("target", &self.target.dev);
        facts.may("serial", &self.serial);
        facts.may("wwn", &self.wwn);
        facts.is("readonly", &self.readonly);
        facts.may("model", &self.model);
        facts.is("rotation_rate", &self.target.rotation_rate);
        let driver = self.driver.clone().unwrap_or_default();
        facts.is("queues", &driver.queues);
        facts.is("queue_size", &driver.queue_size);
        facts.virtio(&driver.virtio);
        facts.place(&self.info);
        facts.all_of(self.blockio.as_ref());
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.readonly |= self.device == DiskDevice::Cdrom;
        let (device, dev) = (self.device, self.target.dev.as_deref());
        self.target.bus.get_or_insert_with(|| DiskBus::guess(device, dev));
        if self.readonly && self.snapshot == Some(SnapshotLocation::No) {
            self.snapshot = None;
        }
        if matches!(self.source.location, StorageLocation::VhostUser(_)) && !self.readonly {
            self.snapshot.get_or_insert(SnapshotLocation::No);
        }
        self.fill_source();
        if let Some(mirror) = &mut self.mirror {
            mirror.fill_defaults();
        }
        if self.info.address.is_none() {
            let place = self.target.dev.as_deref().and_then(|name| drive_address(self.target.bus?, name));
            self.info.address = place.map(Address::Drive);
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        validate::disk(self)
    }
}

/// A disk without `<source>` is an empty drive of type `file`, whatever its type attribute says.
mod image {
    use super::StorageSource;
    use ferrovirt_core::Result;
    use ferrovirt_xml::{Node, Shape, Writer, XmlContent};

    pub fn parse(node: &Node<'_>) -> Result<StorageSource> {
        let source = StorageSource::parse(node)?;
        Ok(if node.child("source").is_some() { source } else { StorageSource::default() })
    }

    pub fn write_attrs(source: &StorageSource, w: &mut Writer) {
        source.write_attrs(w);
    }

    pub fn write_children(source: &StorageSource, w: &mut Writer) {
        source.write_children(w);
    }

    pub fn shape() -> &'static Shape {
        StorageSource::shape()
    }
}

#[cfg(test)]
mod tests;
