//! What may stand in `<domaincheckpoint>`, which is read by hand: for whoever makes documents up.

use crate::checkpoint::{CheckpointKind, DomainCheckpoint, is_name, is_target};
use crate::domain::Domain;
use ferrovirt_xml::{Shape, Tag, ValueKind, XmlContent, XmlElement};

impl DomainCheckpoint {
    pub const TAG: Tag = Tag::new("domaincheckpoint");

    /// What may stand in it, of one that was made before.
    pub fn shape() -> &'static Shape {
        Description::shape()
    }
}

#[derive(XmlElement)]
struct Description {
    #[xml(value = "name", strict = "plain")]
    _name: String,
    #[xml(value = "description")]
    _description: Option<String>,
    #[xml(value = "parent/name", strict = "plain")]
    _parent: Option<String>,
    #[xml(value = "creationTime")]
    _creation_time: i64,
    #[xml(child = "disks/disk")]
    _disks: Vec<Disk>,
    #[xml(child = "domain")]
    _domain: Option<Box<Domain>>,
}

#[derive(XmlElement)]
struct Disk {
    #[xml(attr = "name", strict = "disk")]
    _name: String,
    #[xml(attr = "checkpoint")]
    _kind: Option<CheckpointKind>,
    #[xml(attr = "bitmap")]
    _bitmap: Option<String>,
    #[xml(attr = "size")]
    _size: Option<u64>,
}

mod plain {
    use super::{ValueKind, is_name};

    pub const KIND: ValueKind = ValueKind::Named("letters, digits, '_', '-' and '.'");

    pub fn valid(text: &str) -> bool {
        is_name(text)
    }
}

mod disk {
    use super::{ValueKind, is_target};

    pub const KIND: ValueKind = ValueKind::Named("the target of a disk or an absolute path");

    pub fn valid(text: &str) -> bool {
        is_target(text) || text.starts_with('/')
    }
}
