//! `<volume>`: a file, a partition, an image on a server.

use super::volume_schema::VOLUME;
use super::{Permissions, PoolType};
use crate::domain::Encryption;
use crate::snapshot::{optional, text_of};
use crate::values::Unit;
use ferrovirt_core::{ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, Writer, XmlContent, XmlElement, XmlEnum, XmlValue, check_shape};
use serde::{Deserialize, Serialize};

/// A volume.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StorageVolume {
    pub kind: VolumeType,
    pub name: String,
    /// What it is found by, whatever its pool; drivers choose it.
    pub key: Option<String>,
    /// Where its data is on the devices of its pool; drivers tell.
    pub extents: Vec<VolumeExtent>,
    /// The size that a guest sees, in bytes.
    pub capacity: u64,
    /// What it takes of its pool, in bytes.
    pub allocation: u64,
    /// Whether the definition says what it is to take.
    pub has_allocation: bool,
    /// Where the file ends, in bytes; drivers tell. 0: not known.
    pub physical: u64,
    /// Its image.
    pub target: VolumeLayer,
    /// The image that it says its difference from.
    pub backing: Option<VolumeLayer>,
}

/// What a volume is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum VolumeType {
    #[default]
    File,
    Block,
    Dir,
    Network,
    #[xml(name = "netdir")]
    NetDir,
    Ploop,
}

/// `<target>` or `<backingStore>`: an image.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeLayer {
    pub path: Option<String>,
    /// There where volumes of the pool have formats.
    pub format: Option<String>,
    pub permissions: Permissions,
    /// Drivers tell; what a definition says of them is not kept.
    pub timestamps: Option<Timestamps>,
    pub encryption: Option<Encryption>,
    /// Of a file that is to be made: it must not be copied on write.
    pub no_copy_on_write: bool,
    /// The version of QCOW2, such as `1.1`.
    pub compat: Option<String>,
    /// In bytes; 0: not said.
    pub cluster_size: u64,
    /// Extensions of QCOW2, if any were asked for.
    pub features: Option<Vec<ImageFeature>>,
}

/// When the image was read, written and changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timestamps {
    pub accessed: Timestamp,
    pub modified: Timestamp,
    pub changed: Timestamp,
    /// What the kernel does not tell is told as 0.
    pub born: Timestamp,
}

/// Seconds since 1970, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timestamp {
    pub seconds: i64,
    pub nanoseconds: u32,
}

/// A part of a device that holds data of a volume, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeExtent {
    pub device: String,
    pub start: u64,
    pub end: u64,
}

/// When a definition may leave out the capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapacityRule {
    Needed,
    /// An image that says its difference from another may have that one's.
    UnlessBacked,
    /// A copy has that of what it is a copy of.
    Optional,
}

/// An extension of QCOW2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, XmlEnum)]
pub enum ImageFeature {
    #[xml(name = "lazy_refcounts")]
    LazyRefcounts,
    #[xml(name = "extended_l2")]
    ExtendedL2,
    #[xml(name = "data_file")]
    DataFile,
}

impl StorageVolume {
    /// Reads a definition for a pool of this type. With `strict`, what is not in the schema is refused.
    pub fn from_xml(text: &str, pool: PoolType, rule: CapacityRule, strict: bool) -> Result<Self> {
        let document = Document::parse(text, "storage_volume_definition")?;
        document.expect_root("volume")?;
        if strict {
            check_shape(&document, VOLUME)?;
        }
        Self::read(&document.root(), pool, rule).map_err(super::pool::own)
    }

    /// Reads a definition inside of another document.
    pub fn from_node(node: &Node<'_>, pool: PoolType) -> Result<Self> {
        Self::read(node, pool, CapacityRule::Needed).map_err(super::pool::own)
    }

