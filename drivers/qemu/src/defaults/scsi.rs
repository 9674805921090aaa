//! Where SCSI disks are on their controllers: QEMU's have places for seven.

use ferrovirt_conf::domain::{Address, Disk, DiskBus, DriveAddress, drive_index};

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
