//! Devices on a bus of the host.

use ferrovirt_xml::{OnOff, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PciHostSource, ScsiSource, UsbHostSource, VhostScsiSource};
use crate::domain::{SgIo, VirtioModel};

/// A device on a bus. `managed`: whether it is taken from its host driver, and given back, by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "snake_case")]
#[xml(tag = "type")]
pub enum HostSubsystem {
    Usb {
        #[xml(attr, default)]
        managed: bool,
        #[xml(child = "source")]
        source: UsbHostSource,
    },
    Pci {
        #[xml(attr, default)]
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
        #[xml(attr, default)]
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
        #[xml(attr, default)]
        managed: bool,
        #[xml(attr)]
        model: Option<VirtioModel>,
        #[xml(child = "source")]
        source: VhostScsiSource,
    },
    /// A mediated device: part of another one.
    Mdev {
        #[xml(attr, default)]
        managed: bool,
        #[xml(attr)]
        model: MdevModel,
        /// Whether it draws on the guest's display.
        #[xml(attr)]
        display: Option<OnOff>,
        /// Whether the firmware draws on it.
        #[xml(attr)]
        ramfb: Option<OnOff>,
        #[xml(attr = "source/address/@uuid", error = "ConfigUnsupported")]
        uuid: Uuid,
    },
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
