//! `<parallel>`: a parallel port of the guest.

use ferrovirt_core::Result;
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

use super::{ChardevSource, Port};
use crate::domain::{Context, Device, DeviceInfo, Facts};

/// A parallel port.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "parallel")]
pub struct Parallel {
    #[xml(flatten)]
    pub source: ChardevSource,
    /// Its number among its like.
    #[xml(attr = "target/@port", error = "XmlError@object")]
    pub port: Option<u32>,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

impl Port for Parallel {
    fn port_mut(&mut self) -> &mut Option<u32> {
        &mut self.port
    }
}

impl Parallel {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.source.strip_live();
        self.info.strip_live();
    }
}

impl Device for Parallel {
    fn visible(&self, facts: &mut Facts) {
        facts.may("port", &self.port);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.source.fill_defaults();
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        self.source.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::check_same;

    #[test]
    fn ports_print_back() {
        check_same::<Parallel>(
            "<parallel type='dev'>\n  <source path='/dev/parport0'/>\n  <target port='0'/>\n  \
             <address type='isa' iobase='0x378' irq='0x7'/>\n</parallel>",
        );
    }
}
