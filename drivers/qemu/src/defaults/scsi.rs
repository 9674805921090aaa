//! Where SCSI disks and SCSI devices of the host are on their controllers: QEMU's have places for seven.

use ferrovirt_conf::domain::{
    Address, Devices, Disk, DiskBus, DriveAddress, HostSubsystem, Hostdev, drive_index,
};
use ferrovirt_core::{Error, Result};

/// Places on a controller that are given out.
const UNITS: u32 = 7;

/// The place of a disk follows from its name.
pub fn place_disk(disk: &mut Disk) {
    let name = disk.target.dev.as_deref();
    let bus = disk.target.bus.unwrap_or_else(|| DiskBus::guess(disk.device, name));
    if let (DiskBus::Scsi, None, Some(index)) = (bus, &disk.info.address, name.and_then(drive_index)) {
        let (controller, unit) = (index / UNITS, index % UNITS);
        disk.info.address =
            Some(Address::Drive(DriveAddress { controller, unit, ..DriveAddress::default() }));
    }
}

fn is_scsi(hostdev: &Hostdev) -> bool {
    matches!(hostdev.subsystem(), Some(HostSubsystem::Scsi { .. }))
}

fn drive(address: &Option<Address>) -> Option<DriveAddress> {
    match address {
        Some(Address::Drive(drive)) => Some(*drive),
        _ => None,
    }
}

/// Gives the host's SCSI devices the first free places.
pub fn place_hostdevs(devices: &mut Devices) -> Result<()> {
    let disks = devices.disks.iter().filter(|disk| disk.target.bus == Some(DiskBus::Scsi));
    let disks: Vec<DriveAddress> = disks.filter_map(|disk| drive(&disk.info.address)).collect();
    let mut taken = disks.clone();
    taken.extend(
        devices.hostdevs.iter().filter(|dev| is_scsi(dev)).filter_map(|dev| drive(&dev.info.address)),
    );
    for hostdev in devices.hostdevs.iter_mut().filter(|dev| is_scsi(dev)) {
        if hostdev.info.address.is_none() {
            let places =
                (0..).map(|n| DriveAddress { controller: n / UNITS, unit: n % UNITS, ..Default::default() });
            let free = places
                .into_iter()
                .find(|place| !taken.contains(place))
                .expect("there is always a next place");
            taken.push(free);
            hostdev.info.address = Some(Address::Drive(free));
        }
        if let Some(place) = drive(&hostdev.info.address).filter(|place| disks.contains(place)) {
            let DriveAddress { controller, bus, target, unit } = place;
            return Err(Error::xml(format!(
                "a SCSI disk and a SCSI host device have the same address: controller='{controller}' bus='{bus}' \
                 target='{target}' unit='{unit}'"
            )));
        }
    }
    Ok(())
}
