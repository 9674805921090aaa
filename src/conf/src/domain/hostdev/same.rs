//! Whether two `<hostdev>` are the same device of the host.

use super::{HostCapability, HostDevice, HostSubsystem, ScsiSource, UsbHostSource};
use ferrovirt_xml::OnOff;

impl HostDevice {
    /// Whether it is the same device. A USB device may be known by its place or by what it is.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Subsystem(one), Self::Subsystem(other)) => one.is_same(other),
            (Self::Capabilities(one), Self::Capabilities(other)) => one.is_same(other),
            _ => false,
        }
    }

    /// What it is called in errors.
    pub fn describe(&self) -> String {
        match self {
            Self::Subsystem(device) => format!("a host device of type '{}'", device.kind()),
            Self::Capabilities(HostCapability::Storage { block: name })
            | Self::Capabilities(HostCapability::Misc { char: name })
            | Self::Capabilities(HostCapability::Net { interface: name, .. }) => {
                format!("the host's device '{name}'")
            }
        }
    }

    /// Whether the firmware draws on it.
    pub fn has_ramfb(&self) -> bool {
        match self {
            Self::Subsystem(HostSubsystem::Pci { ramfb, .. } | HostSubsystem::Mdev { ramfb, .. }) => {
                *ramfb == Some(OnOff::On)
            }
            _ => false,
        }
    }
}

impl HostSubsystem {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Usb { source: one, .. }, Self::Usb { source: other, .. }) => one.is_same(other),
            (Self::Pci { source: one, .. }, Self::Pci { source: other, .. }) => {
                let place = |source: &super::PciHostSource| {
                    let address = source.address;
                    (address.domain, address.bus, address.slot, address.function)
                };
                place(one) == place(other)
            }
            (Self::Scsi { source: one, .. }, Self::Scsi { source: other, .. }) => match (one, other) {
                (ScsiSource::Host(one), ScsiSource::Host(other)) => one == other,
                (ScsiSource::Iscsi(one), ScsiSource::Iscsi(other)) => {
                    let host = |source: &super::ScsiIscsiSource| {
                        (source.hosts.first().and_then(|host| host.name.clone()), source.port())
                    };
                    one.name == other.name && host(one) == host(other)
                }
                _ => false,
            },
            (Self::ScsiHost { source: one, .. }, Self::ScsiHost { source: other, .. }) => one == other,
            (Self::Mdev { uuid: one, .. }, Self::Mdev { uuid: other, .. }) => one == other,
            _ => false,
        }
    }
}

impl UsbHostSource {
    fn is_same(&self, other: &Self) -> bool {
        let place = |source: &Self| source.address.map_or((0, 0), |place| (place.bus.0, place.device.0));
        let (bus, device) = place(self);
        if bus != 0 && device != 0 {
            return (bus, device) == place(other);
        }
        (self.vendor, self.product) == (other.vendor, other.product)
    }
}

impl HostCapability {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Storage { block: one }, Self::Storage { block: other })
            | (Self::Misc { char: one }, Self::Misc { char: other })
            | (Self::Net { interface: one, .. }, Self::Net { interface: other, .. }) => one == other,
            _ => false,
        }
    }
}
