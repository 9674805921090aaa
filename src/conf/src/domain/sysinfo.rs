//! `<sysinfo>`: what the guest reads in its SMBIOS tables and firmware configuration.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{Node, Shape, Writer, XmlContent, XmlElement};
use serde::{Deserialize, Serialize};

/// `<sysinfo>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "lowercase")]
#[xml(name = "sysinfo", tag = "type")]
pub enum Sysinfo {
    #[xml(name = "smbios")]
    Smbios(Box<Smbios>),
    #[xml(name = "fwcfg")]
    FwCfg {
        #[xml(child = "entry")]
        #[serde(default)]
        entries: Vec<FwCfgEntry>,
    },
}

/// The SMBIOS tables, those of the host among them (`virConnectGetSysinfo`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct Smbios {
    #[xml(child = "bios", omit_empty)]
    pub bios: Option<SmbiosBios>,
    #[xml(child = "system", omit_empty)]
    pub system: Option<SmbiosSystem>,
    #[xml(child = "baseBoard", omit_empty)]
    pub base_boards: Vec<SmbiosBaseBoard>,
    #[xml(child = "chassis", omit_empty)]
    pub chassis: Option<SmbiosChassis>,
    #[xml(child = "processor", omit_empty)]
    pub processors: Vec<SmbiosProcessor>,
    #[xml(child = "memory_device", omit_empty)]
    pub memory_devices: Vec<SmbiosMemoryDevice>,
    #[xml(value = "oemStrings/entry")]
    pub oem_strings: Vec<String>,
}

/// A structure that is a list of `<entry name='…'>text</entry>`.
macro_rules! table {
    ($($(#[$doc:meta])* $type:ident { $($field:ident: $name:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $type {
            $(pub $field: Option<String>,)*
        }

        impl XmlContent for $type {
            fn parse(node: &Node<'_>) -> Result<Self> {
                Ok(Self { $($field: entry(node, $name),)* })
            }

            fn write_children(&self, w: &mut Writer) {
                $(write_entry(w, $name, &self.$field);)*
            }

            fn shape() -> &'static Shape {
                Shape::ANY
            }
        }

        impl $type {
            /// Whether no entry is there.
            pub fn is_empty(&self) -> bool {
                *self == Self::default()
            }
        }
    )*};
}

fn entry(node: &Node<'_>, name: &str) -> Option<String> {
    let entry = node.children_named("entry").find(|entry| entry.attr("name") == Some(name))?;
    Some(entry.text().into_owned()).filter(|text| !text.is_empty())
}

fn write_entry(w: &mut Writer, name: &str, value: &Option<String>) {
    if let Some(value) = value {
        w.open("entry");
        w.attr_str("name", name);
        w.text_str(value);
        w.close("entry");
    }
}

table! {
    SmbiosBios { vendor: "vendor", version: "version", date: "date", release: "release", }
    SmbiosSystem {
        manufacturer: "manufacturer", product: "product", version: "version", serial: "serial", uuid: "uuid",
        sku: "sku", family: "family",
    }
    SmbiosBaseBoard {
        manufacturer: "manufacturer", product: "product", version: "version", serial: "serial", asset: "asset",
        location: "location",
    }
    SmbiosChassis {
        manufacturer: "manufacturer", version: "version", serial: "serial", asset: "asset", sku: "sku",
    }
    /// Only of hosts.
    SmbiosProcessor {
        socket_destination: "socket_destination", kind: "type", family: "family", manufacturer: "manufacturer",
        signature: "signature", version: "version", external_clock: "external_clock", max_speed: "max_speed",
        status: "status", serial_number: "serial_number", part_number: "part_number",
    }
    /// Only of hosts.
    SmbiosMemoryDevice {
        size: "size", form_factor: "form_factor", locator: "locator", bank_locator: "bank_locator", kind: "type",
        type_detail: "type_detail", speed: "speed", manufacturer: "manufacturer", serial_number: "serial_number",
        part_number: "part_number",
    }
}

/// A file of QEMU's firmware configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct FwCfgEntry {
    #[xml(attr)]
    pub name: String,
    /// A file of the host with the content.
    #[xml(attr)]
    pub file: Option<String>,
    /// The content.
    #[xml(text)]
    pub value: Option<String>,
}

impl Smbios {
    /// Drops tables that say nothing, and what guests don't have.
    pub fn fill_defaults(&mut self) {
        self.bios = self.bios.take().filter(|table| !table.is_empty());
        self.system = self.system.take().filter(|table| !table.is_empty());
        self.base_boards.retain(|table| !table.is_empty());
        self.chassis = self.chassis.take().filter(|table| !table.is_empty());
        self.processors.clear();
        self.memory_devices.clear();
    }

    fn validate(&self) -> Result<()> {
        let date = self.bios.as_ref().and_then(|bios| bios.date.as_deref());
        match date {
            Some(date) if !is_date(date) => {
                let text = format!("the BIOS date '{date}' must be month/day/year, such as 02/29/2024");
                Err(Error::new(ErrorCode::XmlDetail, text))
            }
            _ => Ok(()),
        }
    }
}

impl Sysinfo {
    /// The tables, if it is tables.
    pub fn smbios(&self) -> Option<&Smbios> {
        match self {
            Self::Smbios(tables) => Some(tables),
            Self::FwCfg { .. } => None,
        }
    }

    pub fn fill_defaults(&mut self) {
        match self {
            Self::Smbios(tables) => tables.fill_defaults(),
            Self::FwCfg { entries } => {
                for entry in entries.iter_mut().filter(|entry| entry.file.is_some()) {
                    entry.value = None;
                }
            }
        }
    }

    /// Refuses a BIOS date that is none, and entries without content.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Smbios(tables) => tables.validate(),
            Self::FwCfg { entries } => {
                match entries.iter().find(|entry| entry.file.is_none() && entry.value.is_none()) {
                    Some(entry) => {
                        let text = format!("the fwcfg entry '{}' needs a file or a value", entry.name);
                        Err(Error::xml(text))
                    }
                    None => Ok(()),
                }
            }
        }
    }
}

/// Years of two digits are those after 1900.
fn is_date(text: &str) -> bool {
    let parts: Option<Vec<u32>> = text.split('/').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([month, day, year]) => {
            (1..=12).contains(month) && (1..=31).contains(day) && !(100..1900).contains(year)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::check_same;

    #[test]
    fn tables_and_firmware_files_print_back() {
        check_same::<Sysinfo>(
            "<sysinfo type='smbios'>\n  <bios>\n    <entry name='vendor'>LENOVO</entry>\n  </bios>\n  <baseBoard>\n    \
             <entry name='asset'>1</entry>\n  </baseBoard>\n  <oemStrings>\n    <entry>a b</entry>\n  </oemStrings>\n\
             </sysinfo>",
        );
        check_same::<Sysinfo>(
            "<sysinfo type='fwcfg'>\n  <entry name='opt/a'>text</entry>\n  <entry name='opt/b' file='/b'/>\n</sysinfo>",
        );
    }

    #[test]
    fn dates_are_american() {
        for good in ["1/1/00", "12/31/1999"] {
            assert!(is_date(good), "{good}");
        }
        for bad in ["31/12/1999", "1/1/1899", "1/1", "1-1-2000", ""] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
