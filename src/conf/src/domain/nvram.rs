//! `<nvram>` among the devices: the memory that keeps a pSeries guest's settings.

use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

use super::{Device, DeviceInfo, Facts};

/// The device; there is nothing to say of it but where it sits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "nvram", block)]
pub struct Nvram {
    #[xml(flatten)]
    pub info: DeviceInfo,
}

impl Nvram {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Nvram {
    fn visible(&self, facts: &mut Facts) {
        facts.place(&self.info);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check, check_same};

    #[test]
    fn the_device_prints_back() {
        check_same::<Nvram>("<nvram>\n  <address type='spapr-vio' reg='0x00003000'/>\n</nvram>");
        check::<Nvram>("<nvram/>", "<nvram>\n</nvram>");
    }
}
