//! Machine types by family: what a guest has without being told follows from it.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{ControllerModel, ControllerType, Domain};

/// What machine types have in common whatever their version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// x86 with the i440FX and PIIX3 chips: `pc`.
    I440fx,
    /// x86 with PCI Express: `q35`.
    Q35,
    /// x86 without PCI.
    Isapc,
    /// x86 as Xen's own device model has it.
    XenFv,
    MicroVm,
    ArmVirt,
    RiscvVirt,
    LoongArchVirt,
    PSeries,
    S390Ccw,
    Malta,
    VersatilePb,
    Vexpress,
    Other,
}

impl Family {
    /// The family of a machine type, aliases included.
    pub fn of(arch: Arch, machine: &str) -> Self {
        let named = |name: &str| {
            machine.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let old_pc = ["pc-0.", "pc-1.", "pc-i440fx-", "rhel"];
        match arch {
            Arch::I686 | Arch::X86_64 if machine == "q35" || machine.starts_with("pc-q35-") => Self::Q35,
            Arch::I686 | Arch::X86_64 if machine == "isapc" => Self::Isapc,
            Arch::I686 | Arch::X86_64 if machine == "microvm" => Self::MicroVm,
            Arch::I686 | Arch::X86_64 if named("xenfv") => Self::XenFv,
            Arch::I686 | Arch::X86_64
                if machine == "pc" || old_pc.iter().any(|prefix| machine.starts_with(prefix)) =>
            {
                Self::I440fx
            }
            Arch::Armv6l | Arch::Armv7l | Arch::Aarch64 if named("virt") => Self::ArmVirt,
            _ if arch.is_arm() && machine == "versatilepb" => Self::VersatilePb,
            _ if arch.is_arm() && machine.starts_with("vexpress-") => Self::Vexpress,
            _ if arch.is_riscv() && named("virt") => Self::RiscvVirt,
            Arch::Loongarch64 if named("virt") => Self::LoongArchVirt,
            _ if arch.is_ppc64() && named("pseries") => Self::PSeries,
            _ if arch.is_s390() && machine.starts_with("s390-ccw") => Self::S390Ccw,
            Arch::Mips | Arch::Mipsel | Arch::Mips64 | Arch::Mips64el if machine == "malta" => Self::Malta,
            _ => Self::Other,
        }
    }

    /// The guest's.
    pub fn of_domain(model: &Domain) -> Self {
        Self::of(arch(model), model.os.machine.as_deref().unwrap_or(""))
    }

    /// One of the machines that QEMU made up, which have no old hardware to mimic.
    pub fn is_virt(self) -> bool {
        matches!(self, Self::ArmVirt | Self::RiscvVirt | Self::LoongArchVirt)
    }

    /// The PS/2 controller is part of the machine.
    pub fn has_ps2(self) -> bool {
        matches!(self, Self::I440fx | Self::Q35 | Self::XenFv | Self::Isapc)
    }

    /// The first IDE controller is part of the machine.
    pub fn has_builtin_ide(self, machine: &str) -> bool {
        matches!(self, Self::I440fx | Self::Malta) || matches!(machine, "sun4u" | "g3beige")
    }

    /// The first SCSI controller is part of the machine, in a chip of its own.
    pub fn has_builtin_esp(self, arch: Arch, machine: &str) -> bool {
        match arch {
            Arch::Sparc => true,
            Arch::Mips64 | Arch::Mips64el => matches!(machine, "magnum" | "pica61"),
            Arch::M68k => machine == "q800",
            _ => false,
        }
    }

    /// Whether there is PCI at all.
    pub fn supports_pci(self, arch: Arch) -> bool {
        match self {
            Self::ArmVirt | Self::VersatilePb | Self::RiscvVirt => true,
            _ => !arch.is_arm() && !arch.is_riscv(),
        }
    }

    /// Whether PCI can have more than one bus.
    pub fn supports_pci_buses(self, arch: Arch) -> bool {
        let ppc = arch.is_ppc64() || matches!(arch, Arch::Ppc | Arch::Ppcle | Arch::Ppcemb);
        arch.is_x86() || ppc || arch.is_s390() || self.is_virt()
    }
}

/// The guest's architecture; that of most hosts where none is said, which [`crate::defaults`] does not leave so.
pub fn arch(model: &Domain) -> Arch {
    model.os.arch.unwrap_or(Arch::X86_64)
}

/// The model of PCI controller 0.
pub fn pci_root(model: &Domain) -> Option<ControllerModel> {
    let root = |c: &&ferrovirt_conf::domain::Controller| c.kind == ControllerType::Pci && c.index == Some(0);
    model.devices.controllers.iter().find(root)?.model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_and_versions_are_of_one_family() {
        for (arch, machine, family) in [
            (Arch::X86_64, "pc", Family::I440fx),
            (Arch::X86_64, "pc-i440fx-10.0", Family::I440fx),
            (Arch::X86_64, "pc-0.13", Family::I440fx),
            (Arch::I686, "q35", Family::Q35),
            (Arch::X86_64, "pc-q35-9.2", Family::Q35),
            (Arch::X86_64, "isapc", Family::Isapc),
            (Arch::X86_64, "virt", Family::Other),
            (Arch::Aarch64, "virt-9.2", Family::ArmVirt),
            (Arch::Aarch64, "virtual", Family::Other),
            (Arch::Riscv64, "virt", Family::RiscvVirt),
            (Arch::Ppc64le, "pseries-9.2", Family::PSeries),
            (Arch::S390x, "s390-ccw-virtio-9.2", Family::S390Ccw),
        ] {
            assert_eq!(Family::of(arch, machine), family, "{machine}");
        }
        assert!(!Family::Other.supports_pci(Arch::Aarch64));
        assert!(Family::I440fx.has_builtin_ide("pc") && !Family::Q35.has_builtin_ide("q35"));
    }
}
