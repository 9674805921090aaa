//! The rest: graphics cards' nodes, mediated devices and what they are made of, vDPA.

use super::Described;
use crate::sysfs::{Device, entries};
use ferrovirt_conf::nodedev::CapabilityBuilder;

pub fn drm(device: &Device) -> Option<Described> {
    let minor: u32 = device.property("MINOR")?.parse().ok()?;
    let kind = *["primary", "control", "render"].get((minor >> 6) as usize)?;
    Some(Described::new(CapabilityBuilder::capability("drm").text("type", kind).finish()))
}

pub fn vdpa(device: &Device) -> Option<Described> {
    let nodes = entries(&device.folder());
    let mut names = nodes.iter().filter_map(|path| path.file_name()?.to_str());
    let name = names.find(|name| name.starts_with("vhost-vdpa"));
    let node = name.map(|name| format!("/dev/{name}"));
    Some(Described::new(CapabilityBuilder::capability("vdpa").maybe("chardev", node).finish()))
}

/// A mediated device that is there.
pub fn mediated(device: &Device) -> Option<Described> {
    let parent = device.path.rsplit('/').nth(1)?.to_owned();
    let kind = CapabilityBuilder::element("type").attribute("id", device.link("mdev_type")?);
    let group = CapabilityBuilder::element("iommuGroup").attribute("number", device.link("iommu_group")?);
    let capability = CapabilityBuilder::capability("mdev")
        .child(kind)
        .text("uuid", device.name())
        .text("parent_addr", &parent)
        .child(group);
    Some(Described { suffix: Some(parent), ..Described::new(capability.finish()) })
}

/// A device that is nothing but what mediated ones are made of.
pub fn mediated_parent(device: &Device) -> Option<Described> {
    Some(Described::new(mediated_types(device)?.finish()))
}

/// The types of mediated devices that can be made of a device.
pub fn mediated_types(device: &Device) -> Option<CapabilityBuilder> {
    let kinds = entries(&device.folder().join("mdev_supported_types"));
    let kinds = kinds.iter().filter_map(|path| path.file_name()?.to_str());
    let mut described = kinds.filter_map(|kind| {
        let attribute = |name: &str| device.attribute(&format!("mdev_supported_types/{kind}/{name}"));
        let element =
            CapabilityBuilder::element("type").attribute("id", kind).maybe("name", attribute("name"));
        let element = element.text("deviceAPI", attribute("device_api")?);
        Some(element.text("availableInstances", attribute("available_instances")?))
    });
    let first = described.next()?;
    Some(CapabilityBuilder::capability("mdev_types").child(first).children(described))
}
