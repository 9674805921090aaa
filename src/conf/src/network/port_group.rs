//! `<portgroup>`: settings that interfaces take by naming the group.

use super::{Bandwidth, BandwidthUse, VirtualPort, Vlan, lenient};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

/// A group of settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "portgroup", block)]
pub struct PortGroup {
    #[xml(attr, error = "XmlError@Network")]
    pub name: String,
    /// Whether interfaces that name no group are in it.
    #[xml(attr = "default", default, skip_default, with = "lenient::only_yes")]
    pub is_default: bool,
    #[xml(attr)]
    pub trust_guest_rx_filters: Option<YesNo>,
    #[xml(child)]
    pub vlan: Option<Vlan>,
    #[xml(child)]
    pub virtual_port: Option<VirtualPort>,
    #[xml(child)]
    pub bandwidth: Option<Bandwidth>,
}

impl PortGroup {
    pub(super) fn fill_defaults(&mut self) {
        self.vlan.iter_mut().for_each(Vlan::fill_defaults);
        self.virtual_port = self.virtual_port.take().and_then(VirtualPort::filled);
        self.bandwidth = self.bandwidth.and_then(Bandwidth::filled);
    }

    /// Must be asked before `fill_defaults`.
    pub(super) fn validate(&self) -> Result<()> {
        if self.name.is_empty() {
            return Err(Error::xml("a <portgroup> needs a name"));
        }
        self.vlan.as_ref().map_or(Ok(()), Vlan::validate)?;
        self.virtual_port.as_ref().map_or(Ok(()), VirtualPort::validate)?;
        self.bandwidth.as_ref().map_or(Ok(()), |bandwidth| bandwidth.validate(BandwidthUse::default()))
    }
}
