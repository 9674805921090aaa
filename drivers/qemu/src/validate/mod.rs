//! What QEMU, or this binary of it, can't do: refused when a definition comes in, not when the guest starts.

mod chardevs;
mod cpu;
mod devices;
mod disks;
mod features;
mod graphics;
mod hostdevs;
mod interfaces;
mod timers;

use ferrovirt_conf::domain::Firmware;
use ferrovirt_conf::domain::{
    Domain, LaunchSecurity, LoaderKind, MemoryAccess, MemoryAllocation, MemoryDevice, MemoryModel,
    MemorySource, OsType, VirtType,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::YesNo;

use crate::capabilities::{Accel, Capabilities};
use crate::command::Settings;
use crate::defaults::{accel, target};
use crate::host_capabilities::host_has_secure_execution;
use crate::machine::{self, Family};

/// Everything that checks look at.
pub(crate) struct Subject<'a> {
    pub model: &'a Domain,
    pub capabilities: &'a Capabilities,
    pub family: Family,
    pub arch: ferrovirt_conf::cpu::Arch,
    pub settings: &'a Settings,
}

/// Refuses what QEMU can't do. The definition must be complete, see [`crate::defaults::fill`].
pub fn validate(model: &Domain, capabilities: &Capabilities, settings: &Settings) -> Result<()> {
    let family = Family::of_domain(model);
    let subject = Subject { model, capabilities, family, arch: machine::arch(model), settings };
    subject.check().map_err(|err| err.or_domain(ErrorDomain::Qemu))
}

/// Refuses interfaces and disks that QEMU can't have; all else was checked when it came in.
pub fn validate_added(model: &Domain, capabilities: &Capabilities, settings: &Settings) -> Result<()> {
    let family = Family::of_domain(model);
    let subject = Subject { model, capabilities, family, arch: machine::arch(model), settings };
    let checked = interfaces::check(&subject).and_then(|()| disks::check(&subject));
    checked.map_err(|err| err.or_domain(ErrorDomain::Qemu))
}

/// The refusal that most checks end in.
pub(crate) fn refuse<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::config_unsupported(text.into()))
}

