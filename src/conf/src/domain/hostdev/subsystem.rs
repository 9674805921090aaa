//! Devices on a bus of the host.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Fault, Node, OnOff, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PciHostSource, ScsiSource, UsbHostSource, VhostScsiSource};
use crate::domain::{SgIo, VirtioModel};

/// A device on a bus. `managed`: whether it is taken from its host driver, and given back, by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "snake_case")]
#[xml(tag = "type", check = "check_source")]
pub enum HostSubsystem {
    Usb {
        #[xml(attr, default, with = "yes_or_else")]
        #[serde(default)]
        managed: bool,
        #[xml(child = "source")]
        source: UsbHostSource,
    },
    Pci {
        #[xml(attr, default, with = "yes_or_else")]
        #[serde(default)]
        managed: bool,
        /// Whether it draws on the guest's display.
        #[xml(attr)]
        display: Option<OnOff>,
        /// Whether the firmware draws on it.
        #[xml(attr)]
        ramfb: Option<OnOff>,
        #[xml(child = "driver", omit_empty)]
        driver: Option<HostdevDriver>,
        #[xml(child = "source")]
        source: PciHostSource,
    },
    Scsi {
        #[xml(attr, default, with = "yes_or_else")]
        #[serde(default)]
        managed: bool,
        #[xml(attr)]
        sgio: Option<SgIo>,
        #[xml(attr)]
        rawio: Option<YesNo>,
        #[xml(child = "source")]
        source: ScsiSource,
    },
    #[xml(name = "scsi_host")]
    ScsiHost {
        #[xml(attr, default, with = "yes_or_else")]
        #[serde(default)]
        managed: bool,
        #[xml(attr)]
        model: Option<VirtioModel>,
        #[xml(child = "source")]
        source: VhostScsiSource,
    },
    /// A mediated device: part of another one.
    Mdev {
        #[xml(attr, default, with = "yes_or_else")]
        #[serde(default)]
        managed: bool,
        #[xml(attr)]
        model: MdevModel,
        /// Whether it draws on the guest's display.
        #[xml(attr)]
        display: Option<OnOff>,
        /// Whether the firmware draws on it.
        #[xml(attr)]
        ramfb: Option<OnOff>,
        #[xml(attr = "source/address/@uuid", error = "Internal@object", missing = "ConfigUnsupported")]
        uuid: Uuid,
    },
}

/// What only some types have, which is looked at before all else.
fn check_source(node: &Node<'_>) -> Result<()> {
    let source = node.child("source").ok_or_else(|| node.missing_child("source", ErrorCode::XmlError))?;
    let kind = node.attr("type").unwrap_or("");
    if kind != "usb" && source.attr("startupPolicy").is_some() {
        return Err(source.error(ErrorCode::ConfigUnsupported, "a startupPolicy is for USB devices"));
    }
    for (name, able) in [("sgio", &["scsi"][..]), ("rawio", &["scsi"]), ("model", &["mdev", "scsi_host"])] {
        if node.attr(name).is_some() && !able.contains(&kind) {
            let text = format!("'{name}' is for host devices of type {}, not '{kind}'", able.join(" and "));
            return Err(node.error(Fault::of_object(ErrorCode::XmlError), text));
        }
    }
    Ok(())
}

/// Whatever is not `yes` means no.
mod yes_or_else {
    use ferrovirt_xml::{TextWriter, ValueKind, XmlValue};

    pub const KIND: ValueKind = bool::KIND;

    pub fn from_text(text: &str) -> Option<bool> {
        Some(text == "yes")
    }

    pub fn write_text(value: &bool, out: &mut TextWriter<'_>) {
        value.write_text(out);
    }
}

impl HostSubsystem {
    /// What the `type` attribute says.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Usb { .. } => "usb",
            Self::Pci { .. } => "pci",
            Self::Scsi { .. } => "scsi",
            Self::ScsiHost { .. } => "scsi_host",
            Self::Mdev { .. } => "mdev",
        }
    }

    /// Whether the device is taken from its host driver by itself.
    pub fn is_managed(&self) -> bool {
        match self {
            Self::Usb { managed, .. }
            | Self::Pci { managed, .. }
            | Self::Scsi { managed, .. }
            | Self::ScsiHost { managed, .. }
            | Self::Mdev { managed, .. } => *managed,
        }
    }
}

/// What drives a PCI device on the host while the guest has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "driver")]
pub struct HostdevDriver {
    #[xml(attr)]
    pub name: Option<HostdevDriverName>,
    /// A variant of the driver: the kernel module's name.
    #[xml(attr)]
    pub model: Option<String>,
}

/// How PCI devices are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum HostdevDriverName {
    Kvm,
    Vfio,
    Xen,
}

/// The kind of a mediated device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum MdevModel {
    VfioPci,
    VfioCcw,
    VfioAp,
}
