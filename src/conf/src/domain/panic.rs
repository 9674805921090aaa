//! `<panic>`: the device through which a guest says that it crashed.

use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{Device, DeviceInfo, Facts};

/// A panic notifier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "panic")]
pub struct Panic {
    #[xml(attr, default, skip_default, error = "ConfigUnsupported")]
    pub model: PanicModel,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// How the guest says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum PanicModel {
    /// The driver decides.
    #[default]
    Default,
    Isa,
    Pseries,
    Hyperv,
    S390,
    Pvpanic,
}

impl Panic {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Panic {
    fn visible(&self, facts: &mut Facts) {
        facts.is("model", &self.model);
        facts.place(&self.info);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check, check_error, check_same};

    #[test]
    fn devices_print_back() {
        check_same::<Panic>("<panic model='isa'>\n  <address type='isa' iobase='0x505'/>\n</panic>");
        check_same::<Panic>("<panic model='s390'/>");
        check::<Panic>("<panic model='default'/>", "<panic/>");
        check_error::<Panic>("<panic model='keep-calm'/>", ErrorCode::ConfigUnsupported);
    }
}
