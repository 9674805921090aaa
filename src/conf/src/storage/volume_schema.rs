//! What the schema of `<volume>` allows, for callers that have their documents checked, and for whoever makes documents up.

use super::StorageVolume;
use super::pool_schema::permissions;
use super::pool_schema::{PATH, PERMISSIONS, TEXT};
use crate::domain::Encryption;
use crate::domain::schema::encryption;
use crate::values::schema::{ULONG, UNIT};
use crate::values::{Unit, is_absolute_path, is_digits};
use ferrovirt_xml::{Cardinality, Item, Rule, Shape, Tag, Values, XmlContent};

impl StorageVolume {
    pub const TAG: Tag = Tag::new("volume");

    /// What may stand in it, in a pool of any type.
    pub fn shape() -> &'static Shape {
        VOLUME
    }
}

pub(super) const VOLUME: &Shape = &Shape {
    items: &[
        Item::attr_by("type", "file, block, dir, network or netdir", is_type).optional(),
        Item::child("name", &[Item::text_by("a name without '/'", is_name)]),
        Item::child("key", TEXT).optional(),
        Item::child("source", &[Item::child("device", DEVICE).many()]).optional(),
        Item::child("capacity", SIZE).optional(),
        Item::child("allocation", SIZE).optional(),
        Item::child("physical", SIZE).optional(),
        Item::child("target", TARGET),
        Item::child("backingStore", BACKING_STORE).optional(),
        Item::Rules(RULES),
    ],
};

const RULES: &[Rule] = &[
    Rule::is("capacity/@unit allocation/@unit physical/@unit target/clusterSize/@unit", UNIT),
    Rule::is("capacity allocation physical target/clusterSize", ULONG),
    Rule::is("target/path", LOCATION),
    Rule::part("target/permissions backingStore/permissions", permissions),
    Rule::part("target/encryption", encryption),
];

/// Paths, and URIs as a schema knows them: almost anything.
const LOCATION: Values = Values::named("a path or a URI", |text| {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let known = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    is_absolute_path(text)
        || scheme.is_none_or(|name| {
            name.contains('/')
                || name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(known)
        })
});

const DEVICE: &[Item] = &[
    Item::attr_by("path", "an absolute path", is_absolute_path),
    Item::child("extent", &[Item::attr::<u64>("start"), Item::attr::<u64>("end")]).many(),
];

const SIZE: &[Item] = &[
    Item::attr_by("unit", "a unit such as KiB or MB", |text| {
        text.is_empty() || Unit::bytes_of(text).is_some()
    })
    .optional(),
    Item::text::<u64>(),
];

const TARGET: &[Item] = &[
    Item::child("path", TEXT).optional(),
    FORMAT,
    PERMISSIONS,
    TIMESTAMPS,
    Item::Child {
        tag: Tag::new("encryption"),
        cardinality: Cardinality::Optional,
        shape: <Encryption as XmlContent>::shape,
    },
    Item::child("compat", &[Item::text_by("a version such as 1.1", is_version)]).optional(),
    Item::child("nocow", &[]).optional(),
    Item::child("clusterSize", SIZE).optional(),
    Item::child(
        "features",
        &[Item::child("lazy_refcounts", &[]).optional(), Item::child("extended_l2", &[]).optional()],
    )
    .optional(),
];

const BACKING_STORE: &[Item] = &[Item::child("path", PATH), FORMAT, PERMISSIONS, TIMESTAMPS];

const FORMAT: Item =
    Item::child("format", &[Item::attr_by("type", "a format of images", is_format)]).optional();

const TIMESTAMPS: Item = Item::child(
    "timestamps",
    &[
        Item::child("atime", TIMESTAMP).optional(),
        Item::child("btime", TIMESTAMP).optional(),
        Item::child("ctime", TIMESTAMP).optional(),
        Item::child("mtime", TIMESTAMP).optional(),
    ],
)
.optional();

const TIMESTAMP: &[Item] = &[Item::text_by("seconds since 1970, such as 1341933637.27319099", is_timestamp)];

/// The formats of images, file systems and partitions.
const FORMATS: &[&str] = &[
    "unknown",
    "raw",
    "dir",
    "bochs",
    "cloop",
    "dmg",
    "iso",
    "vpc",
    "vdi",
    "fat",
    "vhd",
    "ploop",
    "luks",
    "cow",
    "qcow",
    "qcow2",
    "qed",
    "vmdk",
    "none",
    "auto",
    "ext2",
    "ext3",
    "ext4",
    "ufs",
    "iso9660",
    "udf",
    "gfs",
    "gfs2",
    "vfat",
    "hfs+",
    "xfs",
    "ocfs2",
    "vmfs",
    "linux",
    "fat16",
    "fat32",
    "linux-swap",
    "linux-lvm",
    "linux-raid",
    "extended",
];

/// The schema does not know every type that the parser knows.
fn is_type(text: &str) -> bool {
    matches!(text, "file" | "block" | "dir" | "network" | "netdir")
}

fn is_name(text: &str) -> bool {
    !text.contains('/') && !matches!(text, "." | "..")
}

fn is_format(text: &str) -> bool {
    FORMATS.contains(&text)
}

fn is_version(text: &str) -> bool {
    text.split_once('.').is_some_and(|(major, minor)| is_digits(major) && is_digits(minor))
}

fn is_timestamp(text: &str) -> bool {
    let (seconds, rest) = text.split_once('.').unwrap_or((text, ""));
    is_digits(seconds) && rest.len() <= 9 && rest.bytes().all(|byte| byte.is_ascii_digit())
}
