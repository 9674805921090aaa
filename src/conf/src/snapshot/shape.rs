//! What may stand in `<domainsnapshot>`, which is read by hand: for whoever makes documents up.

use crate::domain::{Domain, SnapshotLocation, StorageFormat, StorageSource, StorageType};
use crate::snapshot::{DomainSnapshot, SnapshotState};
use crate::values::ByteSize;
use ferrovirt_xml::{RawElement, Shape, Tag, ValueKind, XmlContent, XmlElement};

impl DomainSnapshot {
    pub const TAG: Tag = Tag::new("domainsnapshot");

    /// What may stand in it, of one that was taken before.
    pub fn shape() -> &'static Shape {
        Description::shape()
    }

    /// What libvirt's schema lets stand in it, of one that is to be taken, too.
    pub(super) fn schema() -> &'static Shape {
        Wish::shape()
    }
}

/// What stands in both.
#[derive(XmlElement)]
struct Common {
    #[xml(value = "description")]
    _description: Option<String>,
    #[xml(value = "parent/name")]
    _parent: Option<String>,
    #[xml(attr = "memory/@snapshot")]
    _memory: Option<SnapshotLocation>,
    #[xml(attr = "memory/@file", strict = "absolute")]
    _memory_file: Option<String>,
    #[xml(child = "disks/disk")]
    _disks: Vec<Disk>,
    #[xml(child = "revertDisks/disk")]
    _revert_disks: Vec<Disk>,
    #[xml(child = "inactiveDomain")]
    _inactive_domain: Option<Box<Domain>>,
    #[xml(raw = "cookie")]
    _cookie: Option<RawElement>,
}

#[derive(XmlElement)]
struct Wish {
    #[xml(value = "name")]
    _name: Option<String>,
    #[xml(value = "state")]
    _state: Option<SnapshotState>,
    #[xml(value = "creationTime")]
    _creation_time: Option<String>,
    /// Whether it was the current one; not kept any more.
    #[xml(value = "active")]
    _active: Option<u8>,
    /// Nothing but its UUID, in old ones.
    #[xml(raw = "domain")]
    _domain: Option<RawElement>,
    #[xml(flatten)]
    _common: Common,
}

#[derive(XmlElement)]
struct Description {
    #[xml(value = "name")]
    _name: String,
    #[xml(value = "state")]
    _state: SnapshotState,
    #[xml(value = "creationTime")]
    _creation_time: i64,
    #[xml(child = "domain")]
    _domain: Option<Box<Domain>>,
    #[xml(flatten)]
    _common: Common,
}

#[derive(XmlElement)]
pub(super) struct Disk {
    #[xml(attr = "name")]
    _name: String,
    #[xml(attr = "snapshot")]
    _snapshot: Option<SnapshotLocation>,
    #[xml(attr = "type")]
    _kind: Option<StorageType>,
    #[xml(flag = "snapshotDeleteInProgress")]
    _deleting: bool,
    #[xml(attr = "driver/@type")]
    _format: Option<StorageFormat>,
    /// Not kept.
    #[xml(child = "driver/metadata_cache/max_size")]
    _metadata_cache: Option<ByteSize>,
    #[xml(flatten)]
    _source: StorageSource,
}

/// Paths begin at the root.
mod absolute {
    use super::ValueKind;

    pub const KIND: ValueKind = ValueKind::Named("an absolute path");

    pub fn valid(text: &str) -> bool {
        crate::values::is_absolute_path(text)
    }
}
