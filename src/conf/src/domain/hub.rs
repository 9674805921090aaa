//! `<hub>`: more sockets for USB devices.

use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{Device, DeviceInfo, Facts};

/// A hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "hub")]
pub struct Hub {
    #[xml(attr = "type", error = "ConfigUnsupported", missing = "Internal")]
    pub kind: HubType,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// What is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum HubType {
    Usb,
}

impl Hub {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Hub {
    fn visible(&self, facts: &mut Facts) {
        facts.is("type", &self.kind);
        facts.place(&self.info);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode::ConfigUnsupported;
    use ferrovirt_xml::check::{check_error, check_same};

    #[test]
    fn a_hub_prints_back() {
        check_same::<Hub>("<hub type='usb'>\n  <address type='usb' bus='0' port='1'/>\n</hub>");
        check_error::<Hub>("<hub type='love'/>", ConfigUnsupported);
    }
}
