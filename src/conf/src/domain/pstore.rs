//! `<pstore>`: storage that keeps a guest's last words.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{Context, Device, DeviceInfo, Facts};
use crate::values::ScaledSize;

/// Persistent storage for crash logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "pstore")]
pub struct Pstore {
    #[xml(attr)]
    pub backend: PstoreBackend,
    /// The file that holds it.
    #[xml(value)]
    pub path: Option<String>,
    #[xml(child = "size")]
    pub size: ScaledSize,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// What the guest sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum PstoreBackend {
    /// ACPI's error record serialization.
    AcpiErst,
}

impl Pstore {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Pstore {
    fn visible(&self, facts: &mut Facts) {
        facts.is("backend", &self.backend);
        facts.is("size", &self.size.0);
        facts.place(&self.info);
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        if self.path.is_none() {
            return Err(Error::xml("<pstore> needs a <path>, the file that holds its records"));
        }
        // The device's registers can't express anything else.
        if self.size.0 < 4 || !self.size.0.is_power_of_two() {
            return Err(Error::xml(format!(
                "<size> of <pstore> must be a power of two from 4 KiB on, not {} KiB",
                self.size.0
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check, check_error};
    use ferrovirt_xml::from_str;

    #[test]
    fn sizes_print_in_kibibytes() {
        check::<Pstore>(
            "<pstore backend='acpi-erst'><path>/tmp/p</path><size unit='MiB'>1</size><address type='pci'/></pstore>",
            "<pstore backend='acpi-erst'>\n  <path>/tmp/p</path>\n  <size unit='KiB'>1024</size>\n  \
             <address type='pci'/>\n</pstore>",
        );
    }

    #[test]
    fn size_and_path_are_needed_and_checked() {
        check_error::<Pstore>("<pstore backend='acpi-erst'><path>a</path></pstore>", ErrorCode::XmlError);
        for inside in ["<size>8</size>", "<path>a</path><size>2</size>", "<path>a</path><size>12</size>"] {
            let text = format!("<pstore backend='acpi-erst'>{inside}</pstore>");
            let pstore = from_str::<Pstore>(&text, "test").unwrap();
            assert_eq!(
                pstore.validate(&Context::default()).unwrap_err().code(),
                ErrorCode::XmlError,
                "{text}"
            );
        }
    }
}
