//! Where a drive sits by its name, if nobody said it: `hdc` is the third on the first controller.

use super::DiskBus;
use crate::domain::DriveAddress;

/// Disks on a narrow SCSI bus, which most hypervisors keep to.
pub const NARROW_SCSI_UNITS: u32 = 7;
/// The unit that a SCSI controller is itself.
const SCSI_CONTROLLER_UNIT: u32 = 7;

const PREFIXES: [&str; 6] = ["fd", "hd", "vd", "sd", "xvd", "ubd"];

/// The place of a drive by its name: `vda` is 0, `vdaa` 26; the number of a partition does not count.
pub fn drive_index(name: &str) -> Option<u32> {
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    let end = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
    let (letters, partition) = rest.split_at(end);
    let numbered = partition.bytes().all(|b| b.is_ascii_digit());
    if letters.is_empty() || !numbered || partition.len() > 1 && partition.starts_with('0') {
        return None;
    }
    let number = letters
        .bytes()
        .try_fold(0_u32, |sum, letter| sum.checked_mul(26)?.checked_add(u32::from(letter - b'a') + 1))?;
    Some(number - 1)
}

/// The address of a drive with that name; `None` for buses whose controllers have no units.
pub fn drive_address(bus: DiskBus, name: &str) -> Option<DriveAddress> {
    let index = drive_index(name)?;
    let (controller, bus, unit) = match bus {
        DiskBus::Scsi => return Some(scsi_address(index, NARROW_SCSI_UNITS)),
        DiskBus::Ide => (index / 4, index % 4 / 2, index % 2),
        DiskBus::Sata => (index / 6, 0, index % 6),
        DiskBus::Fdc => (index / 2, 0, index % 2),
        _ => return None,
    };
    Some(DriveAddress { controller, bus, target: 0, unit })
}

/// The address of the SCSI disk at that place, on buses of so many units. Wide ones go past the controller's own.
pub fn scsi_address(index: u32, units: u32) -> DriveAddress {
    let wide = units > NARROW_SCSI_UNITS;
    let disks = if wide { units - 1 } else { NARROW_SCSI_UNITS };
    let (controller, unit) = (index / disks, index % disks);
    let unit = if wide && unit >= SCSI_CONTROLLER_UNIT { unit + 1 } else { unit };
    DriveAddress { controller, bus: 0, target: 0, unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_with_letters() {
        for (name, index) in
            [("vda", 0), ("hdz", 25), ("sdaa", 26), ("xvdab", 27), ("sdzz", 701), ("hda12", 0)]
        {
            assert_eq!(drive_index(name), Some(index), "{name}");
        }
        for wrong in ["vd", "vda01", "nvme0", "VDA", "", "sdaaaaaaaaaaaa", "sda1a"] {
            assert_eq!(drive_index(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn controllers_fill_up_in_order() {
        let place = |bus, name| drive_address(bus, name).map(|a| (a.controller, a.bus, a.unit));
        assert_eq!(place(DiskBus::Ide, "hdc"), Some((0, 1, 0)));
        assert_eq!(place(DiskBus::Ide, "hdf"), Some((1, 0, 1)));
        assert_eq!(place(DiskBus::Scsi, "sdh"), Some((1, 0, 0)));
        assert_eq!(place(DiskBus::Virtio, "vda"), None);
        assert_eq!(scsi_address(7, 16).unit, 8);
        assert_eq!(scsi_address(15, 16).controller, 1);
    }
}
