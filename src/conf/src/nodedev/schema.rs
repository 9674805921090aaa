//! What the schema of `<device>` allows, for callers that have their documents checked.

use crate::interface::Link;
use crate::values::schema::{UINT, tables};
use crate::values::{Mac, is_digits};
use ferrovirt_xml::{Cardinality, Item, Rule, Shape, Tag, Values, XmlContent};
use uuid::Uuid;

pub(super) const DEVICE: &Shape = &Shape {
    items: &[
        // Of a device that is to be made nobody reads the name, and yet the schema wants one.
        text("name"),
        text("path").optional(),
        Item::child("devnode", &[word("type", is_node_type), Item::text::<String>()]).many(),
        Item::child("parent", PARENT).optional(),
        Item::child("driver", &[text("name")]).optional(),
        Item::child("capability", CAPABILITY).many(),
        Item::Rules(RULES),
    ],
};

/// Elements of capabilities have an order.
const RULES: &[Rule] =
    &[Rule::forms("parent", &["@wwnn @wwpn", "@fabric_wwn", "#?"]), Rule::part("capability", order)];

tables! {
    fn order [
        Rule::when("", "@type", &["system"], &[
            Rule::order("", "product hardware firmware"),
            Rule::order("hardware", "vendor version serial uuid"),
            Rule::order("firmware", "vendor version release_date"),
        ]),
        Rule::when("", "@type", &["pci"], &[
            Rule::order("", "class domain bus slot function product vendor capability=phys_function? \
                             capability=virt_functions? capability=pci-bridge? capability=cardbus-bridge? \
                             capability=mdev_types? capability=vpd? iommuGroup numa pci-express"),
            Rule::forms("", &["capability=pci-bridge?", "capability=cardbus-bridge?"]),
            Rule::part("capability", vital),
            Rule::is("pci-express/link/@speed", SPEED),
        ]),
        Rule::when("", "@type", &["usb_device"], &[Rule::order("", "bus device product vendor")]),
        Rule::when("", "@type", &["usb"], &[Rule::order("", "number class subclass protocol description")]),
        Rule::when("", "@type", &["net"], &[Rule::order("", "interface address link feature capability")]),
        Rule::when("", "@type", &["scsi_host"], &[
            Rule::order("", "host unique_id capability"),
            Rule::order("capability", "wwnn wwpn fabric_wwn max_vports vports"),
            Rule::is("unique_id capability/max_vports capability/vports", UINT),
        ]),
        Rule::when("", "@type", &["scsi_target"], &[
            Rule::once("capability"),
            Rule::order("", "target capability"),
            Rule::order("capability", "rport wwpn"),
        ]),
        Rule::when("", "@type", &["scsi"], &[Rule::order("", "host bus target lun type")]),
        Rule::when("", "@type", &["storage"], &[
            Rule::order("", "block bus drive_type model vendor serial capability=removable? size logical_block_size \
                             num_blocks capability=hotpluggable?"),
            Rule::forms("", &["capability=removable", "size logical_block_size? num_blocks?"]),
            Rule::forms("", &["", "logical_block_size num_blocks"]),
            Rule::when("capability", "@type", &["removable"], &[
                Rule::order("", "media_available media_size media_label logical_block_size num_blocks"),
                Rule::forms("", &["", "logical_block_size num_blocks"]),
            ]),
        ]),
        Rule::when("", "@type", &["ccw"], &[Rule::once("capability"), Rule::order("", "state cssid capability")]),
        Rule::when("", "@type", &["ccwgroup"], &[
            Rule::once("capability"),
            Rule::needs("capability"),
            Rule::order("", "state cssid members capability"),
            Rule::order("", "state ssid members capability"),
            Rule::order("", "state devno members capability"),
        ]),
        Rule::when("", "@type", &["css", "ap_matrix"], &[Rule::once("capability"), Rule::part("capability", mediated)]),
        Rule::when("", "@type", &["ap_queue"], &[Rule::order("", "ap-adapter ap-domain")]),
    ]

    /// What cards tell of themselves, and what they can be split into.
    fn vital [
        Rule::when("", "@type", &["vpd"], &[
            Rule::order("", "name fields@access=readonly? fields@access=readwrite?"),
            Rule::order("fields", "change_level manufacture_id part_number serial_number asset_tag vendor_field system_field"),
        ]),
        Rule::when("", "@type", &["mdev_types"], &[Rule::part("", mediated)]),
    ]

    fn mediated [
        Rule::order("type", "name deviceAPI availableInstances"),
        Rule::is("type/availableInstances", UINT),
    ]
}

