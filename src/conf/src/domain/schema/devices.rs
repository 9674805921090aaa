//! Devices: what all of them have, disks, controllers, shared folders, devices of the host, and the small ones.

use super::general::{is_printable, limits, plain_size};
use super::{chardevs, displays, interfaces, sources};
use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

pub(crate) const DISK_TARGET: Values = Values::named("a disk's name such as vda", |text| {
    let name = text.strip_prefix("ioemu:").unwrap_or(text);
    let rest = ["fd", "hd", "sd", "vd", "xvd", "ubd"].iter().find_map(|start| name.strip_prefix(start));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
});

pub(crate) const TARGET_OR_PATH: Values =
    Values::named("a disk's name such as vda, or an absolute path", |text| {
        (DISK_TARGET.valid)(text) || (PATH.valid)(text)
    });
const LOADPARM: Values = Values::named("up to 8 letters, digits, '.' and blanks", |text| {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte.is_ascii_whitespace();
    (1..=8).contains(&text.len()) && text.bytes().all(known)
});
const SERIAL: Values = Values::named("letters, digits, blanks and _.+-", |text| {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+- ".contains(&byte))
});
const VENDOR: Values = Values::named("up to 8 printable characters", |text| is_printable(text, 0, 8));
const PRODUCT: Values = Values::named("up to 40 printable characters", |text| is_printable(text, 0, 40));
const CCW_CSSID: Values = Values::named("a number from 0 to 254", |text| {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    within(text, 0, 254) || is_marked_hex(text, 2) && !digits.eq_ignore_ascii_case("ff")
});
const CCW_SSID: Values = Values::named("a number from 0 to 3", |text| {
    matches!(text.strip_prefix("0x").unwrap_or(text).as_bytes(), [b'0'..=b'3'])
});
const CCW_DEVNO: Values =
    Values::named("a number from 0 to 65535", |text| is_marked_hex(text, 4) || within(text, 0, 65535));
const ISA_PORT: Values = Values::named("a hexadecimal number up to 0xffff", |text| is_marked_hex(text, 4));
const ISA_IRQ: Values = Values::named("a hexadecimal number up to 0xf", |text| is_marked_hex(text, 1));
const ALIAS: Values = PLAIN_NAME;
const MODE: Values = Values::named("an octal mode", |text| {
    let octal = text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    octal && ((1..=3).contains(&text.len()) || text.len() == 4 && text.starts_with('0'))
});
const USB_VERSION: Values = Values::named("a version such as 1.10, or -1", |text| {
    let parts: Vec<_> = text.split('.').collect();
    text == "-1" || matches!(*parts, [major, minor] if (DIGITS_2.valid)(major) && (DIGITS_2.valid)(minor))
});
const USB_ID_OR_ANY: Values =
    Values::named("up to four hexadecimal digits, or -1", |text| text == "-1" || is_any_hex(text, 4));
const USB_CLASS: Values =
    Values::named("up to two hexadecimal digits, or -1", |text| text == "-1" || is_any_hex(text, 2));
const VHOST_WWPN: Values = Values::named("naa. and 16 hexadecimal digits", |text| {
    text.strip_prefix("naa.").is_some_and(|digits| digits.len() == 16 && is_any_hex(digits, 16))
});
const SHMEM_NAME: Values = Values::named("a name without '/'", |text| !text.contains('/'));
const PROFILE: Values = Values::named("letters, digits and .-:", |text| {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
});

/// All models of a controller of that type, if it is of another one.
const SCSI_MODELS: Values = Values::one_of(&[
    "auto",
    "buslogic",
    "lsilogic",
    "lsisas1068",
    "vmpvscsi",
    "ibmvscsi",
    "virtio-scsi",
    "lsisas1078",
    "virtio-transitional",
    "virtio-non-transitional",
    "ncr53c90",
    "dc390",
    "am53c974",
]);
const USB_MODELS: Values = Values::one_of(&[
    "piix3-uhci",
    "piix4-uhci",
    "ehci",
    "ich9-ehci1",
    "ich9-uhci1",
    "ich9-uhci2",
    "ich9-uhci3",
    "vt82c686b-uhci",
    "pci-ohci",
    "nec-xhci",
    "none",
    "qusb1",
    "qusb2",
    "qemu-xhci",
]);
const PCI_MODELS: Values = Values::one_of(&[
    "pci-root",
    "pcie-root",
    "pci-bridge",
    "dmi-to-pci-bridge",
    "pcie-to-pci-bridge",
    "pcie-root-port",
    "pcie-switch-upstream-port",
    "pcie-switch-downstream-port",
    "pci-expander-bus",
    "pcie-expander-bus",
]);
const PCI_PRODUCTS: Values = Values::one_of(&[
    "spapr-pci-host-bridge",
    "pci-bridge",
    "i82801b11-bridge",
    "pcie-pci-bridge",
    "ioh3420",
    "pcie-root-port",
    "x3130-upstream",
    "xio3130-downstream",
    "pxb",
    "pxb-pcie",
]);
const PCI_ROOTS: &[&str] = &["pci-root", "pcie-root"];
const VIRTIO_MODELS: Values = Values::one_of(&["virtio", "virtio-transitional", "virtio-non-transitional"]);

