//! What the schema of `<domainbackup>` says beyond the model. A backup that is fetched has scratch files, one that is pushed
//! targets.

use crate::domain::schema::{DISK_TARGET, seclabel};
use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

pub(super) const BACKUP: &[Rule] = &[
    Rule::forms("", &["@mode=push? incremental? disks?", "@mode=pull incremental? server disks?"]),
    Rule::forms(
        "server",
        &[
            "@tls? @transport=tcp? @name @port?",
            "@tls? @transport=unix @socket",
            "@tls? @transport=fd @fdgroup",
        ],
    ),
    Rule::is("server/@name", IP_OR_NAME),
    Rule::is("server/@port", UINT),
    Rule::is("server/@socket", PATH),
    Rule::needs("disks/disk disks/disk/@name disks/disk/driver/@type"),
    Rule::is("disks/disk/@name", DISK_TARGET),
    Rule::forms("disks/disk", &["", "@backupmode=full", "@backupmode=incremental? @incremental?"]),
    Rule::when("", "@mode", &["", "push"], &[Rule::part("disks/disk", pushed)]),
    Rule::when("", "@mode", &["pull"], &[Rule::part("disks/disk", fetched)]),
];

tables! {
    fn pushed [
        Rule::only("", "@name @backupmode @incremental @backup @type target driver"),
        Rule::forms("", &[
            "@backup=no",
            "@backup=yes?",
            "@backup=yes? @type=file|block target? driver?",
        ]),
        Rule::when("", "@type", &["file"], &[Rule::part("target", file)]),
        Rule::when("", "@type", &["block"], &[Rule::part("target", block)]),
    ]

    fn fetched [
        Rule::only("", "@name @backupmode @incremental @exportname @exportbitmap @backup @type scratch driver"),
        Rule::forms("", &[
            "@backup=no",
            "",
            "scratch driver?",
            "@backup=yes? @type=file",
            "@backup=yes? @type=file scratch driver?",
            "@backup=yes? @type=block scratch driver?",
        ]),
        Rule::is("driver/@type", Values::one_of(&["qcow2"])),
        Rule::when("", "@type", &["", "file"], &[Rule::part("scratch", file)]),
        Rule::when("", "@type", &["block"], &[Rule::part("scratch", block)]),
    ]

    fn file [
        Rule::only("", "@file seclabel encryption"),
        Rule::needs("@file"),
        Rule::is("@file", PATH),
        Rule::part("", protected),
    ]

    fn block [
        Rule::only("", "@dev seclabel encryption"),
        Rule::needs("@dev"),
        Rule::is("@dev", PATH),
        Rule::part("", protected),
    ]

    fn protected [
        Rule::part("seclabel", seclabel),
        Rule::part("encryption", encryption),
    ]

    fn encryption [
        Rule::needs("@format secret secret/@type"),
        Rule::once("secret"),
        Rule::is("@format", Values::one_of(&["luks"])),
        Rule::is("@engine", Values::one_of(&["qemu"])),
        Rule::forms("secret", &["@uuid", "@usage"]),
        Rule::is("secret/@uuid", UUID),
        Rule::forms("", &["", "cipher ivgen"]),
        Rule::order("", "cipher ivgen"),
        Rule::needs("cipher/@name cipher/@size ivgen/@name"),
        Rule::forms("cipher", &["", "@mode @hash"]),
        Rule::is("cipher/@size", UINT),
    ]
}
