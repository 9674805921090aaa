//! Taking PCI devices of the host from their drivers, so that guests can have them, and giving them back.
//!
//! A device's `driver_override` says which driver alone may take it; the kernel then looks for one anew.

use crate::addresses;
use crate::driver::{QemuDriver, Shared};
use ferrovirt_conf::domain::{HostSubsystem, PciAddress};
use ferrovirt_core::driver::NodeDeviceAssignment;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, NodeDeviceId, Result};
use ferrovirt_host::{KernelFiles, abilities};
use std::fs;
use std::path::PathBuf;

/// The driver that hands devices to guests.
const VFIO: &str = "vfio-pci";

impl NodeDeviceAssignment for QemuDriver {
    fn node_device_detach_flags(
        &self,
        device: &NodeDeviceId,
        driver: Option<&str>,
        flags: u32,
    ) -> Result<()> {
        crate::api::refuse_flags(flags, 0, "virNodeDeviceDetachFlags")?;
        let work = || {
            let host = HostPci { files: KernelFiles::host() };
            host.check_vfio()?;
            if let Some(odd) = driver.filter(|driver| !["vfio", VFIO].contains(driver)) {
                let text = format!("'{odd}' hands no devices to guests; there is 'vfio'");
                return Err(Error::invalid_arg(text));
            }
            let place = host.find(&device.name)?;
            refuse_used(&self.shared, &place)?;
            host.detach(&place)
        };
        work().map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    fn node_device_re_attach(&self, device: &NodeDeviceId) -> Result<()> {
        let work = || {
            let host = HostPci { files: KernelFiles::host() };
            let place = host.find(&device.name)?;
            refuse_used(&self.shared, &place)?;
            host.give_back(&place)
        };
        work().map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    fn node_device_reset(&self, device: &NodeDeviceId) -> Result<()> {
        let work = || {
            let host = HostPci { files: KernelFiles::host() };
            let place = host.find(&device.name)?;
            refuse_used(&self.shared, &place)?;
            host.reset(&place)
        };
        work().map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }
}

/// A device that a guest has is not to be taken from under it.
fn refuse_used(shared: &Shared, place: &str) -> Result<()> {
    let uses = |address: &PciAddress| addresses::Shown(address).to_string() == place;
    for vm in shared.domains.running() {
        let Some(live) = vm.view().live.clone() else { continue };
        let definition = live.definition();
        let mut devices = definition.model.devices.hostdevs.iter().filter_map(|device| device.subsystem());
        let used = devices.any(|device| match device {
            HostSubsystem::Pci { source, .. } => uses(&source.address),
            _ => false,
        });
        if used {
            let text = format!("domain '{}' has the device {place}; detach it there first", vm.name());
            return Err(Error::operation_invalid(text));
        }
    }
    Ok(())
}

/// The PCI devices of a host.
struct HostPci {
    files: KernelFiles,
}

impl HostPci {
    /// Whether the host can hand devices to guests at all.
    fn check_vfio(&self) -> Result<()> {
        if abilities::has_vfio(&self.files)? {
            return Ok(());
        }
        let text = "the host can't hand devices to guests: VFIO or an IOMMU is missing";
        Err(Error::new(ErrorCode::ArgumentUnsupported, text))
    }

    /// The place of the device of this name, such as `0000:00:1f.2` for `pci_0000_00_1f_2`.
    fn find(&self, name: &str) -> Result<String> {
        let parts: Vec<_> = name.split('_').collect();
        let hex = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let place = match parts.as_slice() {
            ["pci", domain, bus, slot, function]
                if hex(domain, 4) && hex(bus, 2) && hex(slot, 2) && hex(function, 1) =>
            {
                format!("{domain}:{bus}:{slot}.{function}")
            }
            _ => return Err(Error::invalid_arg(format!("device {name} is not a PCI device"))),
        };
        match self.files.exists(&device(&place, "")) {
            true => Ok(place),
            false => {
                let text = format!("no node device with matching name '{name}'");
                Err(Error::new(ErrorCode::NoNodeDevice, text))
            }
        }
    }

    /// The driver that has a device.
    fn driver(&self, place: &str) -> Option<String> {
        let link = fs::read_link(self.files.path(&device(place, "driver"))).ok()?;
        Some(link.file_name()?.to_str()?.to_owned())
    }

    fn write(&self, path: &str, text: &str) -> Result<()> {
        let path: PathBuf = self.files.path(path);
        // These are the kernel's: one that is not there must not be made.
        let mut file = fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(|err| Error::system(err, format!("cannot open '{}'", path.display())))?;
        std::io::Write::write_all(&mut file, text.as_bytes())
            .map_err(|err| Error::system(err, format!("cannot write '{text}' to '{}'", path.display())))
    }

    /// Has the driver `wanted` take a device, or the usual one.
    fn rebind(&self, place: &str, wanted: Option<&str>) -> Result<()> {
        // A line break takes the wish back.
        self.write(&device(place, "driver_override"), wanted.unwrap_or("\n"))?;
        if self.driver(place).is_some() {
            self.write(&device(place, "driver/unbind"), place)?;
        }
        self.write("sys/bus/pci/drivers_probe", place)
    }

    fn detach(&self, place: &str) -> Result<()> {
        let before = self.driver(place);
        if before.as_deref() == Some(VFIO) {
            return Ok(());
        }
        let taken = self.rebind(place, Some(VFIO)).and_then(|()| match self.driver(place).as_deref() {
            Some(VFIO) => Ok(()),
            now => Err(Error::operation_failed(format!(
                "'{VFIO}' did not take the device {place}, which {} has now; is its module loaded?",
                now.unwrap_or("no driver")
            ))),
        });
        taken.inspect_err(|_| {
            if let Err(err) = self.rebind(place, None) {
                tracing::error!(device = place, %err, "a device can't be given back to its driver");
            }
        })
    }

    fn give_back(&self, place: &str) -> Result<()> {
        match self.driver(place).as_deref() {
            Some(VFIO) => self.rebind(place, None),
            _ => Ok(()),
        }
    }

    fn reset(&self, place: &str) -> Result<()> {
        // VFIO resets what it hands out by itself.
        if self.driver(place).as_deref() == Some(VFIO) {
            return Ok(());
        }
        if !self.files.exists(&device(place, "reset")) {
            let text = format!("the device {place} can't be reset by itself");
            return Err(Error::internal(text));
        }
        self.write(&device(place, "reset"), "1")
    }
}

/// A file of a device.
fn device(place: &str, file: &str) -> String {
    format!("sys/bus/pci/devices/{place}/{file}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use tempfile::TempDir;

    const PLACE: &str = "0000:00:1f.2";

    /// A host with one device, which this driver has.
    fn host(driver: &str) -> (TempDir, HostPci) {
        let root = tempfile::tempdir().unwrap();
        let make = |path: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        make(&format!("sys/bus/pci/drivers/{driver}/unbind"));
        make("sys/bus/pci/drivers_probe");
        make(&device(PLACE, "driver_override"));
        make(&device(PLACE, "reset"));
        let drivers = root.path().join("sys/bus/pci/drivers").join(driver);
        symlink(drivers, root.path().join(device(PLACE, "driver"))).unwrap();
        let files = KernelFiles::at(root.path());
        (root, HostPci { files })
    }

    fn read(root: &Path, path: &str) -> String {
        fs::read_to_string(root.join(path)).unwrap()
    }

    #[test]
    fn devices_are_found_by_their_names() {
        let (_root, host) = host("ahci");
        assert_eq!(host.find("pci_0000_00_1f_2").unwrap(), PLACE);
        assert_eq!(host.find("computer").unwrap_err().code(), ErrorCode::InvalidArg);
        assert_eq!(host.find("pci_0000_00_1f_3").unwrap_err().code(), ErrorCode::NoNodeDevice);
        assert_eq!(host.check_vfio().unwrap_err().code(), ErrorCode::ArgumentUnsupported);
    }

    #[test]
    fn a_device_that_vfio_does_not_take_is_given_back() {
        let (root, host) = host("ahci");
        // Nothing happens in this tree, as where the module is not loaded.
        let err = host.detach(PLACE).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationFailed);
        assert!(err.message().contains("ahci"), "{err}");
        // The wish comes first, and is taken back; a file of this tree keeps what was longer.
        assert_eq!(read(root.path(), &device(PLACE, "driver_override")), "\nfio-pci");
        assert!(read(root.path(), "sys/bus/pci/drivers/ahci/unbind").contains(PLACE));
        assert!(read(root.path(), "sys/bus/pci/drivers_probe").contains(PLACE));
    }

    #[test]
    fn a_device_of_vfio_is_detached_already_and_is_given_back_once() {
        let (root, host) = host(VFIO);
        host.detach(PLACE).unwrap();
        assert_eq!(read(root.path(), "sys/bus/pci/drivers_probe"), "");
        host.reset(PLACE).unwrap();
        assert_eq!(read(root.path(), &device(PLACE, "reset")), "");
        host.give_back(PLACE).unwrap();
        assert_eq!(read(root.path(), &device(PLACE, "driver_override")), "\n");
        assert_eq!(read(root.path(), "sys/bus/pci/drivers_probe"), PLACE);
    }

    #[test]
    fn resets_are_the_kernels() {
        let (root, host) = host("ahci");
        host.reset(PLACE).unwrap();
        assert_eq!(read(root.path(), &device(PLACE, "reset")), "1");
        fs::remove_file(root.path().join(device(PLACE, "reset"))).unwrap();
        assert_eq!(host.reset(PLACE).unwrap_err().code(), ErrorCode::Internal);
        assert!(!root.path().join(device(PLACE, "reset")).exists());
    }
}
