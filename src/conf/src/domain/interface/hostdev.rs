//! A card that is a device of the host, handed to the guest.

use ferrovirt_xml::{AutoBase, Hex, XmlElement, YesNo};
use serde::{Deserialize, Serialize};

use crate::domain::{HostdevDriver, PciAddress, StartupPolicy, UsbGuestReset};

/// A device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct HostdevPort {
    /// Whether the device is taken from its host driver by itself.
    #[xml(attr, skip_if = "is_not_yes")]
    pub managed: Option<YesNo>,
    #[xml(child = "driver", omit_empty)]
    pub driver: Option<HostdevDriver>,
    #[xml(flatten = "source", missing = "ConfigUnsupported")]
    pub source: HostdevPortSource,
}

fn is_not_yes(value: &Option<YesNo>) -> bool {
    *value != Some(YesNo::Yes)
}

/// Which device it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct HostdevPortSource {
    /// Of USB.
    #[xml(attr)]
    pub startup_policy: Option<StartupPolicy>,
    /// Of USB.
    #[xml(attr)]
    pub guest_reset: Option<UsbGuestReset>,
    /// Of PCI.
    #[xml(attr)]
    pub write_filtering: Option<YesNo>,
    /// Of USB.
    #[xml(attr = "vendor/@id")]
    pub vendor: Option<Hex<u16, 4>>,
    /// Of USB.
    #[xml(attr = "product/@id")]
    pub product: Option<Hex<u16, 4>>,
    #[xml(child = "address")]
    pub address: Option<HostdevPortAddress>,
}

/// Where the device is on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "lowercase")]
#[xml(tag = "type", error = "ConfigUnsupported")]
pub enum HostdevPortAddress {
    Pci(PciAddress),
    Usb {
        #[xml(attr)]
        bus: AutoBase<u32>,
        #[xml(attr)]
        device: AutoBase<u32>,
    },
}
