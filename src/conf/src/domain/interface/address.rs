//! `<ip>`: addresses that libvirt gives to a device, in the guest or on the host.

use std::net::IpAddr;

use ferrovirt_core::{ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Fault, Node, Shape, Tag, Writer, XmlContent, XmlElement};
use serde::{Deserialize, Serialize};

use crate::network::{IpFamily, Route};

/// Addresses and routes of the host's side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct HostAddresses {
    #[xml(child = "source/ip")]
    pub ips: Vec<IpAddress>,
    #[xml(child = "source/route")]
    pub routes: Vec<Route>,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpAddress {
    pub address: IpAddr,
    /// 0: that of the address's kind.
    pub prefix: u8,
    /// The other end, if there are only two.
    pub peer: Option<IpAddr>,
}

#[derive(XmlElement)]
struct IpXml {
    #[xml(attr, error = "XmlError@Domain")]
    address: IpAddr,
    #[xml(attr)]
    family: Option<String>,
    #[xml(attr)]
    prefix: Option<u8>,
    #[xml(attr, error = "InvalidArg")]
    peer: Option<IpAddr>,
}

impl XmlContent for IpAddress {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let IpXml { address, family, prefix, peer } = IpXml::parse(node)?;
        let own = IpFamily::of(&address);
        // Other families are taken for none at all, as libvirt does.
        if family.and_then(|name| name.parse().ok()).is_some_and(|family: IpFamily| family != own) {
            let text = format!("'{address}' of <ip> does not belong to its 'family'");
            return Err(node.error(Fault::of_object(ErrorCode::XmlError), text));
        }
        let limit = if own == IpFamily::Ipv4 { 32 } else { 128 };
        let prefix = prefix.unwrap_or(0);
        if prefix > limit {
            let text = format!("'prefix' of <ip address='{address}'> can't be more than {limit}");
            return Err(node.error(Fault::of_object(ErrorCode::XmlError), text));
        }
        if peer.is_some_and(|peer| IpFamily::of(&peer) != own) {
            let text = format!("'peer' of <ip address='{address}'> is of another family");
            return Err(node.error(ErrorCode::InvalidArg, text));
        }
        Ok(Self { address, prefix, peer })
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr("address", &self.address);
        w.attr("family", &IpFamily::of(&self.address));
        if self.prefix != 0 {
            w.attr("prefix", &self.prefix);
        }
        if let Some(peer) = &self.peer {
            w.attr("peer", peer);
        }
    }

    fn shape() -> &'static Shape {
        IpXml::shape()
    }
}

/// Only `ethernet` has addresses on the host's side, of which each must be one first.
pub(super) fn check_host_side(node: &Node<'_>) -> Result<()> {
    let Some(source) = node.child("source").filter(|_| node.attr("type") != Some("ethernet")) else {
        return Ok(());
    };
    let HostAddresses { ips, routes } = HostAddresses::parse(node)?;
    for route in &routes {
        route.validate("an interface").map_err(|err| err.domain(ErrorDomain::Network))?;
    }
    if ips.is_empty() && routes.is_empty() {
        return Ok(());
    }
    let text = "addresses and routes of the host's side are for type='ethernet' only";
    Err(source.error(ErrorCode::ConfigUnsupported, text))
}

impl XmlElement for IpAddress {
    const TAG: Tag = Tag::new("ip");
}
