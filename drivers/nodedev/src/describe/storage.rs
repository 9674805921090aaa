//! Disks, and drives that have something put into them.

use super::Described;
use crate::sysfs::Device;
use ferrovirt_conf::nodedev::CapabilityBuilder;

/// What the kernel's name of a device says where nothing else does.
const BY_NAME: &[(&str, &str)] = &[("/dev/vd", "disk"), ("/dev/dasd", "dasd"), ("/dev/nvme", "disk")];

pub fn storage(device: &Device) -> Option<Described> {
    let node = device.node()?;
    let kind = kind(device, &node)?;
    let property = |name: &str| device.property(name).map(str::to_owned);
    let trimmed = |name: &str| device.attribute(name).map(|text| text.trim().to_owned());
    let serial = match kind {
        "dasd" => Some(device.attribute("device/uid")?),
        _ => property("ID_SERIAL"),
    };
    let capability = CapabilityBuilder::capability("storage")
        .text("block", &node)
        .maybe("bus", property("ID_BUS"))
        .text("drive_type", kind)
        .maybe("model", trimmed("device/model"))
        .maybe("vendor", trimmed("device/vendor"))
        .maybe("serial", serial.as_deref());
    let capability = match kind {
        "cdrom" => {
            removable(device, capability, device.property("ID_CDROM_MEDIA").is_some_and(|has| has != "0"))
        }
        "floppy" => removable(device, capability, device.property("ID_FS_LABEL").is_some()),
        _ => sizes(device, capability, "size"),
    };
    Some(Described { suffix: serial, ..Described::new(capability.finish()) })
}

/// What kind of drive it is; of others nobody is told.
fn kind(device: &Device, node: &str) -> Option<&'static str> {
    let by_name = || BY_NAME.iter().find(|(start, _)| node.starts_with(start)).map(|(_, kind)| *kind);
    match device.property("ID_TYPE") {
        None | Some("generic") => {
            let known = [("ID_DRIVE_FLOPPY", "floppy"), ("ID_CDROM", "cdrom"), ("ID_DRIVE_FLASH_SD", "sd")];
            let known = known.iter().find(|(name, _)| device.property(name).is_some());
            known.map(|(_, kind)| *kind).or_else(by_name)
        }
        Some("disk") if node.starts_with("/dev/dasd") => Some("dasd"),
        Some("disk") => Some("disk"),
        Some("cd" | "cd/dvd") => Some("cdrom"),
        Some("floppy") => Some("floppy"),
        Some("sd") => Some("sd"),
        Some("dasd") => Some("dasd"),
        Some(_) => None,
    }
}

fn sizes(device: &Device, capability: CapabilityBuilder, name: &str) -> CapabilityBuilder {
    let blocks = device.number("size").unwrap_or(0);
    let block = device.number("queue/logical_block_size").unwrap_or(0);
    let known = |number: u64| (number > 0).then_some(number);
    capability
        .text(name, blocks.saturating_mul(block))
        .maybe("logical_block_size", known(block))
        .maybe("num_blocks", known(blocks))
}

/// A drive whose medium can be changed.
fn removable(device: &Device, capability: CapabilityBuilder, has_medium: bool) -> CapabilityBuilder {
    if device.number("removable") != Some(1) {
        return sizes(device, capability, "size");
    }
    let inner = CapabilityBuilder::capability("removable").text("media_available", u8::from(has_medium));
    if !has_medium {
        return capability.child(inner.text("media_size", 0));
    }
    let label = device.property("ID_FS_LABEL");
    let blocks = device.number("size").unwrap_or(0);
    let block = device.number("queue/logical_block_size").unwrap_or(0);
    let inner = inner.text("media_size", blocks.saturating_mul(block)).maybe("media_label", label);
    let known = |number: u64| (number > 0).then_some(number);
    capability.child(inner.maybe("logical_block_size", known(block)).maybe("num_blocks", known(blocks)))
}
