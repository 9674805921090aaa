//! Where a drive sits by its name, if nobody said it: `sdb` is the second on the first controller.

use super::DiskBus;
use crate::domain::DriveAddress;

/// Units on a wide SCSI bus; a narrow one, as VMware and others have it, leaves room for 7 disks.
pub const SCSI_UNITS: u32 = 16;

const PREFIXES: [&str; 6] = ["fd", "hd", "vd", "sd", "xvd", "ubd"];

/// The place of a drive by its name: `vda` is 0, `vdaa` 26. `None` for other names, and for partitions.
pub fn drive_index(name: &str) -> Option<u32> {
    let letters = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    if letters.is_empty() || !letters.bytes().all(|b| b.is_ascii_lowercase()) {
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
        DiskBus::Scsi => (index / SCSI_UNITS, 0, index % SCSI_UNITS),
        DiskBus::Ide => (index / 4, index % 4 / 2, index % 2),
        DiskBus::Sata => (index / 6, 0, index % 6),
        DiskBus::Fdc => (index / 2, 0, index % 2),
        _ => return None,
    };
    Some(DriveAddress { controller, bus, target: 0, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_with_letters() {
        for (name, index) in [("vda", 0), ("hdz", 25), ("sdaa", 26), ("xvdab", 27), ("sdzz", 701)] {
            assert_eq!(drive_index(name), Some(index), "{name}");
        }
        for wrong in ["vd", "vda1", "nvme0", "VDA", "", "sdaaaaaaaaaaaa"] {
            assert_eq!(drive_index(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_ide_controller_has_two_buses_of_two_drives() {
        let place = |name| drive_address(DiskBus::Ide, name).map(|a| (a.controller, a.bus, a.unit));
        assert_eq!(place("hdc"), Some((0, 1, 0)));
        assert_eq!(place("hdf"), Some((1, 0, 1)));
        assert_eq!(drive_address(DiskBus::Virtio, "vda"), None);
    }
}
