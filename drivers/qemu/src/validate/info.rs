//! Where devices are, and what else any of them can have.

use ferrovirt_conf::domain::{
    Address, ControllerModel, ControllerType, DeviceInfo, DeviceRef, DiskBus, DriveAddress,
};
use ferrovirt_core::{Error, Result};

use super::{Subject, refuse};
use crate::machine::Family;

const MAX_SPAPR_REGISTER: u64 = 0xffff_ffff;

pub(super) fn check(subject: &Subject<'_>, device: DeviceRef<'_>, info: &DeviceInfo) -> Result<()> {
    check_address(subject, device, info)?;
    let on_pci = matches!(info.address, None | Some(Address::Pci(_)));
    if info.acpi_index.is_some() {
        let able = ["virtio-net-pci", "virtio-blk-pci", "vfio-pci", "virtio-balloon-pci"];
        if !subject.any_has(&able, "acpi-index") {
            return refuse("this QEMU has no ACPI indices");
        }
        if !on_pci {
            return refuse("an ACPI index is for PCI devices");
        }
    }
    let rom = info.rom_enabled.is_some() || info.rom_bar.is_some() || info.rom_file.is_some();
    if rom && !on_pci && info.address != Some(Address::Unassigned) {
        return refuse("<rom> is for PCI devices");
    }
    Ok(())
}

fn check_address(subject: &Subject<'_>, device: DeviceRef<'_>, info: &DeviceInfo) -> Result<()> {
    match &info.address {
        Some(Address::Pci(address))
            if address.zpci.is_some_and(|zpci| zpci.uid.is_some() || zpci.fid.is_some())
                && !subject.has_device("zpci") =>
        {
            refuse("this QEMU has no zPCI")
        }
        Some(Address::Pci(address))
            if address.zpci.and_then(|zpci| zpci.uid).is_some_and(|uid| uid.0 == 0) =>
        {
            Err(Error::xml("the zPCI uid of a device is 1 or more"))
        }
        Some(Address::Ccw(_)) if subject.family != Family::S390Ccw => {
            refuse(format!("machine type '{}' has no CCW addresses", subject.machine()))
        }
        Some(Address::SpaprVio(address)) if address.reg.is_some_and(|reg| reg.0 > MAX_SPAPR_REGISTER) => {
            refuse(format!("the 'reg' of an spapr-vio address is at most {MAX_SPAPR_REGISTER:#x}"))
        }
        Some(Address::VirtioS390) => refuse("addresses of type 'virtio-s390' are a thing of the past"),
        Some(Address::Drive(place)) => {
            // All else that has such an address is a SCSI device of the host.
            let bus = match device {
                DeviceRef::Disk(disk) => disk.target.bus.unwrap_or(DiskBus::Ide),
                _ => DiskBus::Scsi,
            };
            check_drive(subject, bus, place)
        }
        _ => Ok(()),
    }
}

/// What each kind of controller has room for.
fn check_drive(subject: &Subject<'_>, bus: DiskBus, place: &DriveAddress) -> Result<()> {
    let only_one =
        |what: &str| Err(Error::internal(format!("there is one {what} for disks on '{bus}' in QEMU")));
    match bus {
        DiskBus::Ide | DiskBus::Fdc if place.controller != 0 => return only_one("controller"),
        DiskBus::Fdc | DiskBus::Scsi if place.bus != 0 => return only_one("bus"),
        DiskBus::Sata if place.bus != 0 => return refuse("the bus of a SATA disk's address is 0"),
        _ => {}
    }
    let scsi = subject.model.devices.controllers.iter();
    let scsi = scsi.filter(|c| c.kind == ControllerType::Scsi).find(|c| c.index == Some(place.controller));
    let one_target = match bus {
        DiskBus::Scsi => scsi.and_then(|controller| controller.model) == Some(ControllerModel::LsiLogic),
        DiskBus::Ide | DiskBus::Fdc | DiskBus::Sata => true,
        _ => false,
    };
    if place.target != 0 && one_target {
        return refuse(format!("the target of the address of a disk on '{bus}' is 0 here"));
    }
    Ok(())
}
