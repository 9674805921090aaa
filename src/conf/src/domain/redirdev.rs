//! `<redirdev>`: a socket for USB devices of whoever looks at the guest.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, XmlTagged};
use serde::{Deserialize, Serialize};

use super::{Address, ChardevKind, ChardevSource, Context, Device, DeviceInfo, Facts};

/// A redirected device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "redirdev", block)]
pub struct Redirdev {
    #[xml(attr, default, error = "ConfigUnsupported")]
    #[serde(default)]
    pub bus: RedirdevBus,
    /// The `type` attribute, and where the device's commands come from.
    #[xml(with = "super::chardev::typed_source")]
    pub source: ChardevSource,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// What is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum RedirdevBus {
    #[default]
    Usb,
}

/// The D-Bus display's channel for USB.
const DBUS_CHANNEL: &str = "org.qemu.usbredir";

impl Redirdev {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.source.strip_live();
        self.info.strip_live();
    }
}

impl Device for Redirdev {
    fn visible(&self, facts: &mut Facts) {
        facts.is("bus", &self.bus);
        facts.is("type", &self.source.kind.tag_value().to_owned());
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.source.fill_defaults();
        if let ChardevKind::Dbus { channel } = &mut self.source.kind {
            channel.get_or_insert_with(|| DBUS_CHANNEL.to_owned());
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        if !matches!(self.info.address, None | Some(Address::Usb(_))) {
            return Err(Error::xml("a redirected USB device needs an address of type 'usb'"));
        }
        self.source.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode::XmlError;
    use ferrovirt_xml::check::check_same;
    use ferrovirt_xml::from_str;

    #[test]
    fn redirected_devices_print_back() {
        check_same::<Redirdev>(
            "<redirdev bus='usb' type='spicevmc'>\n  <boot order='1'/>\n  <address type='usb' bus='0' port='4'/>\n</redirdev>",
        );
        check_same::<Redirdev>(
            "<redirdev bus='usb' type='tcp'>\n  <source mode='connect' host='localhost' service='4000'/>\n  \
             <protocol type='raw'/>\n</redirdev>",
        );
    }

    #[test]
    fn a_type_and_a_usb_address_are_needed() {
        assert!(from_str::<Redirdev>("<redirdev bus='usb'/>", "test").is_err());
        let text = "<redirdev type='spicevmc'><address type='pci'/></redirdev>";
        let device: Redirdev = from_str(text, "test").unwrap();
        assert_eq!(device.validate(&Context::default()).unwrap_err().code(), XmlError);
    }
}
