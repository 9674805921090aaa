//! What the schema of `<pool>` allows, type by type, for callers that have their documents checked.

use super::{CephOptions, MountOptions, Permissions, PoolAdapter};
use crate::values::is_absolute_path;
use ferrovirt_xml::{Cardinality, Item, Shape, Tag, XmlContent, XmlElement, YesNo};
use uuid::Uuid;

pub(super) const POOL: &Shape = &Shape {
    items: &[
        Item::child("uuid", &[Item::text::<Uuid>()]).optional(),
        Item::child("capacity", SIZE).optional(),
        Item::child("allocation", SIZE).optional(),
        Item::child("available", SIZE).optional(),
        Item::child("features", &[Item::child("cow", &[Item::attr::<YesNo>("state")]).optional()]).optional(),
        Item::Tagged {
            attr: "type",
            default: None,
            names: &[
                "dir",
                "fs",
                "netfs",
                "logical",
                "disk",
                "iscsi",
                "iscsi-direct",
                "scsi",
                "mpath",
                "rbd",
                "sheepdog",
                "gluster",
                "zfs",
                "vstorage",
            ],
            variants: &[
                &[NAME, Item::child("source", &[VENDOR, PRODUCT]).optional(), TARGET],
                &[NAME, Item::child("source", &[DEVICE, FORMAT, VENDOR, PRODUCT]), TARGET, MOUNT_OPTIONS],
                &[NAME, Item::child("source", NETFS), TARGET, MOUNT_OPTIONS],
                &[NAME.optional(), Item::child("source", LOGICAL), FREE_TARGET],
                &[NAME, Item::child("source", &[DEVICE, FORMAT, VENDOR, PRODUCT]), TARGET],
                &[NAME, Item::child("source", ISCSI), TARGET],
                &[NAME, Item::child("source", &[HOST.some(), DEVICE, INITIATOR, AUTH.optional()])],
                &[NAME, Item::child("source", &[ADAPTER, VENDOR, PRODUCT]), TARGET],
                &[NAME, Item::child("source", &[]).optional(), TARGET],
                &[
                    NAME.optional(),
                    Item::child("source", &[NAME, HOST.some(), AUTH.optional()]),
                    REFRESH,
                    CEPH_OPTIONS,
                ],
                &[NAME.optional(), Item::child("source", &[HOST.some(), NAME])],
                &[NAME.optional(), Item::child("source", &[HOST.some(), NAME, DIR.optional()])],
                &[NAME.optional(), Item::child("source", &[NAME, DEVICE.optional()]), TARGET.optional()],
                &[NAME.optional(), Item::child("source", &[NAME]), TARGET],
            ],
        },
    ],
};

fn is_port(text: &str) -> bool {
    text.trim_ascii().parse().is_ok_and(|port: i32| (-1..=65535).contains(&port))
}

pub(super) const TEXT: &[Item] = &[Item::text::<String>()];
const NAME: Item = Item::child("name", TEXT);
const SIZE: &[Item] = &[Item::attr::<String>("unit").optional(), Item::text::<u64>()];
pub(super) const PATH: &[Item] = &[Item::text_by("an absolute path", is_absolute_path)];

pub(super) const PERMISSIONS: Item = Item::Child {
    tag: Tag::new("permissions"),
    cardinality: Cardinality::Optional,
    shape: <Permissions as XmlContent>::shape,
};

const TARGET: Item = Item::child("target", &[Item::child("path", PATH), PERMISSIONS]);
const FREE_TARGET: Item = Item::child("target", &[Item::child("path", PATH).optional(), PERMISSIONS]);

const VENDOR: Item = Item::child("vendor", &[Item::attr::<String>("name")]).optional();
const PRODUCT: Item = Item::child("product", &[Item::attr::<String>("name")]).optional();
const HOST: Item = Item::child(
    "host",
    &[Item::attr::<String>("name"), Item::attr_by("port", "a port from -1 to 65535", is_port).optional()],
);
const DIR: Item = Item::child("dir", &[Item::attr::<String>("path")]);
const FORMAT: Item = Item::child("format", &[Item::attr::<String>("type"), VENDOR, PRODUCT]).optional();

const DEVICE: Item = Item::child(
    "device",
    &[
        Item::attr::<String>("path"),
        Item::attr::<YesNo>("part_separator").optional(),
        Item::child("freeExtent", &[Item::attr::<u64>("start"), Item::attr::<u64>("end")]).many(),
    ],
);

const INITIATOR: Item = Item::child("initiator", &[Item::child("iqn", &[Item::attr::<String>("name")])]);

const AUTH: Item = Item::child(
    "auth",
    &[
        Item::attr_by("type", "chap or ceph", |text| matches!(text, "chap" | "ceph")),
        Item::attr::<String>("username"),
        Item::child(
            "secret",
            &[Item::attr::<String>("uuid").optional(), Item::attr::<String>("usage").optional()],
        ),
    ],
);

const ADAPTER: Item = Item::Child {
    tag: Tag::new("adapter"),
    cardinality: Cardinality::One,
    shape: <PoolAdapter as XmlContent>::shape,
};

const NETFS: &[Item] = &[
    HOST.some(),
    DIR,
    FORMAT,
    Item::child("protocol", &[Item::attr::<String>("ver")]).optional(),
    VENDOR,
    PRODUCT,
];

const LOGICAL: &[Item] = &[NAME.many(), DEVICE.many(), FORMAT, VENDOR, PRODUCT];

const ISCSI: &[Item] = &[HOST.some(), DEVICE, INITIATOR.optional(), AUTH.optional(), VENDOR, PRODUCT];

const REFRESH: Item = Item::child(
    "refresh",
    &[Item::child(
        "volume",
        &[Item::attr_by("allocation", "default or capacity", |text| matches!(text, "default" | "capacity"))
            .optional()],
    )
    .optional()],
)
.optional();

const MOUNT_OPTIONS: Item = Item::Child {
    tag: <MountOptions as XmlElement>::TAG,
    cardinality: Cardinality::Optional,
    shape: <MountOptions as XmlContent>::shape,
};

const CEPH_OPTIONS: Item = Item::Child {
    tag: <CephOptions as XmlElement>::TAG,
    cardinality: Cardinality::Optional,
    shape: <CephOptions as XmlContent>::shape,
};
