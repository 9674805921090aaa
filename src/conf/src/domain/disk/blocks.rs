//! The lesser elements of a disk.

use ferrovirt_core::Result;
use ferrovirt_xml::{Node, OnOff, Shape, Writer, XmlContent, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use super::DiskDevice;

/// `<target>`: the drive's name, and the bus it is plugged into.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskTarget {
    /// The name, such as `vda`; what the guest calls it may differ.
    pub dev: Option<String>,
    pub bus: Option<DiskBus>,
    /// Of CD-ROMs and floppies.
    pub tray: DiskTray,
    /// Of USB and SCSI disks: whether they call themselves removable.
    pub removable: Option<OnOff>,
    /// Rounds a minute; 1: solid state; 0: not said.
    pub rotation_rate: u32,
}

#[derive(XmlElement)]
struct TargetXml {
    #[xml(attr)]
    dev: Option<String>,
    #[xml(attr)]
    bus: Option<DiskBus>,
    #[xml(attr, default, skip_default)]
    tray: DiskTray,
    #[xml(attr)]
    removable: Option<OnOff>,
    #[xml(attr = "rotation_rate", default, skip_default)]
    rotation_rate: u32,
}

impl XmlContent for DiskTarget {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let TargetXml { dev, bus, tray, removable, rotation_rate } = TargetXml::parse(node)?;
        // What Xen's own device model used to call disks.
        let dev = dev.map(|dev| dev.strip_prefix("ioemu:").map_or(dev.clone(), str::to_owned));
        Ok(Self { dev, bus, tray, removable, rotation_rate })
    }

    fn write_attrs(&self, w: &mut Writer) {
        let Self { dev, bus, tray, removable, rotation_rate } = self.clone();
        // That a SCSI disk is removable is never printed by libvirt, either.
        let removable = removable.filter(|_| bus == Some(DiskBus::Usb));
        TargetXml { dev, bus, tray, removable, rotation_rate }.write_attrs(w);
    }

    fn shape() -> &'static Shape {
        TargetXml::shape()
    }
}

/// The kind of controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum DiskBus {
    Ide,
    Fdc,
    Scsi,
    Virtio,
    Xen,
    Usb,
    Uml,
    Sata,
    Sd,
}

impl DiskBus {
    /// The bus that is meant if none is named, by the drive's name.
    pub fn guess(device: DiskDevice, name: Option<&str>) -> Self {
        let name = name.unwrap_or("");
        match device {
            DiskDevice::Floppy => Self::Fdc,
            _ if name.starts_with("sd") => Self::Scsi,
            _ if name.starts_with("vd") => Self::Virtio,
            _ if name.starts_with("xvd") => Self::Xen,
            _ if name.starts_with("ubd") => Self::Uml,
            _ => Self::Ide,
        }
    }
}

/// Whether the tray is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum DiskTray {
    #[default]
    Closed,
    Open,
}

/// `<geometry>`: what the BIOS tells old systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "geometry")]
pub struct Geometry {
    #[xml(attr = "cyls")]
    pub cylinders: u32,
    #[xml(attr)]
    pub heads: u32,
    #[xml(attr = "secs")]
    pub sectors: u32,
    #[xml(attr = "trans")]
    pub translation: Option<GeometryTranslation>,
}

/// How the BIOS counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum GeometryTranslation {
    None,
    Auto,
    Lba,
}

/// `<blockio>`: sizes in bytes that the drive reports; 0: as they come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "blockio")]
pub struct Blockio {
    #[xml(attr = "logical_block_size", default, skip_default)]
    pub logical_block_size: u32,
    #[xml(attr = "physical_block_size", default, skip_default)]
    pub physical_block_size: u32,
    #[xml(attr = "discard_granularity", default, skip_default)]
    pub discard_granularity: u32,
}

/// `<throttlefilter>`: a throttle group that the disk's requests pass, from the top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "throttlefilter")]
pub struct ThrottleFilter {
    #[xml(attr)]
    pub group: String,
}

/// `<transient>`: what is written goes to an overlay that is thrown away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "transient")]
pub struct Transient {
    /// Whether several guests may have the image below at once.
    #[xml(attr, skip_if = "is_not_yes")]
    pub share_backing: Option<YesNo>,
}

fn is_not_yes(value: &Option<YesNo>) -> bool {
    *value != Some(YesNo::Yes)
}
