//! `<protocol>`: the addresses of an interface.

use ferrovirt_xml::{AutoBase, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// The addresses of one family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "protocol", block)]
pub struct InterfaceProtocol {
    #[xml(attr)]
    pub family: ProtocolFamily,
    /// IPv6: what routers announce is taken.
    #[xml(flag)]
    #[serde(default)]
    pub autoconf: bool,
    #[xml(child)]
    pub dhcp: Option<InterfaceDhcp>,
    #[xml(child = "ip")]
    #[serde(default)]
    pub ips: Vec<InterfaceIp>,
    #[xml(attr = "route/@gateway")]
    pub gateway: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum ProtocolFamily {
    Ipv4,
    Ipv6,
}

/// `<dhcp>`: addresses come from a server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "dhcp")]
pub struct InterfaceDhcp {
    /// Whether its name servers are taken, too.
    #[xml(attr = "peerdns", domain = "Xml")]
    pub peer_dns: Option<YesNo>,
}

/// `<ip>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "ip")]
pub struct InterfaceIp {
    /// There, once filled in.
    #[xml(attr)]
    pub address: Option<String>,
    #[xml(attr, default, skip_default, domain = "Xml")]
    pub prefix: AutoBase<i32>,
}

impl InterfaceProtocol {
    pub(super) fn fill_defaults(&mut self) {
        self.autoconf &= self.family == ProtocolFamily::Ipv6;
        self.ips.retain(|ip| ip.address.is_some());
    }
}
