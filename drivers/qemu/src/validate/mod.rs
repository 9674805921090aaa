//! What QEMU, or this binary of it, can't do: refused when a definition comes in, not when the guest starts.

mod chardevs;
mod controllers;
mod cpu;
mod devices;
mod disks;
mod features;
mod filesystems;
mod general;
mod graphics;
mod hostdevs;
mod info;
mod interfaces;
mod memory;
mod pci_controllers;
mod small;
mod sources;
mod throttling;
mod timers;
mod tpms;

use ferrovirt_conf::domain::{DeviceRef, Domain, MemoryAccess, ParseFlags, Refusals};
use ferrovirt_core::{Error, ErrorDomain, Result};

use crate::capabilities::Capabilities;
use crate::command::Settings;
use crate::machine::{self, Family};

/// Everything that checks look at.
pub(crate) struct Subject<'a> {
    pub model: &'a Domain,
    pub capabilities: &'a Capabilities,
    pub family: Family,
    pub arch: ferrovirt_conf::cpu::Arch,
    pub settings: &'a Settings,
}

/// What this binary of QEMU can't do, as far as the driver is configured for it.
pub struct Limits<'a> {
    pub capabilities: &'a Capabilities,
    pub settings: &'a Settings,
}

impl Limits<'_> {
    fn subject<'a>(&'a self, model: &'a Domain) -> Subject<'a> {
        Subject {
            model,
            capabilities: self.capabilities,
            family: Family::of_domain(model),
            arch: machine::arch(model),
            settings: self.settings,
        }
    }
}

impl Refusals for Limits<'_> {
    fn check_domain(&self, domain: &Domain) -> Result<()> {
        general::check(&self.subject(domain)).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    fn check_device(&self, domain: &Domain, device: DeviceRef<'_>) -> Result<()> {
        devices::check(&self.subject(domain), device).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }
}

/// Refuses what contradicts itself and what QEMU can't do. The definition must be complete, see
/// [`crate::defaults::fill`].
pub fn validate(
    model: &Domain,
    capabilities: &Capabilities,
    settings: &Settings,
    flags: ParseFlags,
) -> Result<()> {
    model.validate_with(flags, &Limits { capabilities, settings })
}

/// The same for a device of the guest, or one that is for it.
pub fn validate_device(
    model: &Domain,
    device: DeviceRef<'_>,
    capabilities: &Capabilities,
    settings: &Settings,
) -> Result<()> {
    model.validate_device(device)?;
    Limits { capabilities, settings }.check_device(model, device)
}

/// The refusal that most checks end in.
pub(crate) fn refuse<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::config_unsupported(text.into()))
}

impl Subject<'_> {
    /// The machine type, as given.
    pub fn machine(&self) -> &str {
        self.model.os.machine.as_deref().unwrap_or("")
    }

    pub fn has_device(&self, name: &str) -> bool {
        self.capabilities.has_device(name)
    }

    /// Whether there is any of these devices.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has_device(name))
    }

    /// Whether any of these devices, which are the same on other buses, has a property.
    pub fn any_has(&self, devices: &[&str], property: &str) -> bool {
        devices.iter().any(|device| self.capabilities.device_has_property(device, property))
    }

    /// Whether there are devices that speak the older virtio, and such that speak the newer one only.
    pub fn has_transitional(&self) -> bool {
        self.has_any(&["virtio-blk-pci-transitional", "virtio-net-pci-transitional"])
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

#[cfg(test)]
mod tests;
