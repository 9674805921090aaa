//! `<driver>` of a disk: how the hypervisor opens and serves the image.

use std::num::NonZeroU32;

use ferrovirt_xml::{OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use crate::domain::{StorageFormat, VirtioOptions};
use crate::values::ByteSize;

/// How the image is opened and served.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct DiskDriver {
    /// The part of the hypervisor that serves it, such as `qemu`.
    #[xml(attr)]
    pub name: Option<String>,
    #[xml(attr = "type", with = "format", error = "ConfigUnsupported")]
    pub format: Option<StorageFormat>,
    #[xml(attr, default, skip_default)]
    pub cache: CacheMode,
    #[xml(attr = "error_policy")]
    pub error_policy: Option<DriveErrorPolicy>,
    /// For reading, if it differs; `enospace` is not for it.
    #[xml(attr = "rerror_policy")]
    pub read_error_policy: Option<DriveErrorPolicy>,
    #[xml(attr)]
    pub io: Option<DiskIo>,
    #[xml(attr)]
    pub ioeventfd: Option<OnOff>,
    #[xml(attr = "event_idx")]
    pub event_idx: Option<OnOff>,
    #[xml(attr = "copy_on_read")]
    pub copy_on_read: Option<OnOff>,
    #[xml(attr)]
    pub discard: Option<Discard>,
    /// The number of the I/O thread that serves it.
    #[xml(attr)]
    pub iothread: Option<NonZeroU32>,
    #[xml(attr = "detect_zeroes")]
    pub detect_zeroes: Option<DetectZeroes>,
    #[xml(attr = "discard_no_unref")]
    pub discard_no_unref: Option<OnOff>,
    /// Of virtio; 0: as the hypervisor likes.
    #[xml(attr, default, skip_default)]
    pub queues: u32,
    /// Of virtio; 0: as the hypervisor likes.
    #[xml(attr = "queue_size", default, skip_default)]
    pub queue_size: u32,
    #[xml(flatten)]
    pub virtio: VirtioOptions,
    /// The most that QEMU keeps of the image's tables.
    #[xml(child = "metadata_cache/max_size")]
    pub metadata_cache: Option<ByteSize>,
    /// Several I/O threads, and which queues each has.
    #[xml(child = "iothreads/iothread")]
    pub iothreads: Vec<IoThreadMapping>,
}

/// How the host's page cache is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum CacheMode {
    #[default]
    Default,
    None,
    #[xml(name = "writethrough")]
    WriteThrough,
    #[xml(name = "writeback")]
    WriteBack,
    #[xml(name = "directsync")]
    DirectSync,
    Unsafe,
}

/// What happens if the host can't read or write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum DriveErrorPolicy {
    /// The guest stops.
    Stop,
    /// The guest is told.
    Report,
    Ignore,
    /// The guest stops if there is no room left, and is told of all else.
    #[xml(name = "enospace")]
    NoSpace,
}

/// How requests are handed to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum DiskIo {
    Native,
    Threads,
    #[xml(name = "io_uring")]
    IoUring,
}

/// What becomes of the guest's discards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum Discard {
    Unmap,
    Ignore,
}

/// What becomes of zeros that the guest writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum DetectZeroes {
    Off,
    On,
    Unmap,
}

/// An I/O thread of a disk or controller.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "iothread")]
pub struct IoThreadMapping {
    #[xml(attr)]
    pub id: u32,
    /// None named: the queues are dealt out evenly.
    #[xml(child)]
    pub queues: Vec<IoThreadQueue>,
}

/// A queue that a thread serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "queue")]
pub struct IoThreadQueue {
    /// Counted from 0.
    #[xml(attr)]
    pub id: u32,
}

/// The format, which old Xen documents called `aio` where it is `raw`.
mod format {
    use crate::domain::StorageFormat;
    use ferrovirt_xml::{TextWriter, ValueKind, XmlValue};

    pub const KIND: ValueKind = StorageFormat::KIND;

    pub fn from_text(text: &str) -> Option<StorageFormat> {
        if text == "aio" { Some(StorageFormat::Raw) } else { StorageFormat::from_text(text) }
    }

    pub fn write_text(format: &StorageFormat, out: &mut TextWriter<'_>) {
        format.write_text(out);
    }
}
