//! A device as a caller describes it, on its own and outside of a guest.

use ferrovirt_conf::domain::Domain;
use ferrovirt_conf::values::Mac;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::Document;

pub use super::kinds::{Device, Kind};

impl Device {
    /// Reads a device. `inactive`: it is for a definition, so what only running guests have is dropped.
    pub fn parse(xml: &str, inactive: bool) -> Result<Self> {
        Self::read(xml, inactive).map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    fn read(xml: &str, inactive: bool) -> Result<Self> {
        let document = Document::parse(xml, "device_definition")?;
        let root = document.root();
        let device = Self::of_element(&root)?;
        let mut device = device.ok_or_else(|| {
            root.error(
                ErrorCode::ConfigUnsupported,
                format!("<{}> is no device that a guest can have", root.name()),
            )
        })?;
        if inactive {
            device.strip_live();
        }
        Ok(device)
    }

    /// Makes up what has to be the same wherever the device goes.
    pub fn ensure_identity(&mut self) {
        if let Self::Interface(interface) = self {
            interface.ensure_mac(Mac::QEMU_PREFIX);
        }
    }

    /// Refuses a device that contradicts itself.
    pub fn validate(&self, model: &Domain) -> Result<()> {
        self.check(&model.context()).map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    /// The error for a device that can't have done to it what was asked.
    pub fn unsupported(&self, code: ErrorCode, what: &str) -> Error {
        Error::new(code, format!("{what} of device '{}' is not supported", self.name()))
    }
}