    fn read(node: &Node<'_>, pool: PoolType, rule: CapacityRule) -> Result<Self> {
        let name = text_of(node, "name").ok_or_else(|| node.missing_child("name", ErrorCode::XmlError))?;
        let kind = match node.attr("type") {
            None => VolumeType::default(),
            Some(text) => VolumeType::from_text(text).ok_or_else(|| {
                node.error(ErrorCode::ConfigUnsupported, format!("'{text}' is not the type of a volume"))
            })?,
        };
        let backing = match node.child("backingStore").filter(|layer| text_of(layer, "path").is_some()) {
            None => None,
            Some(layer) => Some(VolumeLayer {
                path: text_of(&layer, "path"),
                format: read_format(&layer, pool)?,
                permissions: read_permissions(&layer)?,
                ..VolumeLayer::default()
            }),
        };
        let capacity = match node.child("capacity").filter(|size| !size.text().is_empty()) {
            Some(size) => read_size(&size)?,
            None if rule == CapacityRule::Optional => 0,
            None if rule == CapacityRule::UnlessBacked && backing.is_some() => 0,
            None => return Err(node.missing_child("capacity", ErrorCode::XmlError)),
        };
        let allocation = node.child("allocation").filter(|size| !size.text().is_empty());
        let has_allocation = allocation.is_some();
        let allocation = allocation.map_or(Ok(capacity), |size| read_size(&size))?;
        let target = match node.child("target") {
            None => VolumeLayer { format: pool.volume_format().map(str::to_owned), ..VolumeLayer::default() },
            Some(target) => read_target(&target, pool)?,
        };
        Ok(Self {
            kind,
            name,
            key: text_of(node, "key"),
            extents: Vec::new(),
            capacity,
            allocation,
            has_allocation,
            physical: 0,
            target,
            backing,
        })
    }

    /// The definition as text.
    pub fn to_xml(&self) -> String {
        let mut w = Writer::new();
        w.open("volume");
        w.attr("type", &self.kind);
        w.value("name", &self.name);
        optional(&mut w, "key", self.key.as_ref());
        self.write_extents(&mut w);
        let physical = (self.physical > 0).then_some(("physical", self.physical));
        let sizes = [("capacity", self.capacity), ("allocation", self.allocation)];
        for (name, size) in sizes.into_iter().chain(physical) {
            w.open(name);
            w.attr_str("unit", "bytes");
            w.text(&size);
            w.close(name);
        }
        self.target.write(&mut w, "target");
        if let Some(backing) = &self.backing {
            backing.write(&mut w, "backingStore");
        }
        w.close("volume");
        w.finish()
    }

    /// Those that follow each other on one device stand in one element.
    fn write_extents(&self, w: &mut Writer) {
        if self.extents.is_empty() {
            return;
        }
        w.open("source");
        for extents in self.extents.chunk_by(|one, next| one.device == next.device) {
            w.open("device");
            w.attr_str("path", &extents[0].device);
            for extent in extents {
                w.open("extent");
                w.attr("start", &extent.start);
                w.attr("end", &extent.end);
                w.close("extent");
            }
            w.close("device");
        }
        w.close("source");
    }
}

fn read_format(node: &Node<'_>, pool: PoolType) -> Result<Option<String>> {
    let Some(default) = pool.volume_format() else { return Ok(None) };
    match node.child("format").and_then(|format| format.attr("type")) {
        None => Ok(Some(default.to_owned())),
        Some(format) if pool.knows_volume_format(format) => Ok(Some(format.to_owned())),
        Some(format) => {
            let text = format!("'{format}' is not a format of volumes of a '{pool}' pool");
            Err(node.error(ErrorCode::ConfigUnsupported, text))
        }
    }
}

fn read_permissions(node: &Node<'_>) -> Result<Permissions> {
    let permissions = node.child("permissions").map(|node| Permissions::parse(&node)).transpose()?;
    Ok(permissions.unwrap_or_default().filled())
}

