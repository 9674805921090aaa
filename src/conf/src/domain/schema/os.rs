//! What is booted, and how: it depends on what kind of guest `<type>` says.

use super::sources;
use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

pub(crate) const ARCHES: Values = Values::one_of(&[
    "aarch64",
    "alpha",
    "armv6l",
    "armv7l",
    "cris",
    "i686",
    "ia64",
    "lm32",
    "loongarch64",
    "m68k",
    "microblaze",
    "microblazeel",
    "mips",
    "mipsel",
    "mips64",
    "mips64el",
    "openrisc",
    "parisc",
    "parisc64",
    "ppc",
    "ppc64",
    "ppc64le",
    "ppcemb",
    "riscv32",
    "riscv64",
    "s390",
    "s390x",
    "sh4",
    "sh4eb",
    "sparc",
    "sparc64",
    "unicore32",
    "x86_64",
    "xtensa",
    "xtensaeb",
]);
const XEN: &[&str] = &["xen", "linux", "xenpvh"];
const BLANK_OR_PATH: Values =
    Values::named("an absolute path", |text| text.trim().is_empty() || crate::values::is_absolute_path(text));
const VARIABLE: Values = Values::named("a variable's name", |text| {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(known) && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
});
const REBOOT_TIMEOUT: Values = Values::named("an integer from -1 to 32767", |text| within(text, -1, 32767));

tables! {
    /// At the domain itself: Xen's boot loaders may stand in for `<os>`.
    fn boot [
        Rule::when("", "os", &[""], &[Rule::may("os")]),
        Rule::when("", "os/type", &["", "hvm"], &[Rule::together("", "bootloader bootloader_args os")]),
        Rule::when("", "os/type", &["exe"], &[Rule::no("bootloader bootloader_args")]),
        Rule::part("os", os),
    ]

    fn os [
        Rule::needs("type"),
        Rule::is("type", Values::one_of(&["hvm", "exe", "xen", "linux", "xenpvh"])),
        Rule::is("type/@arch", ARCHES),
        Rule::when("", "type", &["hvm"], &[
            Rule::only("", "@firmware type firmware loader nvram kernel initrd root cmdline shim dtb boot bootmenu \
                            smbios bios acpi"),
            Rule::is("type/@machine", PLAIN_NAME),
        ]),
        Rule::when("", "type", &["exe"], &[
            Rule::only("", "type init initarg initenv initdir inituser initgroup"),
            Rule::only("type", "@arch"),
            Rule::forms("", &["", "inituser initgroup"]),
        ]),
        Rule::when("", "type", XEN, &[
            Rule::only("", "type kernel initrd root cmdline shim dtb"),
            Rule::is("type/@arch", Values::one_of(&["i686", "x86_64", "ia64"])),
            Rule::is("type/@machine", Values::one_of(&["xenpv", "xenfv", "xenpvh"])),
        ]),
        Rule::is("kernel initrd root dtb init initdir acpi/table", PATH),
        Rule::is("inituser initgroup", NAME),
        Rule::needs("initenv/@name"),
        Rule::is("initenv", TEXT),
        Rule::is("initenv/@name", VARIABLE),
        Rule::needs("firmware/feature firmware/feature/@enabled firmware/feature/@name"),
        Rule::needs("boot/@dev bootmenu/@enable smbios/@mode acpi/table/@type"),
        Rule::is("bootmenu/@timeout", USHORT),
        Rule::is("bios/@rebootTimeout", REBOOT_TIMEOUT),
        Rule::is("smbios/@mode", Values::one_of(&["emulate", "host", "sysinfo"])),
        Rule::is("loader", PATH_OR_EMPTY),
        Rule::part("nvram", nvram),
    ]

    fn nvram [
        Rule::forms("", &["#?", "@type? source?"]),
        Rule::is("", BLANK_OR_PATH),
        Rule::forms("", &["", "@template @templateFormat?"]),
        Rule::is("@template", PATH),
        Rule::is("@templateFormat @format", Values::one_of(&["raw", "qcow2"])),
        Rule::part("", sources::source),
    ]
}
