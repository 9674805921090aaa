//! SCSI: hosts, targets, devices, and the way around their drivers.

use super::Described;
use crate::sysfs::Device;
use ferrovirt_conf::nodedev::CapabilityBuilder;

/// Types of SCSI devices by their numbers.
const TYPES: &[(u64, &str)] = &[
    (0, "disk"),
    (1, "tape"),
    (3, "processor"),
    (4, "worm"),
    (5, "cdrom"),
    (6, "scanner"),
    (7, "mod"),
    (8, "changer"),
    (12, "raid"),
    (13, "enclosure"),
];

pub fn host(device: &Device) -> Option<Described> {
    let name = device.name();
    let number: u32 = name.strip_prefix("host")?.parse().ok()?;
    let class = |class: &str, attribute: &str| device.attribute(&format!("{class}/{name}/{attribute}"));
    let world_wide = |attribute: &str| {
        let text = class("fc_host", attribute)?;
        Some(text.strip_prefix("0x").unwrap_or(&text).to_owned())
    };
    let unique = class("scsi_host", "unique_id");
    let port = world_wide("node_name").zip(world_wide("port_name")).map(|(node, port)| {
        CapabilityBuilder::capability("fc_host")
            .text("wwnn", node)
            .text("wwpn", port)
            .maybe("fabric_wwn", world_wide("fabric_name"))
    });
    let most = class("fc_host", "max_npiv_vports").zip(class("fc_host", "npiv_vports_inuse"));
    let ports = most.map(|(most, used)| {
        CapabilityBuilder::capability("vport_ops").text("max_vports", most).text("vports", used)
    });
    let capability =
        CapabilityBuilder::capability("scsi_host").text("host", number).maybe("unique_id", unique);
    Some(Described::new(capability.children(port).children(ports).finish()))
}

pub fn target(device: &Device) -> Option<Described> {
    let capability = CapabilityBuilder::capability("scsi_target").text("target", device.name());
    Some(Described::new(capability.finish()))
}

pub fn device(device: &Device) -> Option<Described> {
    let name = device.name();
    let parts: Vec<u32> = name.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [host, bus, target, lun] = parts[..] else { return None };
    let number = device.number("type");
    let kind = TYPES.iter().find(|(known, _)| Some(*known) == number).map(|(_, name)| *name);
    let capability = CapabilityBuilder::capability("scsi")
        .text("host", host)
        .text("bus", bus)
        .text("target", target)
        .text("lun", lun)
        .maybe("type", kind);
    Some(Described::new(capability.finish()))
}

pub fn generic(device: &Device) -> Option<Described> {
    let capability = CapabilityBuilder::capability("scsi_generic").text("char", device.node()?);
    Some(Described::new(capability.finish()))
}
