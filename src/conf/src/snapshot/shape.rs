//! What may stand in `<domainsnapshot>`, which is read by hand: for whoever makes documents up.

use crate::domain::schema::{TARGET_OR_PATH, plain_size, source};
use crate::domain::{Domain, SnapshotLocation, StorageFormat, StorageSource, StorageType};
use crate::snapshot::{DomainSnapshot, SnapshotState};
use crate::values::ByteSize;
use crate::values::schema::{self, PATH, TEXT, UUID};
use ferrovirt_xml::{RawElement, Rule, Shape, Tag, ValueKind, Values, XmlContent, XmlElement};

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
#[xml(rules = "RULES")]
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

const STATES: Values =
    Values::one_of(&["running", "blocked", "paused", "shutdown", "shutoff", "crashed", "disk-snapshot"]);

/// What libvirt's schema says of a snapshot that is to be taken, or was.
const RULES: &[Rule] = &[
    Rule::is("name description creationTime parent/name", TEXT),
    Rule::is("state", STATES),
    Rule::is("active", Values::one_of(&["0", "1"])),
    Rule::forms("memory", &["@snapshot=no|internal", "@snapshot=external @file", "@file"]),
    Rule::is("memory/@file", PATH),
    Rule::needs("parent/name"),
    Rule::only("cookie", "*"),
    Rule::any("cookie/*"),
    // Old ones have nothing but the UUID of the domain.
    Rule::when(
        "domain",
        "@type",
        &[""],
        &[Rule::only("", "uuid"), Rule::needs("uuid"), Rule::once("uuid"), Rule::is("uuid", UUID)],
    ),
    Rule::part("disks/disk revertDisks/disk", disk),
];

schema::tables! {
    fn disk [
        Rule::is("@name", TARGET_OR_PATH),
        Rule::forms("", &[
            "@snapshot=no|internal|manual",
            "@snapshot=external? @type=file? source? driver? snapshotDeleteInProgress?",
            "@snapshot=external? @type=block source? driver? snapshotDeleteInProgress?",
            "@snapshot=external? @type=network source",
        ]),
        Rule::when("", "@snapshot", &["", "external"], &[
            Rule::part("", source),
            Rule::order("source", "slices dataStore encryption"),
            Rule::when("", "@type", &["", "file"], &[Rule::no("source/@fdgroup")]),
            Rule::when("", "@type", &["block"], &[
                Rule::needs("source/@dev"),
                Rule::is("source/@dev", PATH),
                Rule::no("source/reservations source/@startupPolicy"),
            ]),
        ]),
        Rule::is("driver/@type", Values::one_of(&["cow", "qcow", "qcow2", "qed", "vmdk"])),
        Rule::part("driver/metadata_cache/max_size", plain_size),
    ]
}