const SPEED: Values = Values::named("a speed such as 2.5", |text| {
    let (whole, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    is_digits(whole)
        && (rest.is_empty() || rest.chars().next().is_some_and(|c| is_digits(&rest[c.len_utf8()..])))
});

/// A child with any text.
const fn text(name: &'static str) -> Item {
    Item::child(name, TEXT)
}

/// A child with a decimal number.
const fn number(name: &'static str) -> Item {
    Item::child(name, NUMBER)
}

/// An attribute with one of a few words.
const fn word(name: &'static str, valid: fn(&str) -> bool) -> Item {
    Item::attr_by(name, "one of the words of the schema", valid)
}

const TEXT: &[Item] = &[Item::text::<String>()];
const NUMBER: &[Item] = &[Item::text_by("a decimal number", is_digits)];
const PATH: &[Item] = &[Item::text_by("an absolute path", is_path)];
const WWN: &[Item] = &[Item::text_by(A_WWN, is_wwn)];
const A_WWN: &str = "a world wide name, which has 16 hexadecimal digits,";

const PARENT: &[Item] = &[
    Item::attr_by("wwnn", A_WWN, is_wwn).optional(),
    Item::attr_by("wwpn", A_WWN, is_wwn).optional(),
    Item::attr_by("fabric_wwn", A_WWN, is_wwn).optional(),
    Item::text::<String>(),
];

const CAPABILITY: &[Item] = &[Item::Tagged {
    attr: "type",
    default: None,
    names: &[
        "system",
        "pci",
        "usb_device",
        "usb",
        "net",
        "scsi_generic",
        "scsi_host",
        "scsi_target",
        "scsi",
        "storage",
        "drm",
        "mdev",
        "ccw",
        "ccwgroup",
        "css",
        "vdpa",
        "ap_card",
        "ap_queue",
        "ap_matrix",
    ],
    variants: &[
        SYSTEM,
        PCI,
        USB_DEVICE,
        USB,
        NET,
        SCSI_GENERIC,
        SCSI_HOST,
        SCSI_TARGET,
        SCSI,
        STORAGE,
        DRM,
        MDEV,
        CCW,
        CCW_GROUP,
        CSS,
        VDPA,
        AP_CARD,
        AP_QUEUE,
        AP_MATRIX,
    ],
}];

/// Capabilities inside of others: each type that may stand there, and what is in it.
macro_rules! inner {
    ($($name:literal => $items:expr),* $(,)?) => {
        Item::child("capability", &[Item::Tagged {
            attr: "type",
            default: None,
            names: &[$($name),*],
            variants: &[$($items),*],
        }]).many()
    };
}

const SYSTEM: &[Item] = &[
    text("product").optional(),
    Item::child(
        "hardware",
        &[
            text("vendor").optional(),
            text("version").optional(),
            text("serial").optional(),
            Item::child("uuid", &[Item::text::<Uuid>()]),
        ],
    ),
    Item::child(
        "firmware",
        &[text("vendor").optional(), text("version").optional(), text("release_date").optional()],
    ),
];

/// A product or a vendor: a number and perhaps a name.
const ID: &[Item] = &[Item::attr_by("id", "a hexadecimal number", is_hex), Item::text::<String>()];

const PCI: &[Item] = &[
    Item::child("class", &[Item::text_by("a class such as 0x020000", is_class)]).optional(),
    number("domain"),
    number("bus"),
    number("slot"),
    number("function"),
    Item::child("product", ID),
    Item::child("vendor", ID),
    inner! {
        "phys_function" => &[ADDRESS.optional()],
        "virt_functions" => &[Item::attr::<u32>("maxCount").optional(), ADDRESS.many()],
        "pci-bridge" => &[],
        "cardbus-bridge" => &[],
        "mdev_types" => MDEV_TYPES,
        "vpd" => VPD,
    },
    Item::child("iommuGroup", &[Item::attr::<u32>("number"), ADDRESS.some()]).optional(),
    Item::child("numa", &[Item::attr::<i32>("node").optional()]).optional(),
    Item::child("pci-express", &[Item::child("link", LINK).many()]).optional(),
];

const LINK: &[Item] = &[
    word("validity", |text| matches!(text, "cap" | "sta")),
    Item::attr::<u32>("port").optional(),
    Item::attr::<f64>("speed").optional(),
    Item::attr::<u32>("width"),
];

const ADDRESS: Item = Item::child(
    "address",
    &[
        Item::attr_by("domain", "a hexadecimal number", is_hex),
        Item::attr_by("bus", "a hexadecimal number", is_hex),
        Item::attr_by("slot", "a hexadecimal number", is_hex),
        Item::attr_by("function", "a hexadecimal number", is_hex),
    ],
);

const VPD: &[Item] = &[
    text("name"),
    Item::child(
        "fields",
        &[Item::Tagged {
            attr: "access",
            default: None,
            names: &["readonly", "readwrite"],
            variants: &[
                &[
                    text("change_level").optional(),
                    text("manufacture_id").optional(),
                    text("part_number").optional(),
                    text("serial_number").optional(),
                    Item::child("vendor_field", VPD_FIELD).many(),
                ],
                &[
                    text("asset_tag").optional(),
                    Item::child("vendor_field", VPD_FIELD).many(),
                    Item::child("system_field", VPD_FIELD).many(),
                ],
            ],
        }],
    )
    .many(),
];

const VPD_FIELD: &[Item] = &[Item::attr_by("index", "a digit or a letter", is_field), Item::text::<String>()];

const USB_DEVICE: &[Item] =
    &[number("bus"), number("device"), Item::child("product", ID), Item::child("vendor", ID)];

const USB: &[Item] = &[
    number("number"),
    number("class"),
    number("subclass"),
    number("protocol"),
    text("description").optional(),
];

const NET: &[Item] = &[
    text("interface"),
    Item::child("address", &[Item::text::<Mac>()]).optional(),
    Item::Child {
        tag: Tag::new("link"),
        cardinality: Cardinality::Optional,
        shape: <Link as XmlContent>::shape,
    },
    Item::child("feature", &[Item::attr_by("name", "a feature's name", is_feature)]).many(),
    inner! { "80203" => &[], "80211" => &[] },
];

const SCSI_GENERIC: &[Item] = &[text("char")];

const SCSI_HOST: &[Item] = &[
    number("host"),
    number("unique_id").optional(),
    inner! {
        "fc_host" => &[Item::child("wwnn", WWN), Item::child("wwpn", WWN), Item::child("fabric_wwn", WWN).optional()],
        "vport_ops" => &[number("max_vports"), number("vports")],
    },
];

const SCSI_TARGET: &[Item] =
    &[text("target"), inner! { "fc_remote_port" => &[text("rport"), Item::child("wwpn", WWN)] }];

const SCSI: &[Item] =
    &[number("host"), number("bus"), number("target"), number("lun"), text("type").optional()];

const STORAGE: &[Item] = &[
    Item::child("block", PATH),
    text("bus").optional(),
    text("drive_type").optional(),
    text("model").optional(),
    text("vendor").optional(),
    text("serial").optional(),
    number("size").optional(),
    number("logical_block_size").optional(),
    number("num_blocks").optional(),
    inner! {
        "removable" => &[
            Item::child("media_available", &[Item::text_by("0 or 1", |text| matches!(text, "0" | "1"))]),
            number("media_size"),
            text("media_label").optional(),
            number("logical_block_size").optional(),
            number("num_blocks").optional(),
        ],
        "hotpluggable" => &[],
    },
];

const DRM: &[Item] = &[Item::child(
    "type",
    &[Item::text_by("primary, control or render", |text| matches!(text, "primary" | "control" | "render"))],
)];

const MDEV: &[Item] = &[
    Item::child("type", &[Item::attr::<String>("id")]),
    Item::child("iommuGroup", &[Item::attr::<u32>("number")]).optional(),
    Item::child("uuid", &[Item::text::<Uuid>()]).optional(),
    text("parent_addr").optional(),
    Item::child("attr", &[Item::attr::<String>("name"), Item::attr::<String>("value")]).many(),
];

const MDEV_TYPES: &[Item] = &[Item::child(
    "type",
    &[
        Item::attr::<String>("id"),
        text("name").optional(),
        Item::child("deviceAPI", &[Item::text_by("vfio-pci, vfio-ccw or vfio-ap", is_device_api)]),
        number("availableInstances"),
    ],
)
.some()];

/// The address of a channel of a mainframe.
fn channel() -> &'static Shape {
    const SHAPE: &Shape = &Shape {
        items: &[
            Item::child("cssid", &[Item::text_by("a number up to 0xfe", |text| up_to(0xfe, text))]),
            Item::child("ssid", &[Item::text_by("a number up to 3", |text| up_to(3, text))]),
            Item::child("devno", &[Item::text_by("a number up to 0xffff", |text| up_to(0xffff, text))]),
        ],
    };
    SHAPE
}

