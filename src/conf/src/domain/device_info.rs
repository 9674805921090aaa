//! What all devices share: where the device sits, its alias, its place in the boot order.

use ferrovirt_core::{ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{
    AutoBase, BareHex, Cardinality, Fault, Hex, Item, Node, OnOff, Shape, Writer, XmlContent, XmlElement,
    XmlEnum, XmlValue, YesNo,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;

/// The parts that every device may have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(check = "check_parts")]
pub struct DeviceInfo {
    /// The place in the boot order, from 1.
    #[xml(attr = "boot/@order")]
    pub boot_order: Option<u32>,
    #[xml(attr = "boot/@loadparm", with = "upper_case")]
    pub load_parm: Option<String>,
    /// The device's name in the hypervisor; users' own begin with `ua-`.
    #[xml(attr = "alias/@name")]
    pub alias: Option<String>,
    /// Of a companion USB controller: the first port of its master that it serves.
    #[xml(with = "master")]
    pub usb_master_port: Option<u32>,
    #[xml(attr = "rom/@enabled")]
    pub rom_enabled: Option<YesNo>,
    #[xml(attr = "rom/@bar")]
    pub rom_bar: Option<OnOff>,
    #[xml(attr = "rom/@file")]
    pub rom_file: Option<String>,
    #[xml(attr = "acpi/@index")]
    pub acpi_index: Option<NonZeroU32>,
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
                let multifunction = place.multifunction;
                w.element(Address::TAG, &UndecidedPci { kind: "pci".into(), multifunction, zpci });
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
    #[xml(attr)]
    multifunction: Option<OnOff>,
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
        let users = |alias: &String| {
            let mut bytes = alias.bytes();
            alias.starts_with("ua-") && bytes.all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        };
        self.alias = self.alias.take().filter(users);
    }
}

/// Refuses a place in the boot order that is none, and settings of a ROM that the guest does not see.
fn check_parts(node: &Node<'_>) -> Result<()> {
    let boots = matches!(node.name(), "disk" | "filesystem" | "interface" | "hostdev" | "redirdev");
    if let Some(boot) = node.child("boot").filter(|_| boots) {
        match boot.attr("order") {
            None => return Err(boot.missing_attr("order", ErrorCode::XmlError)),
            Some(text) if NonZeroU32::from_text(text).is_none() => {
                return Err(boot.bad_attr("order", NonZeroU32::KIND, ErrorCode::XmlError));
            }
            Some(_) => {}
        }
        if let Some(text) = boot.attr("loadparm").filter(|text| !is_load_parm(text)) {
            let text = format!(
                "the loadparm '{text}' of <boot> must have 1 to 8 characters: letters, digits, '.' and ' '"
            );
            return Err(boot.error(ErrorCode::Internal, text));
        }
    }
    let tuned = |rom: &Node<'_>| rom.attr("bar").is_some() || rom.attr("file").is_some();
    match node.child("rom").filter(|rom| rom.attr("enabled") == Some("no") && tuned(rom)) {
        Some(rom) if matches!(node.name(), "interface" | "hostdev") => {
            let text = "<rom enabled='no'> leaves nothing to be set by 'bar' or 'file'";
            Err(rom.error(ErrorCode::ConfigUnsupported, text))
        }
        _ => Ok(()),
    }
}

/// What a boot loader of s390 takes.
pub(super) fn is_load_parm(text: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b". ".contains(&byte);
    (1..=8).contains(&text.len()) && !text.trim_ascii().is_empty() && text.bytes().all(valid)
}

/// The numbers that stand in attributes, as far as they are numbers.
fn numbers<const N: usize>(node: &Node<'_>, names: [&str; N]) -> [Option<u32>; N] {
    names.map(|name| node.attr(name).and_then(AutoBase::<u32>::from_text).map(|number| number.0))
}

fn check_pci_ranges(node: &Node<'_>) -> Result<()> {
    let [domain, bus, slot, function] = numbers(node, ["domain", "bus", "slot", "function"]);
    if [domain, bus, slot].iter().flatten().all(|number| *number == 0) {
        return Ok(());
    }
    for (name, value, most) in [("bus", bus, 0xff), ("slot", slot, 0x1f), ("function", function, 7)] {
        if value.is_some_and(|value| value > most) {
            let text = format!("'{name}' of a PCI address goes to {most:#x}");
            return Err(node.error(Fault::of(ErrorCode::XmlError, ErrorDomain::None), text));
        }
    }
    Ok(())
}

fn check_ccw(node: &Node<'_>) -> Result<()> {
    let names = ["cssid", "ssid", "devno"];
    let fault = Fault::of(ErrorCode::Internal, ErrorDomain::Device);
    for ((name, value), most) in names.iter().zip(numbers(node, names)).zip([0xfe, 3, 0xffff]) {
        if value.is_some_and(|value| value > most) {
            return Err(node.error(fault, format!("'{name}' of a CCW address goes to {most:#x}")));
        }
    }
    let given = names.iter().filter(|name| node.attr(name).is_some()).count();
    if given != 0 && given != names.len() {
        return Err(node.error(fault, "'cssid', 'ssid' and 'devno' of a CCW address go together"));
    }
    Ok(())
}

/// A text that is kept in capitals.
mod upper_case {
    use ferrovirt_xml::{TextWriter, ValueKind, XmlValue};

    pub const KIND: ValueKind = ValueKind::Text;

    pub fn from_text(text: &str) -> Option<String> {
        Some(text.to_ascii_uppercase())
    }

    pub fn write_text(text: &String, out: &mut TextWriter<'_>) {
        text.write_text(out);
    }
}

/// `<master startport='2'/>`; without the attribute, its first port.
mod master {
    use super::{Node, Result, Shape, Writer, XmlContent, XmlElement};

    #[derive(XmlElement)]
    struct Master {
        #[xml(attr = "startport", default)]
        start_port: u32,
    }

    #[derive(XmlElement)]
    struct Outer {
        #[xml(child = "master")]
        master: Option<Master>,
    }

    pub fn parse(node: &Node<'_>) -> Result<Option<u32>> {
        Ok(Outer::parse(node)?.master.map(|master| master.start_port))
    }

    pub fn write_attrs(_: &Option<u32>, _: &mut Writer) {}

    pub fn write_children(port: &Option<u32>, w: &mut Writer) {
        Outer { master: port.map(|start_port| Master { start_port }) }.write_children(w);
    }

    pub fn shape() -> &'static Shape {
        Outer::shape()
    }
}

