//! Emulator, architecture and machine type, where the definition does not name them.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{Domain, VirtType};
use ferrovirt_core::{Error, ErrorDomain, Result};
use std::path::{Path, PathBuf};

use crate::capabilities::{Accel, Capabilities};
use crate::machine::arch;

/// The emulator of a guest. Where the definition names none, the host's for its architecture is put in, and so is the
/// host's architecture where it names none.
pub fn emulator(model: &mut Domain) -> Result<String> {
    let arch = match model.os.arch.or_else(Arch::host) {
        Some(arch) => *model.os.arch.insert(arch),
        None => {
            return Err(Error::config_unsupported("the host's architecture is not known: name one in <os>"));
        }
    };
    if model.virt_type == VirtType::Kvm && !Path::new("/dev/kvm").exists() {
        return Err(Error::invalid_arg(format!(
            "could not find capabilities for arch={arch} domaintype=kvm: this host has no /dev/kvm, type='qemu' goes without"
        ))
        .domain(ErrorDomain::Domain));
    }
    if let Some(emulator) = &model.devices.emulator {
        return Ok(emulator.clone());
    }
    let found = search_path().find_map(|folder| find_emulator(&folder, arch)).ok_or_else(|| {
        let name = target(arch);
        Error::config_unsupported(format!(
            "there is no emulator for '{arch}': qemu-system-{name} is not installed"
        ))
        .domain(ErrorDomain::Qemu)
    })?;
    Ok(model.devices.emulator.insert(found).clone())
}

/// The folders in which programs are.
fn search_path() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    std::env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn find_emulator(folder: &Path, guest: Arch) -> Option<String> {
    // A 32-bit guest runs as well on the emulator of the wider machine, where that is the host's.
    let wider = match (Arch::host(), guest) {
        (Some(Arch::X86_64), Arch::I686) => Some(Arch::X86_64),
        (Some(Arch::Aarch64), Arch::Armv7l) => Some(Arch::Aarch64),
        _ => None,
    };
    let native = wider.filter(|_| guest == Arch::Armv7l);
    let candidates = [native, Some(guest), wider].into_iter().flatten();
    let paths = candidates.map(|arch| folder.join(format!("qemu-system-{}", target(arch))));
    paths.filter(|path| path.is_file()).find_map(|path| path.to_str().map(str::to_owned))
}

/// QEMU's name for the architecture.
pub fn target(arch: Arch) -> String {
    match arch {
        Arch::I686 => "i386".into(),
        Arch::Armv6l | Arch::Armv7l => "arm".into(),
        Arch::Openrisc => "or32".into(),
        Arch::Ppcle => "ppc".into(),
        Arch::Ppc64le => "ppc64".into(),
        other => other.to_string(),
    }
}

/// How the guest's instructions are run.
pub fn accel(model: &Domain) -> Accel {
    if model.virt_type == VirtType::Kvm { Accel::Kvm } else { Accel::Tcg }
}

/// The machine that guests get which ask for none, whatever QEMU's own default is.
pub fn preferred(arch: Arch) -> Option<&'static str> {
    Some(match arch {
        Arch::I686 | Arch::X86_64 => "pc",
        Arch::Armv6l => "integratorcp",
        Arch::Armv7l | Arch::Armv7b | Arch::Aarch64 | Arch::Riscv32 | Arch::Riscv64 | Arch::Loongarch64 => {
            "virt"
        }
        Arch::Ppc64 | Arch::Ppc64le => "pseries",
        Arch::Ppc | Arch::Ppcle => "g3beige",
        Arch::S390x => "s390-ccw-virtio",
        Arch::Mips | Arch::Mipsel | Arch::Mips64 | Arch::Mips64el => "malta",
        Arch::Alpha => "clipper",
        Arch::M68k => "mcf5208evb",
        Arch::Sparc => "SS-5",
        Arch::Sparc64 => "sun4u",
        Arch::Microblaze | Arch::Microblazeel => "petalogix-s3adsp1800",
        Arch::Openrisc => "or1k-sim",
        Arch::Xtensa | Arch::Xtensaeb => "sim",
        _ => return None,
    })
}

/// Chooses the machine type, or puts the name behind an alias, so that the guest stays what it is when QEMU changes.
pub fn fill(model: &mut Domain, capabilities: &Capabilities) -> Result<()> {
    let kind = accel(model);
    let known = |name: &str| capabilities.machine(kind, name).map(|machine| machine.name.clone());
    let machine = match &model.os.machine {
        Some(name) => known(name).unwrap_or_else(|| name.clone()),
        None => {
            let chosen = preferred(arch(model)).and_then(known);
            let chosen =
                chosen.or_else(|| capabilities.default_machine(kind).map(|machine| machine.name.clone()));
            // Other types get a machine, too: that this emulator does not run them is found later.
            let known = model.virt_type != VirtType::Hvf;
            chosen.filter(|_| known).ok_or_else(|| {
                let emulator = model.devices.emulator.as_deref().unwrap_or("the emulator");
                Error::invalid_arg(format!(
                    "could not get preferred machine for {emulator} type={}: name one in <type machine='…'>",
                    model.virt_type
                ))
            })?
        }
    };
    model.os.machine = Some(machine);
    Ok(())
}
