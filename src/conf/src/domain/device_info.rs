//! What all devices share: where the device sits, its alias, its place in the boot order.

use ferrovirt_core::Result;
use ferrovirt_xml::{
    Cardinality, Hex, Item, Node, OnOff, Shape, Writer, XmlContent, XmlElement, XmlEnum, YesNo,
};
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
    #[xml(with = "GuestAddress")]
    pub address: Option<Address>,
}

/// How `<address>` of a device in the guest is spelled: what is not decided yet is left out of it, unlike in that of a
/// device of the host.
struct GuestAddress;

impl GuestAddress {
    const SHAPE: &'static Shape = &Shape {
        items: &[Item::Child {
            tag: Address::TAG,
            cardinality: Cardinality::Optional,
            shape: <Address as XmlContent>::shape,
        }],
    };

    fn parse(node: &Node<'_>) -> Result<Option<Address>> {
        node.child(Address::TAG).map(|address| Address::parse(&address)).transpose()
    }

    fn write_attrs(_: &Option<Address>, _: &mut Writer) {}

    fn write_children(address: &Option<Address>, w: &mut Writer) {
        match address {
            Some(Address::Pci(place)) if place.is_undecided() => {
                let zpci = place.zpci.and_then(ZpciAddress::completed);
                w.element(Address::TAG, &UndecidedPci { kind: "pci".into(), zpci });
            }
            Some(Address::Pci(place)) => {
                let zpci = place.zpci.and_then(ZpciAddress::completed);
                w.element(Address::TAG, &Address::Pci(PciAddress { zpci, ..*place }));
            }
            Some(address) => w.element(Address::TAG, address),
            None => {}
        }
    }

    fn shape() -> &'static Shape {
        Self::SHAPE
    }
}

/// `<address type='pci'>` without a place.
#[derive(Debug, XmlElement)]
#[xml(name = "address")]
struct UndecidedPci {
    #[xml(attr = "type")]
    kind: String,
    #[xml(child)]
    zpci: Option<ZpciAddress>,
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

impl PciAddress {
    /// Whether it is still to be decided where the device sits.
    pub fn is_undecided(&self) -> bool {
        (self.domain.0, self.bus.0, self.slot.0) == (0, 0, 0)
    }
}

impl ZpciAddress {
    /// As it is printed: with both numbers, or not at all.
    fn completed(self) -> Option<Self> {
        let (uid, fid) = (self.uid.unwrap_or_default(), self.fid.unwrap_or_default());
        (self.uid.is_some() || self.fid.is_some()).then_some(Self { uid: Some(uid), fid: Some(fid) })
    }
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
    use ferrovirt_xml::check::{check, check_same};

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

    #[test]
    fn what_is_undecided_of_a_pci_address_is_not_printed() {
        for (text, printed) in [
            ("<address type='pci' function='0x7' multifunction='on'/>", "<address type='pci'/>"),
            (
                "<address type='pci'><zpci uid='0x0001'/></address>",
                "<address type='pci'>\n    <zpci uid='0x0001' fid='0x00000000'/>\n  </address>",
            ),
            (
                "<address type='pci' slot='1'><zpci/></address>",
                "<address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/>",
            ),
        ] {
            let panic = |address: &str| format!("<panic model='isa'>\n  {address}\n</panic>");
            check::<crate::domain::Panic>(&panic(text), &panic(printed));
        }
    }
}