/// Up to four port numbers with dots between them, from the root hub down. A zero ends them.
mod usb_port {
    use super::{
        ErrorCode, ErrorDomain, Fault, Node, Result, Shape, Writer, XmlContent, XmlElement, XmlValue,
    };

    const MOST: usize = 4;

    #[derive(XmlElement)]
    struct Port {
        #[xml(attr)]
        port: Option<String>,
    }

    pub fn parse(node: &Node<'_>) -> Result<Option<String>> {
        let Some(text) = node.attr("port") else { return Ok(None) };
        let numbers: Option<Vec<u32>> = text.split('.').map(u32::from_text).collect();
        let Some(numbers) = numbers.filter(|numbers| numbers.len() <= MOST) else {
            let text = format!("the USB port '{text}' must be one to {MOST} numbers with dots between them");
            return Err(node.error(Fault::of(ErrorCode::Internal, ErrorDomain::Device), text));
        };
        let path: Vec<String> = numbers.iter().take_while(|n| **n != 0).map(u32::to_string).collect();
        Ok((!path.is_empty()).then(|| path.join(".")))
    }

    pub fn write_attrs(port: &Option<String>, w: &mut Writer) {
        if let Some(port) = port {
            w.attr_str("port", port);
        }
    }

    pub fn write_children(_: &Option<String>, _: &mut Writer) {}

    pub fn shape() -> &'static Shape {
        Port::shape()
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
#[xml(check = "check_pci_ranges")]
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

impl fmt::Display for DriveAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { controller, bus, target, unit } = self;
        write!(f, "controller='{controller}' bus='{bus}' target='{target}' unit='{unit}'")
    }
}

/// A port of a virtio-serial controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VirtioSerialAddress {
    #[xml(attr, default)]
    pub controller: u32,
    #[xml(attr, default)]
    pub bus: u32,
    /// 0: not decided yet.
    #[xml(attr, default)]
    pub port: u32,
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
    #[xml(with = "usb_port")]
    pub port: Option<String>,
}

/// A register on the pSeries bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct SpaprVioAddress {
    #[xml(attr)]
    pub reg: Option<BareHex<u64, 8>>,
}

/// A channel of s390.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(check = "check_ccw")]
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
    #[xml(attr, required)]
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
            ("<address type='pci' function='0x7'/>", "<address type='pci'/>"),
            (
                "<address type='pci' function='0x7' multifunction='on'/>",
                "<address type='pci' multifunction='on'/>",
            ),
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