/// Bytes, in any unit; more than a signed number can count no file has.
fn read_size(node: &Node<'_>) -> Result<u64> {
    let text = node.text();
    let count: u64 = text.trim_start().parse().map_err(|_| {
        node.error(ErrorCode::XmlError, format!("<{}> must be a number of bytes", node.name()))
    })?;
    let unit = node.attr("unit").filter(|unit| !unit.is_empty()).unwrap_or("bytes");
    let no_unit = || {
        let err = node.error(ErrorCode::InvalidArg, format!("there is no unit '{unit}'"));
        err.domain(ErrorDomain::None)
    };
    let scale = Unit::bytes_of(unit).ok_or_else(no_unit)?;
    count.checked_mul(scale).filter(|size| *size <= i64::MAX as u64).ok_or_else(|| {
        node.error(ErrorCode::Overflow, format!("{count} {unit} are more than can be counted"))
    })
}

fn read_target(node: &Node<'_>, pool: PoolType) -> Result<VolumeLayer> {
    let mut layer = VolumeLayer {
        path: text_of(node, "path"),
        format: read_format(node, pool)?,
        permissions: read_permissions(node)?,
        encryption: node.child("encryption").map(|node| Encryption::parse(&node)).transpose()?,
        no_copy_on_write: node.child("nocow").is_some(),
        compat: text_of(node, "compat"),
        ..VolumeLayer::default()
    };
    if let Some(compat) = &layer.compat {
        let number = |text: &str| text.parse::<u32>().is_ok();
        if !compat.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor)) {
            let text = format!("<compat> must be a version such as 1.1, not '{compat}'");
            return Err(node.error(ErrorCode::XmlError, text));
        }
    }
    if let Some(size) = node.child("clusterSize") {
        layer.cluster_size = read_size(&size)?;
    }
    if let Some(features) = node.child("features") {
        layer.compat.get_or_insert_with(|| "1.1".to_owned());
        let read = |feature: Node<'_>| {
            ImageFeature::from_text(feature.name()).ok_or_else(|| {
                let text = format!("<{}> is not a feature of images", feature.name());
                feature.error(ErrorCode::ConfigUnsupported, text)
            })
        };
        let mut features = features.children().map(read).collect::<Result<Vec<_>>>()?;
        features.sort();
        features.dedup();
        layer.features = Some(features);
    }
    Ok(layer)
}

impl VolumeLayer {
    fn write(&self, w: &mut Writer, name: &'static str) {
        w.open(name);
        w.block();
        optional(w, "path", self.path.as_ref());
        if let Some(format) = &self.format {
            w.open("format");
            w.attr("type", format);
            w.close("format");
        }
        if self.permissions != Permissions::default() {
            w.element("permissions", &self.permissions);
        }
        if let Some(timestamps) = &self.timestamps {
            timestamps.write(w);
        }
        if let Some(encryption) = &self.encryption {
            w.element(Encryption::TAG, encryption);
        }
        optional(w, "compat", self.compat.as_ref());
        if self.cluster_size > 0 {
            w.open("clusterSize");
            w.attr_str("unit", "B");
            w.text(&self.cluster_size);
            w.close("clusterSize");
        }
        if let Some(features) = &self.features {
            w.open("features");
            for feature in features {
                w.flag(match feature {
                    ImageFeature::LazyRefcounts => "lazy_refcounts",
                    ImageFeature::ExtendedL2 => "extended_l2",
                    ImageFeature::DataFile => "data_file",
                });
            }
            w.close("features");
        }
        w.close(name);
    }
}

impl Timestamps {
    fn write(&self, w: &mut Writer) {
        w.open("timestamps");
        for (name, moment) in [
            ("atime", self.accessed),
            ("mtime", self.modified),
            ("ctime", self.changed),
            ("btime", self.born),
        ] {
            w.open(name);
            match moment.nanoseconds {
                0 => w.text(&moment.seconds),
                nanoseconds => w.text(&format!("{}.{nanoseconds:09}", moment.seconds)),
            }
            w.close(name);
        }
        w.close("timestamps");
    }
}
