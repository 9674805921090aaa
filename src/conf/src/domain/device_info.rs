//! What all devices share: where the device sits, its alias, its place in the boot order.

use ferrovirt_xml::{Hex, OnOff, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// The parts that every device may have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct DeviceInfo {
    /// The place in the boot order, from 1.
    #[xml(attr = "boot/@order")]
    pub boot_order: Option<u32>,
    #[xml(attr = "boot/@loadparm")]
    pub load_parm: Option<String>,
    /// The device's name in the hypervisor; users' own begin with `ua-`.
    #[xml(attr = "alias/@name")]
    pub alias: Option<String>,
    /// Of a companion USB controller: the first port of its master that it serves.
    #[xml(attr = "master/@startport")]
    pub usb_master_port: Option<u32>,
    #[xml(attr = "rom/@enabled")]
    pub rom_enabled: Option<YesNo>,
    #[xml(attr = "rom/@bar")]
    pub rom_bar: Option<OnOff>,
    #[xml(attr = "rom/@file")]
    pub rom_file: Option<String>,
    #[xml(attr = "acpi/@index")]
    pub acpi_index: Option<u32>,
    #[xml(child)]
    pub address: Option<Address>,
}

impl DeviceInfo {
    /// The device's PCI address, if it has one.
    pub fn pci(&self) -> Option<&PciAddress> {
        match &self.address {
            Some(Address::Pci(address)) => Some(address),
            _ => None,
        }
    }

    /// Takes out what only a running device has: an alias that is not the user's.
    pub fn strip_live(&mut self) {
        if self.alias.as_deref().is_some_and(|alias| !alias.starts_with("ua-")) {
            self.alias = None;
        }
    }
}

/// `<address>`: where a device sits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[xml(name = "address", tag = "type")]
pub enum Address {
    Pci(PciAddress),
    Drive(DriveAddress),
    VirtioSerial(VirtioSerialAddress),
    Ccid(CcidAddress),
    Usb(UsbAddress),
    SpaprVio(SpaprVioAddress),
    #[xml(name = "virtio-s390")]
    VirtioS390,
    Ccw(CcwAddress),
    VirtioMmio,
    Isa(IsaAddress),
    Dimm(DimmAddress),
    /// Deliberately nowhere: the guest must not see the device.
    Unassigned,
}

/// A PCI function. All zero stands for "not decided yet".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct PciAddress {
    #[xml(attr, default)]
    pub domain: Hex<u16, 4>,
    #[xml(attr, default)]
    pub bus: Hex<u8, 2>,
    #[xml(attr, default)]
    pub slot: Hex<u8, 2>,
    #[xml(attr, default)]
    pub function: Hex<u8, 1>,
    #[xml(attr)]
    pub multifunction: Option<OnOff>,
    #[xml(child)]
    pub zpci: Option<ZpciAddress>,
}

/// What a PCI device is called on s390.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[xml(name = "zpci")]
pub struct ZpciAddress {
    #[xml(attr)]
    pub uid: Option<Hex<u16, 4>>,
    #[xml(attr)]
    pub fid: Option<Hex<u32, 8>>,
}

/// A unit on the bus of a disk controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct DriveAddress {
    #[xml(attr, default)]
    pub controller: u32,
    #[xml(attr, default)]
    pub bus: u32,
    #[xml(attr, default)]
    pub target: u32,
    #[xml(attr, default)]
    pub unit: u32,
}

/// A port of a virtio-serial controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VirtioSerialAddress {
    #[xml(attr, default)]
    pub controller: u32,
    #[xml(attr, default)]
    pub bus: u32,
    #[xml(attr)]
    pub port: Option<u32>,
}

/// A slot of a smartcard reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct CcidAddress {
    #[xml(attr, default)]
    pub controller: u32,
    #[xml(attr, default)]
    pub slot: u32,
}

/// A port on a USB bus; hubs add numbers to the port, with dots.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct UsbAddress {
    #[xml(attr, default)]
    pub bus: u32,
    #[xml(attr)]
    pub port: Option<String>,
}

/// A register on the pSeries bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct SpaprVioAddress {
    #[xml(attr)]
    pub reg: Option<Hex<u64, 8>>,
}

/// A channel of s390.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct CcwAddress {
    #[xml(attr)]
    pub cssid: Option<Hex<u8, 1>>,
    #[xml(attr)]
    pub ssid: Option<Hex<u8, 1>>,
    #[xml(attr)]
    pub devno: Option<Hex<u16, 4>>,
}

/// I/O ports and interrupt of an ISA device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct IsaAddress {
    #[xml(attr)]
    pub iobase: Option<Hex<u32, 1>>,
    #[xml(attr)]
    pub irq: Option<Hex<u32, 1>>,
}

/// A slot for a memory module, and the guest's address of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct DimmAddress {
    #[xml(attr)]
    pub slot: Option<u32>,
    #[xml(attr)]
    pub base: Option<Hex<u64, 1>>,
}

/// The bits of virtio's own options that many devices take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VirtioOptions {
    #[xml(attr)]
    pub iommu: Option<OnOff>,
    #[xml(attr)]
    pub ats: Option<OnOff>,
    #[xml(attr)]
    pub packed: Option<OnOff>,
    #[xml(attr = "page_per_vq")]
    pub page_per_vq: Option<OnOff>,
}

/// Which generation of virtio a device speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VirtioModel {
    Virtio,
    VirtioTransitional,
    VirtioNonTransitional,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::check_same;

    #[test]
    fn addresses_of_all_kinds_print_back() {
        for text in [
            "<address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x1' multifunction='on'/>",
            "<address type='drive' controller='0' bus='0' target='0' unit='1'/>",
            "<address type='virtio-serial' controller='0' bus='0' port='1'/>",
            "<address type='ccid' controller='0' slot='1'/>",
            "<address type='usb' bus='0' port='1.2'/>",
            "<address type='spapr-vio' reg='0x00001000'/>",
            "<address type='virtio-mmio'/>",
            "<address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/>",
            "<address type='isa' iobase='0x378' irq='0x7'/>",
            "<address type='dimm' slot='0' base='0x100000000'/>",
            "<address type='unassigned'/>",
        ] {
            check_same::<Address>(text);
        }
    }
}
