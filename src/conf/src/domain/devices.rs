//! `<devices>`: all devices of a guest, in the order of output.

use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<devices>`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "devices", block)]
pub struct Devices {
    /// The program that runs the guest.
    #[xml(value)]
    pub emulator: Option<String>,
}
