//! What may stand in `<volume>`, which is read by hand: for whoever makes documents up.

use super::{Permissions, StorageVolume, VolumeType};
use crate::domain::Encryption;
use ferrovirt_xml::{Shape, Tag, ValueKind, XmlContent, XmlElement};

impl StorageVolume {
    pub const TAG: Tag = Tag::new("volume");

    /// What may stand in it, in a pool of any type.
    pub fn shape() -> &'static Shape {
        Description::shape()
    }
}

#[derive(XmlElement)]
struct Description {
    #[xml(attr = "type")]
    _kind: Option<VolumeType>,
    #[xml(value = "name")]
    _name: String,
    #[xml(value = "key")]
    _key: Option<String>,
    #[xml(child = "source/device")]
    _devices: Vec<Device>,
    #[xml(child = "capacity")]
    _capacity: Size,
    #[xml(child = "allocation")]
    _allocation: Option<Size>,
    #[xml(child = "physical")]
    _physical: Option<Size>,
    #[xml(flatten = "target")]
    _target: Option<Target>,
    #[xml(flatten = "backingStore")]
    _backing: Option<Layer>,
}

#[derive(XmlElement)]
struct Size {
    #[xml(attr = "unit", strict = "unit")]
    _unit: Option<String>,
    #[xml(text)]
    _count: u64,
}

#[derive(XmlElement)]
struct Device {
    #[xml(attr = "path")]
    _path: Option<String>,
    #[xml(child = "extent")]
    _extents: Vec<Extent>,
}

#[derive(XmlElement)]
struct Extent {
    #[xml(attr = "start")]
    _start: u64,
    #[xml(attr = "end")]
    _end: u64,
}

#[derive(XmlElement)]
struct Layer {
    #[xml(value = "path")]
    _path: Option<String>,
    #[xml(attr = "format/@type", strict = "format")]
    _format: Option<String>,
    #[xml(child = "permissions")]
    _permissions: Option<Permissions>,
    #[xml(flatten = "timestamps")]
    _timestamps: Option<Timestamps>,
}

#[derive(XmlElement)]
struct Timestamps {
    #[xml(value = "atime")]
    _accessed: Option<f64>,
    #[xml(value = "mtime")]
    _modified: Option<f64>,
    #[xml(value = "ctime")]
    _changed: Option<f64>,
    #[xml(value = "btime")]
    _born: Option<f64>,
}

#[derive(XmlElement)]
struct Target {
    #[xml(flatten)]
    _layer: Layer,
    #[xml(child)]
    _encryption: Option<Encryption>,
    #[xml(flag = "nocow")]
    _no_copy_on_write: bool,
    #[xml(value = "compat", strict = "version")]
    _compat: Option<String>,
    #[xml(child = "clusterSize")]
    _cluster_size: Option<Size>,
    #[xml(flatten = "features")]
    _features: Option<Features>,
}

#[derive(XmlElement)]
struct Features {
    #[xml(flag = "lazy_refcounts")]
    _lazy_refcounts: bool,
    #[xml(flag = "extended_l2")]
    _extended_l2: bool,
    #[xml(flag = "data_file")]
    _data_file: bool,
}

mod unit {
    use super::ValueKind;
    use crate::values::Unit;

    pub const KIND: ValueKind =
        ValueKind::OneOf(&["B", "bytes", "KB", "KiB", "k", "MB", "M", "G", "TiB", "EB"]);

    pub fn valid(text: &str) -> bool {
        Unit::bytes_of(text).is_some()
    }
}

mod format {
    use super::ValueKind;

    /// Of files, partitions and disks; a pool has some of them.
    const FORMATS: &[&str] = &[
        "raw",
        "dir",
        "bochs",
        "cloop",
        "dmg",
        "iso",
        "qcow",
        "qcow2",
        "qed",
        "vmdk",
        "vpc",
        "vdi",
        "none",
        "linux",
        "fat16",
        "fat32",
        "linux-swap",
        "linux-lvm",
        "linux-raid",
        "extended",
    ];
    pub const KIND: ValueKind = ValueKind::OneOf(FORMATS);

    pub fn valid(text: &str) -> bool {
        FORMATS.contains(&text)
    }
}

mod version {
    use super::ValueKind;

    pub const KIND: ValueKind = ValueKind::OneOf(&["0.10", "1.1"]);

    pub fn valid(text: &str) -> bool {
        let number = |text: &str| text.parse::<u32>().is_ok();
        text.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor))
    }
}
