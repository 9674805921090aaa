//! Processor architectures.

use ferrovirt_xml::XmlEnum;

/// An architecture, by libvirt's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum Arch {
    #[xml(name = "alpha")]
    Alpha,
    #[xml(name = "armv6l")]
    Armv6l,
    #[xml(name = "armv7l")]
    Armv7l,
    #[xml(name = "armv7b")]
    Armv7b,
    #[xml(name = "aarch64")]
    Aarch64,
    #[xml(name = "cris")]
    Cris,
    #[xml(name = "i686")]
    I686,
    #[xml(name = "ia64")]
    Ia64,
    #[xml(name = "lm32")]
    Lm32,
    #[xml(name = "loongarch64")]
    Loongarch64,
    #[xml(name = "m68k")]
    M68k,
    #[xml(name = "microblaze")]
    Microblaze,
    #[xml(name = "microblazeel")]
    Microblazeel,
    #[xml(name = "mips")]
    Mips,
    #[xml(name = "mipsel")]
    Mipsel,
    #[xml(name = "mips64")]
    Mips64,
    #[xml(name = "mips64el")]
    Mips64el,
    #[xml(name = "openrisc")]
    Openrisc,
    #[xml(name = "parisc")]
    Parisc,
    #[xml(name = "parisc64")]
    Parisc64,
    #[xml(name = "ppc")]
    Ppc,
    #[xml(name = "ppcle")]
    Ppcle,
    #[xml(name = "ppc64")]
    Ppc64,
    #[xml(name = "ppc64le")]
    Ppc64le,
    #[xml(name = "ppcemb")]
    Ppcemb,
    #[xml(name = "riscv32")]
    Riscv32,
    #[xml(name = "riscv64")]
    Riscv64,
    #[xml(name = "s390")]
    S390,
    #[xml(name = "s390x")]
    S390x,
    #[xml(name = "sh4")]
    Sh4,
    #[xml(name = "sh4eb")]
    Sh4eb,
    #[xml(name = "sparc")]
    Sparc,
    #[xml(name = "sparc64")]
    Sparc64,
    #[xml(name = "unicore32")]
    Unicore32,
    #[xml(name = "x86_64")]
    X86_64,
    #[xml(name = "xtensa")]
    Xtensa,
    #[xml(name = "xtensaeb")]
    Xtensaeb,
}

impl Arch {
    /// The architecture that this program was built for; `None` if libvirt has no name for it.
    pub fn host() -> Option<Self> {
        Self::from_uname(match std::env::consts::ARCH {
            "x86" => "i686",
            "arm" => "armv7l",
            "powerpc" => "ppc",
            "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
            "powerpc64" => "ppc64",
            other => other,
        })
    }

    /// The architecture by the kernel's name for it, such as `amd64` or `i586`.
    pub fn from_uname(name: &str) -> Option<Self> {
        match name {
            "i386" | "i486" | "i586" => Some(Self::I686),
            "amd64" => Some(Self::X86_64),
            "arm64" => Some(Self::Aarch64),
            _ => name.parse().ok(),
        }
    }

    /// How many bits an address has: 32 or 64.
    pub fn bits(self) -> u32 {
        match self {
            Self::Alpha
            | Self::Aarch64
            | Self::Ia64
            | Self::Loongarch64
            | Self::Mips64
            | Self::Mips64el
            | Self::Parisc64
            | Self::Ppc64
            | Self::Ppc64le
            | Self::Riscv64
            | Self::S390x
            | Self::Sh4eb
            | Self::Sparc64
            | Self::X86_64 => 64,
            _ => 32,
        }
    }

    pub fn is_x86(self) -> bool {
        matches!(self, Self::I686 | Self::X86_64)
    }

    pub fn is_arm(self) -> bool {
        matches!(self, Self::Armv6l | Self::Armv7l | Self::Armv7b | Self::Aarch64)
    }

    pub fn is_ppc64(self) -> bool {
        matches!(self, Self::Ppc64 | Self::Ppc64le)
    }

    pub fn is_s390(self) -> bool {
        matches!(self, Self::S390 | Self::S390x)
    }

    pub fn is_riscv(self) -> bool {
        matches!(self, Self::Riscv32 | Self::Riscv64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_libvirt_and_of_kernels() {
        assert_eq!("x86_64".parse::<Arch>().unwrap(), Arch::X86_64);
        assert_eq!(Arch::X86_64.to_string(), "x86_64");
        assert_eq!(Arch::from_uname("i586"), Some(Arch::I686));
        assert_eq!(Arch::from_uname("pdp11"), None);
        assert_eq!((Arch::S390x.bits(), Arch::Ppc.bits()), (64, 32));
    }
}