impl Subject<'_> {
    fn check(&self) -> Result<()> {
        self.check_emulator()?;
        self.check_firmware()?;
        self.check_general()?;
        cpu::check(self)?;
        self.check_memory_hotplug()?;
        timers::check(self)?;
        features::check(self)?;
        self.check_memory()?;
        self.check_launch_security()?;
        disks::check(self)?;
        interfaces::check(self)?;
        graphics::check(self)?;
        devices::check(self)
    }

    /// The machine type, as given.
    pub fn machine(&self) -> &str {
        self.model.os.machine.as_deref().unwrap_or("")
    }

    pub fn has_device(&self, name: &str) -> bool {
        self.capabilities.has_device(name)
    }

    fn check_emulator(&self) -> Result<()> {
        let emulator = self.model.devices.emulator.as_deref().unwrap_or("");
        let lacks = |what: &str, value: &str| {
            refuse(format!("Emulator '{emulator}' does not support {what} '{value}'"))
        };
        let (model, capabilities) = (self.model, self.capabilities);
        if model.os.os_type != OsType::Hvm {
            return lacks("os type", &model.os.os_type.to_string());
        }
        // The emulators of 64-bit machines run their 32-bit guests, too.
        let is_native = target(self.arch) == capabilities.arch;
        let is_narrow = matches!(
            (capabilities.arch.as_str(), self.arch.to_string().as_str()),
            ("x86_64", "i686") | ("aarch64", "armv7l")
        );
        if !is_native && !is_narrow {
            return lacks("arch", &self.arch.to_string());
        }
        let able = match model.virt_type {
            VirtType::Qemu => true,
            VirtType::Kvm => capabilities.accelerator(Accel::Kvm).is_some(),
            _ => false,
        };
        if !able {
            return lacks("virt type", &model.virt_type.to_string());
        }
        match capabilities.machine(accel(model), self.machine()) {
            None => lacks("machine type", self.machine()),
            Some(known) if known.acpi == Some(false) && model.features.acpi => {
                refuse(format!("machine type '{}' has no ACPI: take out <acpi/>", self.machine()))
            }
            Some(_) => Ok(()),
        }
    }

    /// Whether the firmware is UEFI, chosen for the user or named.
    fn is_uefi(&self) -> bool {
        let os = &self.model.os;
        let flash = os
            .loader
            .as_ref()
            .is_some_and(|l| l.kind == Some(LoaderKind::Pflash) && l.readonly == Some(YesNo::Yes));
        os.firmware == Some(Firmware::Efi) || (os.firmware.is_none() && flash)
    }

    fn check_firmware(&self) -> Result<()> {
        let acpi = self.model.features.acpi;
        if self.is_uefi() && self.arch.is_x86() && !acpi {
            return refuse("UEFI needs ACPI on x86: add <acpi/> to <features>");
        }
        if acpi && self.arch == ferrovirt_conf::cpu::Arch::Aarch64 && !self.is_uefi() {
            return refuse("ACPI needs UEFI on aarch64: choose <os firmware='efi'>, or take out <acpi/>");
        }
        Ok(())
    }

    fn check_general(&self) -> Result<()> {
        let model = self.model;
        if !(model.cputune.cache.is_empty() && model.cputune.memory.is_empty())
            && model.virt_type != VirtType::Kvm
        {
            return refuse("<cachetune> and <memorytune> are for guests with KVM");
        }
        if model.memtune.min_guarantee.is_some() {
            return refuse("QEMU guarantees no memory: take out <min_guarantee>");
        }
        if model.genid.is_some() && !self.has_device("vmgenid") {
            return refuse("this QEMU has no device for <genid>");
        }
        if model.os.bios.is_some_and(|bios| bios.use_serial == Some(YesNo::Yes)) {
            if !self.arch.is_x86() {
                return refuse("<bios useserial='yes'> is for x86");
            }
            if model.devices.serials.is_empty() {
                return Err(Error::xml("<bios useserial='yes'> needs a <serial>"));
            }
        }
        let pm = model.power_management;
        if (pm.suspend_to_mem.is_some() || pm.suspend_to_disk.is_some()) && !self.arch.is_x86() {
            return refuse("the ACPI sleep states of <pm> are for x86");
        }
        Ok(())
    }

    fn check_memory_hotplug(&self) -> Result<()> {
        let model = self.model;
        let Some(max) = model.max_memory else {
            let module = model.devices.memories.iter().find(|memory| needs_slot(memory));
            return match module {
                Some(memory) => refuse(format!(
                    "memory devices of model '{}' need <maxMemory> with slots",
                    memory.model.as_str()
                )),
                None => Ok(()),
            };
        };
        let nodes = model.numa().map_or(0, |numa| numa.cells.len());
        if nodes == 0 && self.family != Family::S390Ccw && !self.arch.is_ppc64() {
            return refuse("<maxMemory> needs a NUMA node that memory is plugged into: add <numa> to <cpu>");
        }
        let modules = model.devices.memories.iter().filter(|memory| needs_slot(memory)).count();
        if modules > max.slots.unwrap_or(0) as usize {
            return refuse(format!("{modules} memory modules need as many slots of <maxMemory>"));
        }
        Ok(())
    }

    fn check_memory(&self) -> Result<()> {
        let backing = &self.model.memory_backing;
        let Some(huge) = &backing.huge_pages else { return Ok(()) };
        if backing.allocation == Some(MemoryAllocation::OnDemand) {
            return refuse("<hugepages> can't be allocated on demand");
        }
        if backing.source == Some(MemorySource::Anonymous) {
            return refuse("<hugepages> need a source other than anonymous memory");
        }
        let nodes = self.model.numa().map_or(0, |numa| numa.cells.len());
        let machine = self.capabilities.machine(accel(self.model), self.machine());
        let named_ram = machine.is_some_and(|machine| machine.default_ram_id.is_some());
        let shared = backing.access.is_some_and(|access| access != MemoryAccess::Private);
        if !named_ram && nodes == 0 && shared && !huge.pages.is_empty() {
            return refuse("shared <hugepages> need a NUMA node: add <numa> to <cpu>");
        }
        Ok(())
    }

    fn check_launch_security(&self) -> Result<()> {
        let capabilities = self.capabilities;
        // QEMU has the objects on every x86; only its host can have what they stand for.
        let has_sev = capabilities.sev.is_some();
        let (name, able) = match self.model.launch_security.as_deref() {
            None => return Ok(()),
            Some(LaunchSecurity::Sev(_)) => ("sev", has_sev && capabilities.has_object("sev-guest")),
            Some(LaunchSecurity::SevSnp(_)) => {
                ("sev-snp", has_sev && capabilities.has_object("sev-snp-guest"))
            }
            Some(LaunchSecurity::S390Pv) => {
                ("s390-pv", capabilities.has_object("s390-pv-guest") && host_has_secure_execution())
            }
        };
        if able { Ok(()) } else { refuse(format!("this QEMU has no launch security of type '{name}'")) }
    }

    /// Refuses devices that other processes serve, unless those see the guest's memory.
    pub fn require_shared_memory(&self, name: &str) -> Result<()> {
        let all = self.model.memory_backing.access == Some(MemoryAccess::Shared);
        let cells = self.model.numa().map_or(&[][..], |numa| &numa.cells);
        let shared = match cells {
            [] => all,
            cells => cells.iter().all(|c| c.access.map_or(all, |access| access == MemoryAccess::Shared)),
        };
        if shared {
            return Ok(());
        }
        refuse(format!("'{name}' needs shared memory: <memoryBacking> with <access mode='shared'/>"))
    }
}

/// Whether it is a module, which is in a slot.
fn needs_slot(memory: &MemoryDevice) -> bool {
    matches!(memory.model, MemoryModel::Dimm(_) | MemoryModel::Nvdimm(_))
}

#[cfg(test)]
mod tests;
