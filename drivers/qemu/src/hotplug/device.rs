//! A device as a caller describes it, on its own and outside of a guest.

use ferrovirt_conf::values::Mac;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::Document;

pub use ferrovirt_conf::domain::{AnyDevice as Device, DeviceKind as Kind};

/// Reads a device. `inactive`: it is for a definition, so what only running guests have is dropped.
pub fn parse(xml: &str, inactive: bool) -> Result<Device> {
    read(xml, inactive).map_err(|err| err.or_domain(ErrorDomain::Domain))
}

fn read(xml: &str, inactive: bool) -> Result<Device> {
    let document = Document::parse(xml, "device_definition")?;
    let root = document.root();
    let device = Device::of_element(&root)?;
    let mut device = device.ok_or_else(|| {
        root.error(
            ErrorCode::ConfigUnsupported,
            format!("<{}> is no device that a guest can have", root.name()),
        )
    })?;
    if inactive {
        device.as_ref().check_labels()?;
        device.strip_live();
    }
    Ok(device)
}

/// Makes up what has to be the same wherever the device goes.
pub fn ensure_identity(device: &mut Device) {
    if let Device::Interface(interface) = device {
        interface.ensure_mac(Mac::QEMU_PREFIX);
    }
}

/// The error for a device that can't have done to it what was asked.
pub fn unsupported(device: &Device, code: ErrorCode, what: &str) -> Error {
    Error::new(code, format!("{what} of device '{}' is not supported", device.name()))
}
