//! `<portForward>`: ports of the host that passt hands to the guest.

use std::net::IpAddr;
use std::num::NonZeroU32;

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// Ports of one protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "portForward")]
pub struct PortForward {
    #[xml(attr = "proto")]
    pub protocol: PortForwardProtocol,
    /// The host's address; none: all.
    #[xml(attr)]
    pub address: Option<IpAddr>,
    /// The host's device; none: all.
    #[xml(attr)]
    pub dev: Option<String>,
    /// None: all ports.
    #[xml(child, omit_empty)]
    #[serde(default)]
    pub ranges: Vec<PortRange>,
}

/// What is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum PortForwardProtocol {
    Tcp,
    Udp,
}

/// A range of ports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "range")]
pub struct PortRange {
    #[xml(attr)]
    pub start: Option<NonZeroU32>,
    /// None: only `start`.
    #[xml(attr)]
    pub end: Option<NonZeroU32>,
    /// The guest's first port; none: the same.
    #[xml(attr)]
    pub to: Option<NonZeroU32>,
    /// Whether these ports are left out of the others.
    #[xml(attr)]
    pub exclude: Option<YesNo>,
}

impl PortRange {
    pub(super) fn validate(&self) -> Result<()> {
        let others = self.end.is_some() || self.to.is_some() || self.exclude.is_some();
        if self.start.is_none() && others {
            return Err(Error::config_unsupported("<range> of <portForward> needs a 'start'"));
        }
        Ok(())
    }
}
