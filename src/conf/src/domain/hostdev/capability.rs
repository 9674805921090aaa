//! Devices of the host that a container gets by what they can do.

use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

use crate::domain::IpAddress;
use crate::network::Route;

/// A device that does something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "lowercase")]
#[xml(tag = "type")]
pub enum HostCapability {
    /// Holds data.
    Storage {
        #[xml(value = "source/block")]
        block: String,
    },
    /// Is a character device.
    Misc {
        #[xml(value = "source/char")]
        char: String,
    },
    /// Is a network card.
    Net {
        #[xml(value = "source/interface")]
        interface: String,
        #[xml(child)]
        #[serde(default)]
        ips: Vec<IpAddress>,
        #[xml(child)]
        #[serde(default)]
        routes: Vec<Route>,
    },
}
