//! What the schema of `<pool>` allows, type by type, for callers that have their documents checked.

use super::{CephOptions, MountOptions, Permissions, PoolAdapter};
use crate::domain::schema::pci;
use crate::values::is_absolute_path;
use crate::values::schema::{self, *};
use ferrovirt_xml::{Cardinality, Item, Rule, Shape, Tag, Values, XmlContent, XmlElement, YesNo};
use uuid::Uuid;

pub(super) const POOL: &Shape = &Shape {
    items: &[
        Item::Rules(RULES),
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
                &[POOL_NAME, Item::child("source", &[VENDOR, PRODUCT]).optional(), TARGET],
                &[
                    POOL_NAME,
                    Item::child("source", &[DEVICE, FORMAT, VENDOR, PRODUCT]),
                    TARGET,
                    MOUNT_OPTIONS,
                ],
                &[POOL_NAME, Item::child("source", NETFS), TARGET, MOUNT_OPTIONS],
                &[POOL_NAME.optional(), Item::child("source", LOGICAL), FREE_TARGET],
                &[POOL_NAME, Item::child("source", &[DEVICE, FORMAT, VENDOR, PRODUCT]), TARGET],
                &[POOL_NAME, Item::child("source", ISCSI), TARGET],
                &[POOL_NAME, Item::child("source", &[HOST.some(), DEVICE, INITIATOR, AUTH.optional()])],
                &[POOL_NAME, Item::child("source", &[ADAPTER, VENDOR, PRODUCT]), TARGET],
                &[POOL_NAME, Item::child("source", &[]).optional(), TARGET],
                &[
                    POOL_NAME.optional(),
                    Item::child("source", &[POOL_NAME, HOST.some(), AUTH.optional()]),
                    REFRESH,
                    CEPH_OPTIONS,
                ],
                &[POOL_NAME.optional(), Item::child("source", &[HOST.some(), POOL_NAME])],
                &[POOL_NAME.optional(), Item::child("source", &[HOST.some(), POOL_NAME, DIR.optional()])],
                &[
                    POOL_NAME.optional(),
                    Item::child("source", &[POOL_NAME, DEVICE.optional()]),
                    TARGET.optional(),
                ],
                &[POOL_NAME.optional(), Item::child("source", &[POOL_NAME]), TARGET],
            ],
        },
    ],
};

const RULES: &[Rule] = &[
    Rule::is("uuid", UUID),
    Rule::is("name", OBJECT_NAME),
    Rule::is("capacity/@unit allocation/@unit available/@unit", UNIT),
    Rule::is("capacity allocation available", ULONG),
    Rule::part("target/permissions", permissions),
    Rule::needs("mount_opts/option/@name config_opts/option/@name config_opts/option/@value"),
    Rule::uncrossed("", &["name uuid", "capacity allocation available"]),
    Rule::is("source/host/@name", IP_OR_NAME),
    Rule::is("source/device/@path", DEVICE_PATH),
    Rule::is("source/device/freeExtent/@start source/device/freeExtent/@end", ULONG),
    Rule::forms("source/auth/secret", &["@uuid", "@usage"]),
    Rule::is("source/auth/secret/@uuid source/auth/secret/@usage", schema::TEXT),
    Rule::part("source/adapter", adapter),
    Rule::when(
        "",
        "@type",
        &["fs"],
        &[
            Rule::is("source/format/@type", Values::one_of(FILE_SYSTEMS)),
            Rule::no("source/format/vendor source/format/product"),
            Rule::order("", "name mount_opts"),
            Rule::order("", "uuid mount_opts"),
            Rule::order("", "capacity mount_opts"),
            Rule::order("", "allocation mount_opts"),
            Rule::order("", "available mount_opts"),
            Rule::order("", "features mount_opts"),
            Rule::order("", "source mount_opts"),
            Rule::order("", "target mount_opts"),
        ],
    ),
    Rule::when(
        "",
        "@type",
        &["netfs"],
        &[
            Rule::is("source/format/@type", Values::one_of(&["auto", "nfs", "cifs", "glusterfs"])),
            Rule::when("source", "format/@type", &["cifs", "glusterfs"], &[Rule::no("protocol")]),
            Rule::no("source/format/vendor source/format/product"),
            Rule::is("source/dir/@path", ANY_PATH),
            Rule::when("source", "format/@type", &["", "auto", "nfs"], &[Rule::is("dir/@path", FOLDER)]),
        ],
    ),
    Rule::when(
        "",
        "@type",
        &["logical"],
        &[Rule::is("source/format/@type", Values::one_of(&["unknown", "lvm2"]))],
    ),
    Rule::when("", "@type", &["disk"], &[Rule::is("source/format/@type", Values::one_of(TABLES))]),
    Rule::when(
        "",
        "@type",
        &["iscsi-direct"],
        &[Rule::is("source/device/@path", ISCSI_NAME), Rule::only("source/device", "@path")],
    ),
    Rule::when("", "@type", &["gluster"], &[Rule::is("source/dir/@path", FOLDER)]),
];

