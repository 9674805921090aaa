//! From a device in the kernel's tree to the description that is told: one file a kind.

mod net;
mod pci;
mod rest;
mod scsi;
mod storage;
mod system;
mod usb;

pub use system::{ROOT, system};

use crate::pci_ids::PciIds;
use crate::sysfs::Device;
use ferrovirt_conf::nodedev::{Capability, NodeDevice};

/// What a device is called, and what it is.
struct Described {
    /// What comes behind subsystem and name in its own name.
    suffix: Option<String>,
    /// Its whole name, where that is none of the usual form.
    name: Option<&'static str>,
    capability: Capability,
}

impl Described {
    fn new(capability: Capability) -> Self {
        Self { suffix: None, name: None, capability }
    }
}

/// What is told of a device, its parent left out; `None` for devices that nobody is told of.
pub fn device(device: &Device, ids: &PciIds) -> Option<NodeDevice> {
    let described = describe(device, ids)?;
    let name = match described.name {
        Some(name) => name.to_owned(),
        None => name(&device.subsystem, &device.name(), described.suffix.as_deref()),
    };
    Some(NodeDevice {
        name,
        path: Some(device.path.clone()),
        node: device.node(),
        links: device.links.clone(),
        parent: None,
        driver: device.driver(),
        capabilities: vec![described.capability],
    })
}

fn describe(device: &Device, ids: &PciIds) -> Option<Described> {
    match device.property("DEVTYPE") {
        Some("usb_device") => usb::device(device),
        Some("usb_interface") => usb::interface(device),
        Some("scsi_host") => scsi::host(device),
        Some("scsi_target") => scsi::target(device),
        Some("scsi_device") => scsi::device(device),
        Some("disk") => storage::storage(device),
        Some("wlan") => net::net(device),
        Some("drm_minor") => rest::drm(device),
        Some(_) => None,
        None if device.subsystem == "scsi_generic" => scsi::generic(device),
        None if device.subsystem == "mdev" => rest::mediated(device),
        None if device.subsystem == "vdpa" => rest::vdpa(device),
        None if device.subsystem == "mtty" => rest::mediated_parent(device),
        None if device.property("INTERFACE").is_some() => net::net(device),
        None if device.property("PCI_CLASS").is_some() => pci::pci(device, ids),
        None => None,
    }
}

/// The name of a device: what is no letter or digit becomes `_`.
pub fn name(subsystem: &str, kernel_name: &str, suffix: Option<&str>) -> String {
    let suffix = suffix.map(|suffix| format!("_{suffix}")).unwrap_or_default();
    let text = format!("{subsystem}_{kernel_name}{suffix}");
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '_' }).collect()
}
