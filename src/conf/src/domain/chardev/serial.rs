//! `<serial>`: a serial port of the guest.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{ChardevSource, Port};
use crate::domain::{Address, Context, Device, DeviceInfo, Facts};

/// A serial port.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "serial")]
pub struct Serial {
    #[xml(flatten)]
    pub source: ChardevSource,
    /// The kind of hardware; `none` until the driver decides.
    #[xml(attr = "target/@type", default, skip_default, error = "ConfigUnsupported")]
    pub target_type: SerialTargetType,
    /// Its number among its like.
    #[xml(attr = "target/@port", error = "XmlError@object")]
    pub port: Option<u32>,
    #[xml(attr = "target/model/@name", default, skip_default, error = "ConfigUnsupported")]
    pub model: SerialModel,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// Where the port is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum SerialTargetType {
    #[default]
    None,
    IsaSerial,
    UsbSerial,
    PciSerial,
    SpaprVioSerial,
    SystemSerial,
    SclpSerial,
    IsaDebug,
}

/// Which chip the port is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum SerialModel {
    #[default]
    None,
    IsaSerial,
    UsbSerial,
    PciSerial,
    SpaprVty,
    Pl011,
    Sclpconsole,
    Sclplmconsole,
    #[xml(name = "16550a")]
    Uart16550a,
    IsaDebugcon,
}

impl Port for Serial {
    fn port_mut(&mut self) -> &mut Option<u32> {
        &mut self.port
    }
}

impl Serial {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.source.strip_live();
        self.info.strip_live();
    }
}

impl Device for Serial {
    fn visible(&self, facts: &mut Facts) {
        facts.is("type", &self.target_type);
        facts.is("model", &self.model);
        facts.may("port", &self.port);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.source.fill_defaults();
    }

    fn validate(&self, context: &Context) -> Result<()> {
        let x86 = matches!(context.arch.as_str(), "i686" | "x86_64");
        if self.target_type == SerialTargetType::IsaDebug && !x86 {
            return Err(Error::config_unsupported(format!(
                "serial ports of type isa-debug exist on x86 only, not on {}",
                context.arch
            )));
        }
        let on_usb = matches!(self.info.address, None | Some(Address::Usb(_)));
        if self.target_type == SerialTargetType::UsbSerial && !on_usb {
            return Err(Error::config_unsupported(
                "a serial port of type usb-serial takes an address of type usb",
            ));
        }
        self.source.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check, check_error, check_same};
    use ferrovirt_xml::from_str;

    #[test]
    fn ports_print_back() {
        check_same::<Serial>(
            "<serial type='pty'>\n  <target type='isa-serial' port='0'>\n    <model name='isa-serial'/>\n  </target>\n  \
             <alias name='serial0'/>\n</serial>",
        );
        check::<Serial>(
            "<serial type='null'><target type='none' port='1'/></serial>",
            "<serial type='null'>\n  <target port='1'/>\n</serial>",
        );
    }

    #[test]
    fn unknown_hardware_and_odd_ports_are_refused() {
        for (text, code) in [
            ("<serial><target type='sea-serial'/></serial>", ErrorCode::ConfigUnsupported),
            ("<serial><target><model name='x'/></target></serial>", ErrorCode::ConfigUnsupported),
            ("<serial><target port='first'/></serial>", ErrorCode::XmlError),
        ] {
            check_error::<Serial>(text, code);
        }
    }

    #[test]
    fn hardware_must_fit_the_machine() {
        let serial = |text| from_str::<Serial>(text, "test").unwrap();
        let arm = Context { arch: "aarch64".into(), ..Context::default() };
        let debug = serial("<serial type='pty'><target type='isa-debug'/></serial>");
        assert_eq!(debug.validate(&arm).unwrap_err().code(), ErrorCode::ConfigUnsupported);
        assert!(debug.validate(&Context { arch: "x86_64".into(), ..arm.clone() }).is_ok());
        let usb = serial("<serial><target type='usb-serial'/><address type='isa' iobase='0x3f8'/></serial>");
        assert_eq!(usb.validate(&arm).unwrap_err().code(), ErrorCode::ConfigUnsupported);
    }
}
