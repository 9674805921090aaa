//! Addresses of devices as people type them: `pci:0000.00.04.0`, `scsi:0.0.1`, ...

use crate::xml::Writer;

/// What kind of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Pci,
    Scsi,
    Ide,
    Ccw,
    Usb,
    Sata,
}

/// Where a device sits.
#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    pub form: Form,
    numbers: Vec<u64>,
    multifunction: bool,
}

impl Address {
    /// Reads an address; nothing comes back if it is none.
    pub fn parse(text: &str, multifunction: bool) -> Option<Self> {
        let (form, numbers) = text.split_once(':')?;
        let (form, base, count) = match form {
            "pci" => (Form::Pci, 16, 4),
            "scsi" => (Form::Scsi, 10, 3),
            "ide" => (Form::Ide, 10, 3),
            "ccw" => (Form::Ccw, 16, 3),
            "usb" => (Form::Usb, 10, 2),
            "sata" => (Form::Sata, 10, 3),
            _ => return None,
        };
        let numbers: Option<Vec<u64>> = numbers
            .split(['.', ':'])
            .map(|number| u64::from_str_radix(number.trim_start_matches("0x"), base).ok())
            .collect();
        let numbers = numbers?;
        (numbers.len() == count).then_some(Self { form, numbers, multifunction })
    }

    pub fn write(&self, xml: &mut Writer) {
        let n = &self.numbers;
        match self.form {
            Form::Pci => xml.empty(
                "address",
                &[
                    ("type", Some("pci")),
                    ("domain", Some(&format!("0x{:04x}", n[0]))),
                    ("bus", Some(&format!("0x{:02x}", n[1]))),
                    ("slot", Some(&format!("0x{:02x}", n[2]))),
                    ("function", Some(&format!("0x{:x}", n[3]))),
                    ("multifunction", self.multifunction.then_some("on")),
                ],
            ),
            Form::Scsi | Form::Ide | Form::Sata => xml.empty(
                "address",
                &[
                    ("type", Some("drive")),
                    ("controller", Some(&n[0].to_string())),
                    ("bus", Some(&n[1].to_string())),
                    ("unit", Some(&n[2].to_string())),
                ],
            ),
            Form::Ccw => xml.empty(
                "address",
                &[
                    ("type", Some("ccw")),
                    ("cssid", Some(&format!("0x{:02x}", n[0]))),
                    ("ssid", Some(&format!("0x{:x}", n[1]))),
                    ("devno", Some(&format!("0x{:04x}", n[2]))),
                ],
            ),
            Form::Usb => xml.empty(
                "address",
                &[("type", Some("usb")), ("bus", Some(&n[0].to_string())), ("port", Some(&n[1].to_string()))],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        let mut xml = Writer::default();
        Address::parse(text, false)?.write(&mut xml);
        Some(xml.finish())
    }

    #[test]
    fn addresses_are_read_by_their_kind() {
        let pci = "<address type='pci' domain='0x0000' bus='0x01' slot='0x1f' function='0x7'/>\n";
        assert_eq!(written("pci:0000.01.1f.7").as_deref(), Some(pci));
        let drive = "<address type='drive' controller='1' bus='2' unit='3'/>\n";
        assert_eq!(written("ide:1.2.3").as_deref(), Some(drive));
        let usb = "<address type='usb' bus='1' port='2'/>\n";
        assert_eq!(written("usb:1.2").as_deref(), Some(usb));
        assert_eq!(written("pci:0000.01"), None);
        assert_eq!(written("isa:1"), None);
    }
}
