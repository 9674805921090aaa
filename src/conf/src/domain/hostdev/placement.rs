//! Where SCSI devices of the host are on the guest's controllers.

use super::{HostSubsystem, Hostdev};
use crate::domain::{Address, Devices, DiskBus, DriveAddress, NARROW_SCSI_UNITS};
use ferrovirt_core::{Error, Result};

impl Hostdev {
    /// Whether it is a SCSI device, with a place on a controller.
    pub fn is_scsi(&self) -> bool {
        matches!(self.subsystem(), Some(HostSubsystem::Scsi { .. }))
    }

    /// Its place on a controller.
    pub fn drive(&self) -> Option<DriveAddress> {
        drive(&self.info.address).filter(|_| self.is_scsi())
    }
}

fn drive(address: &Option<Address>) -> Option<DriveAddress> {
    match address {
        Some(Address::Drive(drive)) => Some(*drive),
        _ => None,
    }
}

impl Devices {
    /// The places that SCSI disks have.
    pub(in crate::domain) fn scsi_disk_places(&self) -> Vec<DriveAddress> {
        let disks = self.disks.iter().filter(|disk| disk.target.bus == Some(DiskBus::Scsi));
        disks.filter_map(|disk| drive(&disk.info.address)).collect()
    }

    /// Gives the host's SCSI devices the first free places; refuses one that a disk has.
    pub fn place_scsi_hostdevs(&mut self) -> Result<()> {
        let disks = self.scsi_disk_places();
        let mut taken = disks.clone();
        taken.extend(self.hostdevs.iter().filter_map(Hostdev::drive));
        for hostdev in self.hostdevs.iter_mut().filter(|dev| dev.is_scsi()) {
            if hostdev.info.address.is_none() {
                let place = |n| DriveAddress {
                    controller: n / NARROW_SCSI_UNITS,
                    unit: n % NARROW_SCSI_UNITS,
                    ..DriveAddress::default()
                };
                let mut places = (0..).map(place);
                let free = places.find(|place| !taken.contains(place)).expect("there is always a next place");
                taken.push(free);
                hostdev.info.address = Some(Address::Drive(free));
            }
            if let Some(place) = hostdev.drive().filter(|place| disks.contains(place)) {
                let text = format!("a SCSI disk and a SCSI host device have the same address: {place}");
                return Err(Error::xml(text));
            }
        }
        Ok(())
    }
}