tables! {
    fn all [
        Rule::is("emulator", PATH),
        Rule::part("*/address", address),
        Rule::needs("*/alias/@name */boot/@order"),
        Rule::is("*/alias/@name", ALIAS),
        Rule::is("*/boot/@order", POSITIVE),
        Rule::is("*/boot/@loadparm", LOADPARM),
        Rule::is("*/rom/@file", PATH),
        Rule::is("*/acpi/@index", UINT),
        Rule::part("disk", disk),
        Rule::part("controller", controller),
        Rule::part("filesystem", filesystem),
        Rule::part("hostdev", hostdev),
        Rule::part("interface", interfaces::interface),
        Rule::part("graphics", displays::graphics),
        Rule::part("video", displays::video),
        Rule::part("audio", displays::audio),
        Rule::part("sound", displays::sound),
        Rule::part("channel console serial parallel smartcard redirdev", chardevs::source),
        Rule::part("channel", chardevs::channel),
        Rule::part("serial parallel console", chardevs::port),
        Rule::part("smartcard", chardevs::smartcard),
        Rule::part("rng", rng),
        Rule::part("input", input),
        Rule::part("memory", memory),
        Rule::part("tpm", tpm),
        Rule::part("", small),
        Rule::once("memballoon nvram iommu vsock pstore"),
    ]

    fn pci [
        Rule::is("@domain", UINT32),
        Rule::is("@bus", UINT8),
        Rule::is("@slot", PCI_SLOT),
        Rule::is("@function", PCI_FUNCTION),
    ]

    fn address [
        Rule::needs("@type"),
        Rule::when("", "@type", &["pci"], &[
            Rule::part("", pci),
            Rule::is("zpci/@uid", UINT16),
            Rule::is("zpci/@fid", UINT32),
        ]),
        Rule::when("", "@type", &["drive"], &[
            Rule::is("@controller @bus @target", DIGITS_2),
            Rule::is("@unit", DIGITS_5),
        ]),
        Rule::when("", "@type", &["virtio-serial"], &[
            Rule::needs("@controller"),
            Rule::is("@controller @bus @port", DIGITS_2),
        ]),
        Rule::when("", "@type", &["ccid"], &[Rule::needs("@controller"), Rule::is("@controller @slot", DIGITS_2)]),
        Rule::when("", "@type", &["usb"], &[
            Rule::needs("@bus"),
            Rule::is("@bus", USB_NUMBER),
            Rule::is("@port", USB_PORT),
        ]),
        Rule::when("", "@type", &["spapr-vio"], &[
            Rule::is("@reg", Values::named("up to eight hexadecimal digits", |text| is_any_hex(text, 8))),
        ]),
        Rule::when("", "@type", &["ccw"], &[
            Rule::forms("", &["", "@cssid @ssid @devno"]),
            Rule::is("@cssid", CCW_CSSID),
            Rule::is("@ssid", CCW_SSID),
            Rule::is("@devno", CCW_DEVNO),
        ]),
        Rule::when("", "@type", &["isa"], &[Rule::is("@iobase", ISA_PORT), Rule::is("@irq", ISA_IRQ)]),
        Rule::when("", "@type", &["dimm"], &[Rule::may("@slot"), Rule::is("@slot", UINT), Rule::is("@base", HEX)]),
    ]

    fn disk [
        Rule::needs("target target/@dev"),
        Rule::is("target/@dev", DISK_TARGET),
        Rule::is("target/@rotation_rate", POSITIVE),
        Rule::part("", sources::source),
        Rule::when("", "@device", &["", "disk", "floppy", "cdrom"], &[Rule::no("@rawio @sgio")]),
        Rule::when("", "@device", &["lun"], &[
            Rule::needs("@type"),
            Rule::is("@type", Values::one_of(&["network", "block", "volume"])),
        ]),
        Rule::is("driver/@name", NAME),
        Rule::is("driver/@rerror_policy", Values::one_of(&["stop", "report", "ignore"])),
        Rule::is("driver/@queues driver/@queue_size", POSITIVE),
        Rule::is("driver/@iothread driver/iothreads/iothread/@id driver/iothreads/iothread/queue/@id", UINT),
        Rule::needs("driver/iothreads/iothread"),
        Rule::part("driver/metadata_cache/max_size", plain_size),
        Rule::part("auth", sources::auth),
        Rule::part("encryption", sources::encryption),
        Rule::needs("backenddomain/@name"),
        Rule::is("backenddomain/@name", LINE),
        Rule::is("serial", SERIAL),
        Rule::is("wwn", WWN),
        Rule::is("vendor", VENDOR),
        Rule::is("product", PRODUCT),
        Rule::part("iotune", limits),
        Rule::forms("", &["throttlefilters?", "iotune?"]),
        Rule::is("geometry/@cyls geometry/@heads geometry/@secs", INTEGER),
        Rule::is("blockio/@logical_block_size blockio/@physical_block_size blockio/@discard_granularity", INTEGER),
        Rule::part("backingStore", backing),
        Rule::part("mirror", mirror),
    ]

    /// A layer below: all of it, or nothing at all.
    fn backing [
        Rule::forms("", &["", "@type? @index? source? format backingStore?"]),
        Rule::is("@index", POSITIVE),
        Rule::part("", sources::source),
        Rule::part("format", sources::format),
        Rule::part("backingStore", backing),
    ]

    fn mirror [
        Rule::forms("", &[
            "@file @format? @job=copy @type=file source? format?",
            "@file @format? @job=copy source? format?",
            "@file @format? @type=file source? format?",
            "@file @format? source? format?",
            "@job=copy|active-commit @type? source? format?",
        ]),
        Rule::unless("", "@file", &[""], &[Rule::together("", "source format")]),
        Rule::is("@file", PATH),
        Rule::part("", sources::source),
        Rule::part("format", sources::format),
        Rule::part("backingStore", backing),
    ]

    fn controller [
        Rule::is("@index", UINT),
        Rule::needs("@type"),
        Rule::is("driver/@queues driver/@cmd_per_lun driver/@max_sectors driver/@iothread", UINT),
        Rule::needs("driver/iothreads/iothread"),
        Rule::when("", "@type", &["fdc", "sata", "ccid", "isa"], &[Rule::only("", "@type @index alias acpi address driver")]),
        Rule::when("", "@type", &["scsi"], &[
            Rule::only("", "@type @index @model alias acpi address driver"),
            Rule::is("@model", SCSI_MODELS),
        ]),
        Rule::when("", "@type", &["usb"], &[
            Rule::only("", "@type @index @model @ports master alias acpi address driver"),
            Rule::is("@model", USB_MODELS),
            Rule::needs("master/@startport"),
            Rule::is("master/@startport", USB_PORT),
        ]),
        Rule::when("", "@type", &["ide"], &[
            Rule::only("", "@type @index @model alias acpi address driver"),
            Rule::is("@model", Values::one_of(&["piix3", "piix4", "ich6"])),
        ]),
        Rule::when("", "@type", &["pci"], &[
            Rule::only("", "@type @index @model model target pcihole64 alias acpi address driver"),
            Rule::needs("@model model/@name"),
            Rule::is("@model", PCI_MODELS),
            Rule::is("model/@name", PCI_PRODUCTS),
            Rule::is("target/@chassisNr target/@chassis target/@port target/@busNr target/@index", UINT8),
            Rule::is("target/@memReserve", ULONG),
            Rule::is("target/node", UINT),
            Rule::when("", "@model", PCI_ROOTS, &[Rule::part("pcihole64", plain_size)]),
            Rule::when("", "@model", PCI_BRIDGES, &[Rule::no("pcihole64")]),
        ]),
        Rule::when("", "@type", &["virtio-serial"], &[
            Rule::only("", "@type @index @model @ports @vectors alias acpi address driver"),
            Rule::is("@model", VIRTIO_MODELS),
        ]),
        Rule::when("", "@type", &["xenbus"], &[
            Rule::only("", "@type @index @maxGrantFrames @maxEventChannels alias acpi address driver"),
        ]),
        Rule::is("@ports @vectors @maxGrantFrames @maxEventChannels", UINT),
    ]

    fn filesystem [
        Rule::needs("source target target/@dir"),
        Rule::part("space_hard_limit space_soft_limit", plain_size),
        Rule::is("@fmode @dmode", MODE),
        Rule::when("", "@type", &["", "mount"], &[
            Rule::only("source", "@dir @socket"),
            Rule::forms("source", &["@dir", "@socket"]),
        ]),
        Rule::when("", "@type", &["bind", "file", "block", "ram", "template"], &[Rule::no("binary idmap")]),
        Rule::when("", "@type", &["bind"], &[Rule::needs("source/@dir"), Rule::only("source", "@dir")]),
        Rule::when("", "@type", &["file"], &[Rule::needs("source/@file"), Rule::only("source", "@file")]),
        Rule::when("", "@type", &["block"], &[Rule::needs("source/@dev"), Rule::only("source", "@dev")]),
        Rule::when("", "@type", &["template"], &[Rule::needs("source/@name"), Rule::only("source", "@name")]),
        Rule::when("", "@type", &["ram"], &[Rule::needs("source/@usage"), Rule::only("source", "@usage @units")]),
        Rule::is("source/@dir", FOLDER),
        Rule::is("source/@socket source/@file source/@dev binary/@path", PATH),
        Rule::is("source/@name", NAME),
        Rule::is("source/@usage", ULONG),
        Rule::is("source/@units", UNIT),
        Rule::is("binary/openfiles/@max", POSITIVE),
        Rule::is("binary/thread_pool/@size", INTEGER),
        Rule::when("driver", "@type", &["virtiofs"], &[Rule::only("", "@type @queue @iommu @ats @packed @page_per_vq")]),
        Rule::when("driver", "@type", &["mtp"], &[Rule::only("", "@type")]),
        Rule::when("driver", "@type", &["", "path", "handle", "loop", "nbd", "ploop"], &[Rule::no("@queue")]),
        Rule::is("driver/@queue", UINT),
        Rule::is("driver/@wrpolicy", Values::one_of(&["immediate"])),
        Rule::is("driver/@type", Values::one_of(&["path", "handle", "loop", "nbd", "ploop", "virtiofs", "mtp"])),
    ]

    fn hostdev [
        Rule::needs("source"),
        Rule::is("@managed", YES_NO),
        Rule::is("driver/@model", NAME),
        Rule::part("", interfaces::addresses),
        // Only where the mode is spelt out.
        Rule::when("", "@mode", &["subsystem"], &[
            Rule::when("", "@type", &["pci"], &[Rule::together("", "driver teaming source")]),
        ]),
        Rule::when("", "@mode", &["", "subsystem"], &[
            Rule::when("", "@type", &["pci"], &[
                Rule::needs("source/address"),
                Rule::part("source/address", pci),
                Rule::may("source/@startupPolicy"),
            ]),
            Rule::when("", "@type", &["usb"], &[Rule::part("source", usb)]),
            Rule::when("", "@type", &["scsi"], &[
                Rule::when("source", "@protocol", &["", "adapter"], &[
                    Rule::needs("adapter address address/@bus address/@target address/@unit"),
                    Rule::is("address/@bus", DIGITS_2),
                    Rule::is("address/@target", DIGITS_10),
                    Rule::is("address/@unit", DIGITS_20),
                    Rule::no("host auth initiator"),
                ]),
                Rule::when("source", "@protocol", &["iscsi"], &[
                    Rule::needs("@name host host/@name"),
                    Rule::part("auth", sources::auth),
                    Rule::no("adapter address"),
                    Rule::needs("initiator/iqn initiator/iqn/@name"),
                ]),
                Rule::is("source/host/@port", PORT),
            ]),
            Rule::when("", "@type", &["scsi_host"], &[
                Rule::needs("source/@wwpn source/@protocol"),
                Rule::is("source/@wwpn", VHOST_WWPN),
            ]),
            Rule::when("", "@type", &["mdev"], &[
                Rule::needs("@model source/address source/address/@uuid"),
                Rule::is("source/address/@uuid", UUID),
            ]),
        ]),
        Rule::when("", "@mode", &["capabilities"], &[
            Rule::no("@managed"),
            Rule::is("source/block source/char", PATH),
            Rule::is("source/interface", DEVICE_NAME),
        ]),
    ]

    /// Of a USB device: what it is, where it is, or both.
    fn usb [
        Rule::forms("", &["vendor product address?", "address"]),
        Rule::order("", "vendor product address"),
        Rule::needs("vendor/@id product/@id address/@bus address/@device"),
        Rule::is("vendor/@id product/@id", USB_ID),
        Rule::is("address/@bus address/@device", USB_NUMBER),
    ]

    fn rng [
        Rule::needs("@model backend backend/@model"),
        Rule::when("backend", "@model", &["random"], &[Rule::is("", PATH_OR_EMPTY)]),
        Rule::when("backend", "@model", &["egd"], &[Rule::part("", chardevs::source)]),
        Rule::needs("rate/@bytes"),
        Rule::is("rate/@bytes rate/@period", POSITIVE),
    ]

    fn input [
        Rule::forms("", &[
            "@type=tablet|mouse|keyboard @bus=ps2|usb|xen|virtio",
            "@type=tablet|mouse|keyboard",
            "@type=passthrough @bus=virtio source",
            "@type=evdev source",
        ]),
        Rule::when("", "@type", &["passthrough"], &[Rule::only("source", "@evdev"), Rule::needs("source/@evdev")]),
        Rule::when("", "@type", &["evdev"], &[
            Rule::only("source", "@dev @grab @grabToggle @repeat"),
            Rule::needs("source/@dev"),
            Rule::is("source/@grab", Values::one_of(&["all"])),
        ]),
        Rule::is("source/@dev source/@evdev", PATH),
    ]

    fn memory [
        Rule::needs("@model target target/size"),
        Rule::is("uuid", UUID),
        Rule::forms("source", &["pagesize? nodemask?", "path alignsize? pmem?"]),
        Rule::is("source/path", PATH),
        Rule::is("source/nodemask", CPUS),
        Rule::part("source/pagesize source/alignsize", plain_size),
        Rule::may("target/@dynamicMemslots target/block target/requested target/current target/node target/label target/readonly target/address"),
        Rule::part("target/size target/block target/requested target/current target/label/size", plain_size),
        Rule::is("target/node", UINT),
        Rule::is("target/@dynamicMemslots", YES_NO),
        Rule::may("source/path source/alignsize source/pmem source/pagesize source/nodemask"),
        Rule::needs("target/label/size target/address/@base"),
        Rule::is("target/address/@base", HEX),
    ]

    fn tpm [
        Rule::needs("backend backend/@type"),
        Rule::when("backend", "@type", &["passthrough"], &[Rule::only("", "@type @version device")]),
        Rule::when("backend", "@type", &["emulator"], &[
            Rule::only("", "@type @version @persistent_state @debug encryption active_pcr_banks source profile"),
            Rule::is("source/@type", Values::one_of(&["file", "dir"])),
            Rule::needs("source/@type source/@path encryption/@secret"),
            Rule::when("source", "@type", &["file"], &[Rule::is("@path", PATH)]),
            Rule::when("source", "@type", &["dir"], &[Rule::is("@path", FOLDER)]),
            Rule::is("@debug", UINT8),
            Rule::is("encryption/@secret", UUID),
            Rule::is("profile/@source profile/@name", PROFILE),
        ]),
        Rule::when("backend", "@type", &["external"], &[Rule::only("", "@type @version source")]),
        Rule::is("backend/device/@path", ANY_PATH),
    ]

    fn small [
        Rule::is("lease/target/@offset", UINT),
        Rule::is("lease/lockspace lease/key", TEXT),
        Rule::many("redirfilter"),
        Rule::is("shmem/@name", SHMEM_NAME),
        Rule::needs("shmem/model/@type"),
        Rule::part("shmem/size pstore/size", plain_size),
        Rule::is("shmem/server/@path pstore/path", PATH),
        Rule::is("shmem/msi/@vectors", UINT),
        Rule::needs("memballoon/stats/@period"),
        Rule::is("memballoon/stats/@period", POSITIVE),
        Rule::is("panic/@model", Values::one_of(&["isa", "pseries", "hyperv", "s390", "pvpanic"])),
        Rule::is("vsock/@model", VIRTIO_MODELS),
        Rule::is("vsock/cid/@address", UINT),
        Rule::is("iommu/driver/@aw_bits", UINT8),
        Rule::is("crypto/backend/@queues", POSITIVE),
        Rule::needs("redirdev/@bus"),
        Rule::is("redirfilter/usbdev/@class", USB_CLASS),
        Rule::is("redirfilter/usbdev/@vendor redirfilter/usbdev/@product", USB_ID_OR_ANY),
        Rule::is("redirfilter/usbdev/@version", USB_VERSION),
    ]
}

const PCI_BRIDGES: &[&str] = &[
    "pci-bridge",
    "dmi-to-pci-bridge",
    "pcie-to-pci-bridge",
    "pcie-root-port",
    "pcie-switch-upstream-port",
    "pcie-switch-downstream-port",
    "pci-expander-bus",
    "pcie-expander-bus",
];
