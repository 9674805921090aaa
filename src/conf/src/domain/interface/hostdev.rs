//! A card that is a device of the host, handed to the guest.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{AutoBase, Hex, XmlElement, YesNo};
use serde::{Deserialize, Serialize};

use crate::domain::{
    HostDevice, HostSubsystem, HostdevDriver, PciAddress, PciHostSource, StartupPolicy, UsbGuestReset,
    UsbHostAddress, UsbHostSource,
};

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

impl HostdevPort {
    /// The same as a `<hostdev>` has it.
    pub fn device(&self) -> HostDevice {
        let HostdevPortSource { vendor, product, .. } = self.source;
        let managed = self.managed == Some(YesNo::Yes);
        let usb = |address| {
            let source = UsbHostSource { vendor, product, address, ..UsbHostSource::default() };
            HostSubsystem::Usb { managed, source }
        };
        HostDevice::Subsystem(match &self.source.address {
            Some(HostdevPortAddress::Pci(address)) => {
                let source = PciHostSource { address: *address, ..PciHostSource::default() };
                HostSubsystem::Pci { managed, display: None, ramfb: None, driver: None, source }
            }
            Some(HostdevPortAddress::Usb { bus, device }) => {
                usb(Some(UsbHostAddress { bus: *bus, device: *device }))
            }
            None => usb(None),
        })
    }
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

impl HostdevPortSource {
    pub(super) fn is_usb(&self) -> bool {
        matches!(self.address, Some(HostdevPortAddress::Usb { .. })) || self.vendor.is_some()
    }

    /// Refuses a source that names no device.
    pub(super) fn check_named(&self) -> Result<()> {
        if self.vendor.is_some() != self.product.is_some() {
            let text = "a USB device is named by <vendor> and <product>: one is missing";
            return Err(Error::internal(text));
        }
        if !self.is_usb() && self.address.is_none() {
            let text = "an interface of type 'hostdev' needs an <address type='pci' .../> in its <source>";
            return Err(Error::config_unsupported(text));
        }
        Ok(())
    }
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