const STATE: Item =
    Item::child("state", &[Item::text_by("online or offline", |text| matches!(text, "online" | "offline"))])
        .optional();

const CCW: &[Item] =
    &[STATE, Item::Flatten(channel), inner! { "ccwgroup_member" => &[text("group_device")] }];

const CCW_GROUP: &[Item] = &[
    STATE,
    Item::Flatten(channel),
    Item::child("members", &[Item::child("ccw_device", MEMBER).some()]).optional(),
    inner! { "qeth_generic" => QETH, "qeth_layer2" => QETH, "qeth_layer3" => QETH },
];

const MEMBER: &[Item] = &[Item::attr::<String>("ref"), Item::text::<String>()];
const QETH: &[Item] = &[text("card_type"), text("chpid")];

const CSS: &[Item] = &[
    Item::Flatten(channel),
    Item::child("channel_dev_addr", &[Item::Flatten(channel)]).optional(),
    inner! { "mdev_types" => MDEV_TYPES },
];

const VDPA: &[Item] = &[Item::child("chardev", PATH)];

const ADAPTER: Item =
    Item::child("ap-adapter", &[Item::text_by("a number up to 255", |text| up_to(255, text))]);

const AP_CARD: &[Item] = &[ADAPTER];
const AP_QUEUE: &[Item] =
    &[ADAPTER, Item::child("ap-domain", &[Item::text_by("a number up to 255", |text| up_to(0xffff, text))])];
const AP_MATRIX: &[Item] = &[inner! { "mdev_types" => MDEV_TYPES }];

fn is_node_type(text: &str) -> bool {
    matches!(text, "dev" | "link")
}

fn is_device_api(text: &str) -> bool {
    matches!(text, "vfio-pci" | "vfio-ccw" | "vfio-ap")
}

fn all_hex(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_hex(text: &str) -> bool {
    all_hex(text.strip_prefix("0x").unwrap_or(text))
}

fn is_wwn(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 16 && all_hex(digits)
}

fn is_class(text: &str) -> bool {
    text.strip_prefix("0x").is_some_and(|digits| digits.len() == 6 && all_hex(digits))
}

fn is_path(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-/%".contains(&byte);
    text.len() > 1 && text.starts_with('/') && text.bytes().all(known)
}

fn is_feature(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'_')
}

fn is_field(text: &str) -> bool {
    matches!(text.as_bytes(), [byte] if byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// A number, decimal or with `0x` hexadecimal.
fn up_to(most: u32, text: &str) -> bool {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.is_ok_and(|number| number <= most)
}
