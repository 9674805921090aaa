//! PCI devices: what they are, with whom they share hardware and an IOMMU, how fast their link is.

use super::{Described, rest};
use crate::pci_ids::PciIds;
use crate::sysfs::{Device, entries};
use ferrovirt_conf::nodedev::CapabilityBuilder;
use std::path::Path;

/// Where a device is on the bus.
struct Place {
    domain: u32,
    bus: u32,
    slot: u32,
    function: u32,
}

impl Place {
    /// `0000:00:1f.2`
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split([':', '.']).map(|part| u32::from_str_radix(part, 16).ok());
        let mut part = || parts.next().flatten();
        Some(Self { domain: part()?, bus: part()?, slot: part()?, function: part()? })
    }

    fn element(&self) -> CapabilityBuilder {
        CapabilityBuilder::element("address")
            .attribute("domain", format_args!("0x{:04x}", self.domain))
            .attribute("bus", format_args!("0x{:02x}", self.bus))
            .attribute("slot", format_args!("0x{:02x}", self.slot))
            .attribute("function", format_args!("0x{:x}", self.function))
    }
}

pub fn pci(device: &Device, ids: &PciIds) -> Option<Described> {
    let place = Place::parse(&device.name())?;
    let class = device.property("PCI_CLASS").and_then(|class| u32::from_str_radix(class, 16).ok())?;
    let (vendor, product) = (device.hexadecimal("vendor")?, device.hexadecimal("device")?);
    let named = |element: &str, id: u32, name: Option<&str>| {
        let element = CapabilityBuilder::element(element).attribute("id", format_args!("0x{id:04x}"));
        name.into_iter().fold(element, CapabilityBuilder::content)
    };
    // Only root may read all of it.
    let config = std::fs::read(device.folder().join("config")).unwrap_or_default();
    let numa =
        device.number("numa_node").map(|node| CapabilityBuilder::element("numa").attribute("node", node));
    let capability = CapabilityBuilder::capability("pci")
        .text("class", format_args!("0x{class:06x}"))
        .text("domain", place.domain)
        .text("bus", place.bus)
        .text("slot", place.slot)
        .text("function", place.function)
        .child(named("product", product, ids.device(vendor, product)))
        .child(named("vendor", vendor, ids.vendor(vendor)))
        .children(physical_function(device))
        .children(virtual_functions(device))
        .children(header(&config))
        .children(rest::mediated_types(device))
        .children(iommu_group(device))
        .children(numa)
        .children(express(&config));
    Some(Described::new(capability.finish()))
}

fn physical_function(device: &Device) -> Option<CapabilityBuilder> {
    let place = Place::parse(&device.link("physfn")?)?;
    Some(CapabilityBuilder::capability("phys_function").child(place.element()))
}

fn virtual_functions(device: &Device) -> Option<CapabilityBuilder> {
    let most = device.number("sriov_totalvfs").filter(|most| *most > 0)?;
    let mut functions: Vec<(u32, Place)> = Vec::new();
    for path in entries(&device.folder()) {
        let number = path.file_name().and_then(|name| name.to_str()?.strip_prefix("virtfn")?.parse().ok());
        let place = path.read_link().ok().and_then(|target| Place::parse(target.file_name()?.to_str()?));
        functions.extend(number.zip(place));
    }
    functions.sort_by_key(|(number, _)| *number);
    let capability = CapabilityBuilder::capability("virt_functions").attribute("maxCount", most);
    Some(capability.children(functions.iter().map(|(_, place)| place.element())))
}

/// Whether it leads to another bus.
fn header(config: &[u8]) -> Option<CapabilityBuilder> {
    match config.get(14)? & 0x7f {
        1 => Some(CapabilityBuilder::capability("pci-bridge")),
        2 => Some(CapabilityBuilder::capability("cardbus-bridge")),
        _ => None,
    }
}

/// The devices that can only be given away together.
fn iommu_group(device: &Device) -> Option<CapabilityBuilder> {
    let number = device.link("iommu_group")?;
    let places = entries(&device.folder().join("iommu_group/devices"));
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).and_then(Place::parse);
    let places = places.iter().filter_map(|path| name(path));
    let group = CapabilityBuilder::element("iommuGroup").attribute("number", number);
    Some(group.children(places.map(|place| place.element())))
}

/// Speeds of PCI Express by their numbers in the registers, in GT/s.
const SPEEDS: &[&str] = &["", "2.5", "5", "8", "16", "32", "64"];

/// What its link could do and does; nothing of devices of the old bus.
fn express(config: &[u8]) -> Option<CapabilityBuilder> {
    const EXPRESS: u8 = 0x10;
    let at = find_capability(config, EXPRESS)?;
    let byte = |offset: usize| config.get(at + offset).copied();
    let element = CapabilityBuilder::element("pci-express");
    // What is inside of the root complex has no link.
    let kind = byte(2)? >> 4;
    if [0x9, 0xa].contains(&kind) {
        return Some(element);
    }
    let register =
        |offset: usize| Some(u32::from_le_bytes(config.get(at + offset..at + offset + 4)?.try_into().ok()?));
    let (Some(can), Some(does)) = (register(12), byte(18).zip(byte(19))) else { return Some(element) };
    let does = u32::from(u16::from_le_bytes([does.0, does.1]));
    let link = |validity: &str, register: u32, port: Option<u32>| {
        let link = CapabilityBuilder::element("link").attribute("validity", validity);
        let link = port.into_iter().fold(link, |link, port| link.attribute("port", port));
        let speed = SPEEDS.get((register & 0xf) as usize).filter(|speed| !speed.is_empty());
        let link = speed.into_iter().fold(link, |link, speed| link.attribute("speed", speed));
        link.attribute("width", register >> 4 & 0x3f)
    };
    Some(element.child(link("cap", can, Some(can >> 24))).child(link("sta", does, None)))
}

/// Where in the configuration space a capability is described.
fn find_capability(config: &[u8], wanted: u8) -> Option<usize> {
    const HAS_LIST: u8 = 0x10;
    if config.get(6)? & HAS_LIST == 0 {
        return None;
    }
    let mut at = usize::from(*config.get(52)?);
    // There is room for no more than this, whatever the list says.
    for _ in 0..48 {
        if at < 64 {
            return None;
        }
        if *config.get(at)? == wanted {
            return Some(at);
        }
        at = usize::from(*config.get(at + 1)?);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(config: &[u8]) -> String {
        let device = ferrovirt_conf::nodedev::NodeDevice {
            capabilities: vec![CapabilityBuilder::capability("pci").children(express(config)).finish()],
            ..Default::default()
        };
        device.to_xml()
    }

    #[test]
    fn a_link_is_read_from_the_registers() {
        let mut config = vec![0; 256];
        (config[6], config[52], config[64], config[66]) = (0x10, 64, 0x10, 0x42);
        config[76..80].copy_from_slice(&(7_u32 << 24 | 8 << 4 | 3).to_le_bytes());
        config[82..84].copy_from_slice(&(4_u16 << 4 | 1).to_le_bytes());
        let xml = told(&config);
        assert!(xml.contains("<link validity='cap' port='7' speed='8' width='8'/>"), "{xml}");
        assert!(xml.contains("<link validity='sta' speed='2.5' width='4'/>"), "{xml}");
        config[66] = 0x92;
        assert!(told(&config).contains("<pci-express/>"));
    }

    #[test]
    fn a_list_that_is_a_circle_ends() {
        let mut config = vec![0; 256];
        (config[6], config[52], config[65]) = (0x10, 64, 64);
        assert!(!told(&config).contains("express") && !told(&[]).contains("express"));
    }
}
