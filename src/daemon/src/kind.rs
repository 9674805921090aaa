//! Which daemon this is: by the name that it was started under it serves everything, or one driver.

use ferrovirt::Subjects;
use std::path::Path;

/// A daemon and what it is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The program's name, and its server's.
    pub name: &'static str,
    /// What its sockets' names begin with.
    pub sockets: &'static str,
    pub subjects: Subjects,
}

/// The daemon for everything.
pub const LIBVIRTD: Kind = Kind { name: "libvirtd", sockets: "libvirt", subjects: Subjects::All };

/// The one at libvirtd's sockets that has the daemons of all drivers do the work.
const PROXY: Kind = Kind { name: "virtproxyd", sockets: "libvirt", subjects: Subjects::Others };

/// Declares the daemons of one driver.
macro_rules! modular {
    ($($name:literal => $driver:literal;)*) => {
        const MODULAR: &[Kind] =
            &[$(Kind { name: $name, sockets: $name, subjects: Subjects::Only($driver) },)*];
    };
}

modular! {
    "virtqemud" => "qemu";
    "virtnetworkd" => "network";
    "virtstoraged" => "storage";
    "virtnodedevd" => "nodedev";
    "virtnwfilterd" => "nwfilter";
    "virtsecretd" => "secret";
    "virtinterfaced" => "interface";
    "virtlxcd" => "lxc";
    "virtxend" => "xen";
    "virtvboxd" => "vbox";
    "virtvzd" => "vz";
    "virtbhyved" => "bhyve";
    "virtchd" => "ch";
}

impl Kind {
    /// The daemon whose program is called so. A name that says nothing is the daemon for everything.
    pub fn of_program(program: &Path) -> Self {
        let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        MODULAR.iter().chain([&PROXY]).find(|kind| kind.name == name).copied().unwrap_or(LIBVIRTD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_program_decides() {
        let of = |name: &str| Kind::of_program(Path::new(name));
        assert_eq!(of("/usr/sbin/libvirtd"), LIBVIRTD);
        assert_eq!(of("target/debug/renamed"), LIBVIRTD);
        assert_eq!(of("virtnetworkd").subjects, Subjects::Only("network"));
        assert_eq!(of("/usr/sbin/virtqemud").sockets, "virtqemud");
        assert_eq!((of("virtproxyd").sockets, of("virtproxyd").subjects), ("libvirt", Subjects::Others));
    }
}
