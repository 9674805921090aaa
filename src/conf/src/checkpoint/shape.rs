//! What may stand in `<domaincheckpoint>`, which is read by hand: for whoever makes documents up.

use crate::checkpoint::{CheckpointKind, DomainCheckpoint, is_name};
use crate::domain::Domain;
use crate::domain::schema::TARGET_OR_PATH;
use crate::values::schema::{TEXT, ULONG};
use ferrovirt_xml::{Item, Rule, Shape, Tag, ValueKind, Values, XmlContent, XmlElement};

impl DomainCheckpoint {
    pub const TAG: Tag = Tag::new("domaincheckpoint");

    /// What may stand in it, of one that was made before.
    pub fn shape() -> &'static Shape {
        Description::shape()
    }

    /// What libvirt's schema lets stand in it, of one that is to be made, too.
    pub(super) fn schema() -> &'static Shape {
        const WISH: &Shape =
            &Shape { items: &[Item::Flatten(<Description as XmlContent>::shape), Item::Rules(RULES)] };
        WISH
    }
}

const NAME: Values = Values::named("letters, digits, '_', '-' and '.'", is_name);

const RULES: &[Rule] = &[
    Rule::may("name creationTime"),
    Rule::is("name parent/name", NAME),
    Rule::is("description", TEXT),
    Rule::is("creationTime", ULONG),
    Rule::needs("disks/disk parent/name"),
    Rule::is("disks/disk/@name", TARGET_OR_PATH),
    Rule::forms("disks/disk", &["@checkpoint=no", "@checkpoint=bitmap? @bitmap? @size?"]),
    Rule::is("disks/disk/@size", ULONG),
];

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
    use super::{TARGET_OR_PATH, ValueKind};

    pub const KIND: ValueKind = ValueKind::Named("the target of a disk or an absolute path");

    pub fn valid(text: &str) -> bool {
        (TARGET_OR_PATH.valid)(text)
    }
}
