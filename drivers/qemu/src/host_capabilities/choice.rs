//! From what a caller asks about, much of it left out, to one emulator, architecture, type and machine.

use std::path::{Path, PathBuf};

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::VirtType as DomainType;
use ferrovirt_core::driver::HypervisorChoice;
use ferrovirt_core::{Error, Result};

use super::emulators::SearchPath;
use super::guest::preferred_machine;
use super::{VirtType, arch_of};
use crate::capabilities::{Accel, Capabilities};

/// The architecture that is asked about, or the host's, and the emulator for it.
pub fn emulator(choice: &HypervisorChoice<'_>, host: Arch, search: &SearchPath) -> Result<(Arch, PathBuf)> {
    if let Some(name) = choice.virt_type.filter(|name| name.parse::<DomainType>().is_err()) {
        return Err(Error::invalid_arg(format!("domain type '{name}' is unknown")));
    }
    let arch = match choice.arch {
        Some(name) => {
            name.parse().map_err(|_| Error::invalid_arg(format!("architecture '{name}' is unknown")))?
        }
        None => host,
    };
    let binary = match choice.emulator {
        Some(path) => PathBuf::from(path),
        None => search.emulator(host, arch).ok_or_else(|| {
            Error::config_unsupported(format!("no emulator for architecture '{arch}' is installed in PATH"))
        })?,
    };
    Ok((arch, binary))
}

/// The type and the machine that are asked about, or the best ones.
pub fn machine(
    choice: &HypervisorChoice<'_>,
    arch: Arch,
    binary: &Path,
    capabilities: &Capabilities,
) -> Result<(VirtType, String)> {
    let binary = binary.display();
    if !arch_of(&capabilities.arch).is_some_and(|own| are_related(own, arch)) {
        let text = format!("emulator '{binary}' is for '{}', not for '{arch}'", capabilities.arch);
        return Err(Error::invalid_arg(text));
    }
    let best = if capabilities.accelerator(Accel::Kvm).is_some() { VirtType::Kvm } else { VirtType::Qemu };
    let virt = match choice.virt_type {
        None => best,
        Some("kvm") => VirtType::Kvm,
        Some("qemu") => VirtType::Qemu,
        Some(other) => {
            let text = format!("domain type '{other}' is none of QEMU's, which are 'kvm' and 'qemu'");
            return Err(Error::invalid_arg(text));
        }
    };
    let Some(accelerator) = capabilities.accelerator(virt.accel()) else {
        let text = format!("emulator '{binary}' can't run guests of type '{}' on this host", virt.name());
        return Err(Error::invalid_arg(text));
    };
    let machine = match choice.machine {
        Some(name) => accelerator.machine(name),
        None => preferred_machine(capabilities, virt.accel()),
    };
    let machine = machine.filter(|machine| machine.name != "none").ok_or_else(|| {
        let name = choice.machine.unwrap_or("default");
        Error::invalid_arg(format!("emulator '{binary}' has no machine '{name}'"))
    })?;
    Ok((virt, machine.name.clone()))
}

/// Whether an emulator of one may run guests of the other.
fn are_related(emulator: Arch, guest: Arch) -> bool {
    let is_ppc = |arch| matches!(arch, Arch::Ppc | Arch::Ppcle | Arch::Ppc64 | Arch::Ppc64le | Arch::Ppcemb);
    emulator == guest
        || (emulator.is_x86() && guest.is_x86())
        || (is_ppc(emulator) && is_ppc(guest))
        || (emulator.is_arm() && guest.is_arm())
        || (emulator.is_s390() && guest.is_s390())
}
