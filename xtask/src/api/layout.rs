//! Which headers and libraries there are, what they are called, and how they include one another.

/// A header below `include/libvirt/`.
#[derive(Debug, PartialEq, Eq)]
pub struct HeaderLayout {
    /// Its name without `.h`, as the API description has it.
    pub name: &'static str,
    /// The name of its Rust file: `src/core/src/abi/STEM.rs` or a folder of that name, and `capi/src/.../STEM.rs`.
    pub stem: &'static str,
    /// The macro that guards it.
    pub guard: &'static str,
    /// The library that has its functions.
    pub library: &'static str,
    /// Macros one of which must be defined while it is included; none if programs include it themselves.
    pub only_from: &'static [&'static str],
    /// What it includes.
    pub includes: &'static [&'static str],
    /// What the API description calls the module of its functions, where that is not the header's name.
    pub module: Option<&'static str>,
    pub summary: &'static str,
}

/// A shared library.
#[derive(Debug, PartialEq, Eq)]
pub struct Library {
    /// Its name without `.so`; also of its `.syms`, `.pc` and API description.
    pub name: &'static str,
    /// What the linker is told to get it: `-lvirt`.
    pub flag: &'static str,
    /// The `.pc` file's `Requires`.
    pub requires: Option<&'static str>,
    pub description: &'static str,
}

/// The release whose interface this is.
pub const RELEASE: &str = "11.3.0";
/// What follows `.so.0` in the names of the files.
pub const MINOR: &str = "11003.0";
/// Set while `libvirt.h` includes its parts.
const FROM_LIBVIRT: &str = "__VIR_LIBVIRT_H_INCLUDES__";
/// Set while `libvirt-admin.h` includes what it shares.
const FROM_ADMIN: &str = "__VIR_ADMIN_H_INCLUDES__";

/// The library that holds everything; the others forward to it.
pub const MAIN: &str = "libvirt";

pub const LIBRARIES: &[Library] = &[
    Library { name: MAIN, flag: "-lvirt", requires: None, description: "Virtualization management" },
    Library {
        name: "libvirt-qemu",
        flag: "-lvirt-qemu",
        requires: Some(MAIN),
        description: "Virtualization management: what only QEMU has",
    },
    Library {
        name: "libvirt-lxc",
        flag: "-lvirt-lxc",
        requires: Some(MAIN),
        description: "Virtualization management: what only containers have",
    },
    Library {
        name: "libvirt-admin",
        flag: "-lvirt-admin",
        requires: None,
        description: "Virtualization management: the daemons themselves",
    },
];

/// A part of `libvirt.h`.
const fn part(
    name: &'static str,
    stem: &'static str,
    guard: &'static str,
    summary: &'static str,
) -> HeaderLayout {
    HeaderLayout {
        name,
        stem,
        guard,
        library: MAIN,
        only_from: &[FROM_LIBVIRT],
        includes: &[],
        module: None,
        summary,
    }
}

/// A header that programs include beside `libvirt.h`.
const fn alone(
    name: &'static str,
    stem: &'static str,
    guard: &'static str,
    library: &'static str,
    summary: &'static str,
) -> HeaderLayout {
    HeaderLayout {
        name,
        stem,
        guard,
        library,
        only_from: &[],
        includes: &["libvirt/libvirt.h"],
        module: None,
        summary,
    }
}

/// All headers but `libvirt.h` itself, in the order in which it includes them.
pub const HEADERS: &[HeaderLayout] = &[
    HeaderLayout {
        name: "libvirt-common",
        stem: "common",
        guard: "__VIR_VIRCOMMON_H__",
        library: MAIN,
        only_from: &[FROM_LIBVIRT, FROM_ADMIN],
        includes: &["sys/types.h"],
        module: Some("virtypedparam-public"),
        summary: "what the library and the administration library share",
    },
    part("libvirt-host", "host", "LIBVIRT_HOST_H", "connections and the host"),
    part("libvirt-domain", "domain", "LIBVIRT_DOMAIN_H", "domains"),
    part(
        "libvirt-domain-checkpoint",
        "domain_checkpoint",
        "LIBVIRT_DOMAIN_CHECKPOINT_H",
        "checkpoints of domains",
    ),
    part("libvirt-domain-snapshot", "domain_snapshot", "LIBVIRT_DOMAIN_SNAPSHOT_H", "snapshots of domains"),
    HeaderLayout {
        module: Some("virevent"),
        ..part("libvirt-event", "event", "LIBVIRT_EVENT_H", "the event loop")
    },
    part("libvirt-interface", "interface", "LIBVIRT_INTERFACE_H", "network interfaces of the host"),
    part("libvirt-network", "network", "LIBVIRT_NETWORK_H", "virtual networks"),
    part("libvirt-nodedev", "nodedev", "LIBVIRT_NODEDEV_H", "devices of the host"),
    part("libvirt-nwfilter", "nwfilter", "LIBVIRT_NWFILTER_H", "network filters"),
    part("libvirt-secret", "secret", "LIBVIRT_SECRET_H", "secrets"),
    part("libvirt-storage", "storage", "LIBVIRT_STORAGE_H", "storage pools and volumes"),
    part("libvirt-stream", "stream", "LIBVIRT_STREAM_H", "streams"),
    HeaderLayout {
        module: Some("virerror"),
        ..alone("virterror", "virterror", "LIBVIRT_VIRTERROR_H", MAIN, "errors")
    },
    alone("libvirt-qemu", "qemu", "LIBVIRT_QEMU_H", "libvirt-qemu", "what only QEMU domains have"),
    alone("libvirt-lxc", "lxc", "LIBVIRT_LXC_H", "libvirt-lxc", "what only containers have"),
    HeaderLayout {
        includes: &["libvirt/libvirt-common.h"],
        ..alone("libvirt-admin", "admin", "LIBVIRT_ADMIN_H", "libvirt-admin", "administration of daemons")
    },
];

impl HeaderLayout {
    /// The macro to define around its includes, if what it includes asks for one.
    pub fn opens(&self) -> Option<&'static str> {
        (self.library == "libvirt-admin").then_some(FROM_ADMIN)
    }
}

/// The parts of `libvirt.h`, and the macro that it sets for them.
pub fn umbrella() -> (&'static str, impl Iterator<Item = &'static HeaderLayout>) {
    (FROM_LIBVIRT, HEADERS.iter().filter(|header| header.only_from.contains(&FROM_LIBVIRT)))
}

/// The header of a Rust file's stem: the longest that it equals, or begins with before a `_`.
pub fn header_of(stem: &str) -> Option<&'static HeaderLayout> {
    HEADERS
        .iter()
        .filter(|header| {
            stem.strip_prefix(header.stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        })
        .max_by_key(|header| header.stem.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_finds_its_header() {
        let name = |stem| header_of(stem).map(|header| header.name);
        assert_eq!(name("domain"), Some("libvirt-domain"));
        assert_eq!(name("domain_block"), Some("libvirt-domain"));
        assert_eq!(name("domain_snapshot"), Some("libvirt-domain-snapshot"));
        assert_eq!(name("domains"), None);
        assert_eq!(name("wrap"), None);
    }
}