tables! {
    /// Of pools and volumes.
    fn permissions [
        Rule::is("mode", MODE),
        Rule::is("owner group", OWNER),
        Rule::is("label", schema::TEXT),
    ]

    fn adapter [
        Rule::forms("", &[
            "@type=scsi_host? @name",
            "@type=scsi_host? parentaddr",
            "@type=fc_host @parent? @managed? @parent_wwnn? @parent_wwpn? @parent_fabric_wwn? @wwnn @wwpn",
        ]),
        Rule::only("", "@type @name @parent @managed @parent_wwnn @parent_wwpn @parent_fabric_wwn @wwnn @wwpn parentaddr"),
        Rule::is("@managed", YES_NO),
        Rule::is("@parent_wwnn @parent_wwpn @parent_fabric_wwn @wwnn @wwpn", WWN),
        Rule::only("parentaddr", "@unique_id address"),
        Rule::once("parentaddr/address"),
        Rule::is("parentaddr/@unique_id", POSITIVE),
        Rule::needs("parentaddr/address"),
        Rule::only("parentaddr/address", "@domain @bus @slot @function @multifunction"),
        Rule::is("parentaddr/address/@multifunction", ON_OFF),
        Rule::part("parentaddr/address", pci),
    ]
}

const MODE: Values = Values::named("an octal mode", |text| {
    plain(text, 0, u32::MAX as i128) && text.trim_ascii().bytes().all(|byte| (b'0'..=b'7').contains(&byte))
});
const OWNER: Values =
    Values::named("an integer from 0 to 4294967295, or -1", |text| text.trim() == "-1" || (UINT.valid)(text));
const DEVICE_PATH: Values = Values::named("an absolute path, or an iSCSI target's name", |text| {
    is_absolute_path(text) || (NAME.valid)(text) || is_iscsi_name(text)
});
const ISCSI_NAME: Values =
    Values::named("an iSCSI target's name, such as iqn.2013-06.com.example:target", is_iscsi_name);
const FILE_SYSTEMS: &[&str] = &[
    "auto", "ext2", "ext3", "ext4", "ufs", "iso9660", "udf", "gfs", "gfs2", "vfat", "hfs+", "xfs", "ocfs2",
    "vmfs",
];
const TABLES: &[&str] = &["unknown", "dos", "dvh", "gpt", "mac", "bsd", "pc98", "sun", "lvm2"];

/// A year and a month, a domain name backwards, and perhaps whatever the domain's owner likes.
fn is_iscsi_name(text: &str) -> bool {
    let Some((date, rest)) = text.strip_prefix("iqn.").and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let (owner, target) = rest.split_once(':').map_or((rest, None), |(owner, target)| (owner, Some(target)));
    let is_date = matches!(date.split_once('-'), Some((year, month))
        if year.len() == 4 && month.len() == 2 && plain(year, 0, 9999) && plain(month, 1, 12));
    is_date && (DNS_NAME.valid)(owner) && target.is_none_or(|target| !target.is_empty())
}

fn is_port(text: &str) -> bool {
    text.trim_ascii().parse().is_ok_and(|port: i32| (-1..=65535).contains(&port))
}

pub(super) const TEXT: &[Item] = &[Item::text::<String>()];
const POOL_NAME: Item = Item::child("name", TEXT);
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

const LOGICAL: &[Item] = &[POOL_NAME.many(), DEVICE.many(), FORMAT, VENDOR, PRODUCT];

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
