//! `<watchdog>`: the device that acts when the guest hangs.

use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{Device, DeviceInfo, Facts};

/// A watchdog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "watchdog")]
pub struct Watchdog {
    #[xml(attr)]
    pub model: WatchdogModel,
    #[xml(attr, default)]
    #[serde(default)]
    pub action: WatchdogAction,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// The hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum WatchdogModel {
    I6300esb,
    Ib700,
    Diag288,
    Itco,
}

/// What is done to a guest that hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum WatchdogAction {
    #[default]
    Reset,
    /// The guest is asked to shut down.
    Shutdown,
    /// The guest ends at once.
    Poweroff,
    Pause,
    /// Its memory is saved to a file, then it is reset.
    Dump,
    None,
    InjectNmi,
}

impl Watchdog {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Watchdog {
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
    fn the_action_is_reset_unless_told() {
        check::<Watchdog>("<watchdog model='ib700'/>", "<watchdog model='ib700' action='reset'/>");
        check_same::<Watchdog>(
            "<watchdog model='i6300esb' action='inject-nmi'>\n  <alias name='watchdog0'/>\n</watchdog>",
        );
        check_error::<Watchdog>("<watchdog action='reset'/>", ErrorCode::XmlError);
        check_error::<Watchdog>("<watchdog model='ib700' action='bark'/>", ErrorCode::XmlError);
    }

    #[test]
    fn models_are_spelled_as_in_libvirt() {
        assert_eq!(WatchdogModel::ALL.map(|m| m.as_str()), ["i6300esb", "ib700", "diag288", "itco"]);
    }
}
