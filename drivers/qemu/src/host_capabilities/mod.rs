//! What libvirt tells of the host and its emulators: capabilities, domain capabilities, firmware tables.

pub mod choice;
mod cpu;
mod devices;
mod domain;
pub mod emulators;
mod guest;
mod host;
pub mod node;
mod report;
mod sysinfo;

pub(crate) use domain::host_has_secure_execution;
pub use domain::{Asked, Programs, domain_capabilities};
pub use guest::guest_capabilities;
pub use host::{HostFacts, host_capabilities, host_cpu};
pub use report::{HostReport, Prober};
pub use sysinfo::sysinfo;

use ferrovirt_conf::cpu::Arch;

/// A domain type that QEMU serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VirtType {
    Kvm,
    Qemu,
}

impl VirtType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Qemu => "qemu",
        }
    }

    pub fn accel(self) -> crate::capabilities::Accel {
        match self {
            Self::Kvm => crate::capabilities::Accel::Kvm,
            Self::Qemu => crate::capabilities::Accel::Tcg,
        }
    }
}

/// The architecture that a binary emulates, by libvirt's name.
pub fn arch_of(qemu: &str) -> Option<Arch> {
    match qemu {
        "arm" => Some(Arch::Armv7l),
        "or32" => Some(Arch::Openrisc),
        other => Arch::from_uname(other),
    }
}

/// What QEMU calls an architecture in the names of its binaries.
pub fn qemu_name(arch: Arch) -> &'static str {
    match arch {
        Arch::I686 => "i386",
        Arch::Armv6l | Arch::Armv7l => "arm",
        Arch::Openrisc => "or32",
        other => other.as_str(),
    }
}

/// Whether guests of an architecture run on a host's CPUs as they are.
pub fn is_native(host: Arch, guest: Arch) -> bool {
    host == guest
        || (host == Arch::X86_64 && guest == Arch::I686)
        || (host == Arch::Aarch64 && guest == Arch::Armv7l)
        || (host.is_ppc64() && guest.is_ppc64())
}
