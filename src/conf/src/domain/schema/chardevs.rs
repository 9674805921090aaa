//! Character devices, whose sources the schema does not tell apart by type.

use super::sources;
use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

const SERIAL_TARGETS: &[&str] = &[
    "xen",
    "serial",
    "uml",
    "virtio",
    "lxc",
    "openvz",
    "sclp",
    "sclplm",
    "isa-serial",
    "usb-serial",
    "pci-serial",
    "spapr-vio-serial",
    "system-serial",
    "sclp-serial",
    "isa-debug",
];
const SERIAL_MODELS: &[&str] = &[
    "isa-serial",
    "usb-serial",
    "pci-serial",
    "spapr-vty",
    "pl011",
    "16550a",
    "sclpconsole",
    "sclplmconsole",
    "isa-debugcon",
];

tables! {
    fn source [
        Rule::part("source/seclabel", sources::seclabel),
        Rule::part("source/reconnect", sources::reconnect),
        Rule::needs("log/@file source/clipboard/@copypaste source/mouse/@mode"),
        Rule::is("log/@file", PATH),
        Rule::is("log/@append source/@append", ON_OFF),
        Rule::is("source/@tls", YES_NO),
    ]

    /// Whose type says where it leads in the guest.
    fn port [
        Rule::is("@tty", PATH),
        Rule::forms("", &["@tty?", "@type @tty? source* protocol? log? target? alias? acpi? address?"]),
        Rule::is("target/@type", Values::one_of(SERIAL_TARGETS)),
        Rule::is("target/@port", TEXT),
        Rule::may("target/model"),
        Rule::only("target/model", "@name"),
        Rule::needs("target/model/@name"),
        Rule::is("target/model/@name", Values::one_of(SERIAL_MODELS)),
    ]

    fn channel [
        Rule::needs("@type target target/@type"),
        Rule::no("acpi boot rom"),
        Rule::when("target", "@type", &["guestfwd"], &[
            Rule::only("", "@type @address @port"),
            Rule::needs("@address @port"),
            Rule::is("@address @port", TEXT),
        ]),
        Rule::when("target", "@type", &["virtio"], &[Rule::only("", "@type @name @state")]),
        Rule::when("target", "@type", &["xen"], &[Rule::only("", "@type @name")]),
    ]

    fn smartcard [
        Rule::when("", "@mode", &["host"], &[Rule::only("", "@mode acpi address")]),
        Rule::when("", "@mode", &["host-certificates"], &[
            Rule::only("", "@mode certificate database acpi address"),
            Rule::forms("", &["certificate:3"]),
            Rule::is("database", FOLDER),
        ]),
        Rule::when("", "@mode", &["passthrough"], &[
            Rule::only("", "@mode @type source protocol log target acpi address"),
            Rule::may("target/@type target/@port"),
            Rule::once("target"),
        ]),
    ]
}
