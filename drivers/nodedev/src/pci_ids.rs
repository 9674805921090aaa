//! The names of PCI vendors and devices, from the list that distributions have.

use std::collections::HashMap;
use std::path::Path;

/// Where the list is.
const PLACES: &[&str] = &["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", "/usr/share/pci.ids"];

/// Names by numbers.
#[derive(Debug, Default)]
pub struct PciIds {
    vendors: HashMap<u32, String>,
    devices: HashMap<(u32, u32), String>,
}

impl PciIds {
    /// The host's list; an empty one where there is none.
    pub fn of_host() -> Self {
        let text = PLACES.iter().find_map(|place| std::fs::read(Path::new(place)).ok());
        text.map_or_else(Self::default, |text| Self::parse(&String::from_utf8_lossy(&text)))
    }

    /// Vendors stand at the beginning of lines, their devices behind a tab; what comes after classes is of no interest.
    fn parse(text: &str) -> Self {
        let mut ids = Self::default();
        let mut vendor = None;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with("C ") {
                break;
            }
            let depth = line.bytes().take_while(|byte| *byte == b'\t').count();
            let entry = line[depth..].split_once("  ");
            let entry = entry.and_then(|(number, name)| Some((u32::from_str_radix(number, 16).ok()?, name)));
            match (depth, entry, vendor) {
                (0, Some((number, name)), _) => {
                    vendor = Some(number);
                    ids.vendors.insert(number, name.to_owned());
                }
                (1, Some((number, name)), Some(vendor)) => {
                    ids.devices.insert((vendor, number), name.to_owned());
                }
                _ => {}
            }
        }
        ids
    }

    pub fn vendor(&self, vendor: u32) -> Option<&str> {
        self.vendors.get(&vendor).map(String::as_str)
    }

    pub fn device(&self, vendor: u32, device: u32) -> Option<&str> {
        self.devices.get(&(vendor, device)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_belong_to_the_vendor_before_them() {
        let ids = PciIds::parse(
            "# list\n1af4  Red Hat, Inc.\n\t1041  Virtio 1.0 network device\n\t\t1af4 0001  x\n8086  Intel\nC 01  y\n\t00  z\n",
        );
        assert_eq!(ids.vendor(0x1af4), Some("Red Hat, Inc."));
        assert_eq!(ids.device(0x1af4, 0x1041), Some("Virtio 1.0 network device"));
        assert_eq!((ids.device(0x8086, 0), ids.vendor(1)), (None, None));
    }
}
