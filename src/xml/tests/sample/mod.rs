//! A small domain: enough of every kind of field for the property test and the measurement.

use ferrovirt_xml::{Hex, OnOff, RawElement, XmlElement, XmlEnum, YesNo};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "domain")]
pub struct Domain {
    #[xml(attr)]
    pub r#type: String,
    #[xml(value)]
    pub name: String,
    #[xml(value)]
    pub uuid: Uuid,
    #[xml(raw)]
    pub metadata: Option<RawElement>,
    #[xml(value = "memory")]
    pub memory: u64,
    #[xml(attr = "memory/@unit")]
    pub memory_unit: Option<String>,
    #[xml(value = "vcpu")]
    pub vcpu: u32,
    #[xml(attr = "vcpu/@placement")]
    pub placement: Option<String>,
    #[xml(child)]
    pub os: Os,
    #[xml(flag = "features/acpi")]
    pub acpi: bool,
    #[xml(flag = "features/apic")]
    pub apic: bool,
    #[xml(attr = "clock/@offset")]
    pub clock: Option<String>,
    #[xml(value = "on_poweroff")]
    pub on_poweroff: Option<Action>,
    #[xml(child)]
    pub devices: Devices,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum Action {
    Destroy,
    RenameRestart,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "os")]
pub struct Os {
    #[xml(value = "type")]
    pub kind: String,
    #[xml(attr = "type/@arch")]
    pub arch: Option<String>,
    #[xml(attr = "type/@machine")]
    pub machine: Option<String>,
    #[xml(child)]
    pub boot: Vec<Boot>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "boot")]
pub struct Boot {
    #[xml(attr)]
    pub dev: String,
}

#[derive(Debug, Clone, PartialEq, Default, XmlElement)]
#[xml(name = "devices", block)]
pub struct Devices {
    #[xml(value)]
    pub emulator: Option<String>,
    #[xml(child)]
    pub disks: Vec<Disk>,
    #[xml(child)]
    pub controllers: Vec<Controller>,
    #[xml(child)]
    pub interfaces: Vec<Interface>,
    #[xml(choice)]
    pub others: Vec<Other>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "disk")]
pub struct Disk {
    #[xml(flatten)]
    pub source: DiskSource,
    #[xml(attr, default = "String::from(\"disk\")")]
    pub device: String,
    #[xml(attr = "driver/@name")]
    pub driver: Option<String>,
    #[xml(attr = "driver/@type")]
    pub format: Option<String>,
    #[xml(attr = "target/@dev")]
    pub target: String,
    #[xml(attr = "target/@bus")]
    pub bus: Option<String>,
    #[xml(flag)]
    pub readonly: bool,
    #[xml(child)]
    pub address: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(tag = "type")]
pub enum DiskSource {
    File {
        #[xml(attr = "source/@file")]
        file: Option<String>,
    },
    Block {
        #[xml(attr = "source/@dev")]
        dev: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "address", tag = "type")]
pub enum Address {
    Pci(PciAddress),
    Drive {
        #[xml(attr)]
        controller: u32,
        #[xml(attr)]
        unit: u32,
    },
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
pub struct PciAddress {
    #[xml(attr)]
    pub domain: Hex<u32, 4>,
    #[xml(attr)]
    pub bus: Hex<u8, 2>,
    #[xml(attr)]
    pub slot: Hex<u8, 2>,
    #[xml(attr)]
    pub function: Hex<u8, 1>,
    #[xml(attr)]
    pub multifunction: Option<OnOff>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "controller")]
pub struct Controller {
    #[xml(attr)]
    pub r#type: String,
    #[xml(attr)]
    pub index: Option<u32>,
    #[xml(attr)]
    pub model: Option<String>,
    #[xml(attr = "target/@chassis")]
    pub chassis: Option<u8>,
    #[xml(attr = "target/@port")]
    pub port: Option<Hex<u8, 1>>,
    #[xml(child)]
    pub address: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "interface")]
pub struct Interface {
    #[xml(attr)]
    pub r#type: String,
    #[xml(attr = "mac/@address")]
    pub mac: String,
    #[xml(attr = "source/@network")]
    pub network: Option<String>,
    #[xml(attr = "model/@type")]
    pub model: Option<String>,
    #[xml(attr = "link/@up")]
    pub up: Option<YesNo>,
    #[xml(child)]
    pub address: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(choice)]
pub enum Other {
    Panic,
    Rng {
        #[xml(attr)]
        model: String,
        #[xml(value = "backend")]
        backend: Option<String>,
    },
    #[xml(value)]
    Note(String),
}
