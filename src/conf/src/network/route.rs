//! `<route>`: a way to another network, of a network or an interface.

use std::net::IpAddr;

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Node, Shape, Tag, Writer, XmlContent, XmlElement, XmlEnum};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A route. How long the network's part is, is said by the prefix or, for IPv4, by the mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// None: IPv4.
    pub family: Option<IpFamily>,
    pub address: IpAddr,
    pub netmask: Option<IpAddr>,
    pub prefix: Option<u8>,
    pub gateway: IpAddr,
    /// From 1.
    pub metric: Option<u32>,
}

/// Which version of IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum IpFamily {
    #[xml(name = "ipv4")]
    V4,
    #[xml(name = "ipv6")]
    V6,
}

impl IpFamily {
    /// That of an address.
    pub fn of(address: &IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

impl Route {
    /// The network it leads to; without prefix and mask it is the default route.
    pub fn network(&self) -> Option<IpNet> {
        match (self.prefix, self.netmask) {
            (Some(prefix), _) => IpNet::new(self.address, prefix).ok(),
            (None, Some(mask)) => IpNet::with_netmask(self.address, mask).ok(),
            (None, None) => IpNet::new(self.address, 0).ok(),
        }
    }
}

#[derive(XmlElement)]
struct RouteXml {
    #[xml(attr)]
    family: Option<IpFamily>,
    #[xml(attr)]
    address: IpAddr,
    #[xml(attr)]
    netmask: Option<IpAddr>,
    #[xml(attr)]
    prefix: Option<u8>,
    #[xml(attr)]
    gateway: IpAddr,
    #[xml(attr)]
    metric: Option<std::num::NonZeroU32>,
}

impl XmlContent for Route {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let RouteXml { family, address, netmask, prefix, gateway, metric } = RouteXml::parse(node)?;
        let refuse = |text: String| Err(node.error(ErrorCode::XmlError, text));
        let wanted = family.unwrap_or(IpFamily::V4);
        let limit = if wanted == IpFamily::V4 { 32 } else { 128 };
        if let Some(wrong) = [address, gateway].iter().find(|ip| IpFamily::of(ip) != wanted) {
            return refuse(format!(
                "<route> is of the family '{wanted}', which '{wrong}' does not belong to"
            ));
        }
        if netmask.is_some() && (wanted == IpFamily::V6 || netmask.is_some_and(|mask| mask.is_ipv6())) {
            return refuse("'netmask' of <route> is for IPv4 only".into());
        }
        if netmask.is_some() && prefix.is_some() {
            return refuse("<route> takes a 'prefix' or a 'netmask', not both".into());
        }
        if prefix.is_some_and(|prefix| prefix > limit) {
            return refuse(format!("'prefix' of <route> can't be more than {limit}"));
        }
        let this =
            Self { family, address, netmask, prefix, gateway, metric: metric.map(|metric| metric.get()) };
        match this.network() {
            Some(network) if network.network() == address => Ok(this),
            _ => refuse(format!("'{address}' of <route> is not the address of a network")),
        }
    }

    fn write_attrs(&self, w: &mut Writer) {
        if let Some(family) = &self.family {
            w.attr("family", family);
        }
        w.attr("address", &self.address);
        if let Some(netmask) = &self.netmask {
            w.attr("netmask", netmask);
        }
        if let Some(prefix) = &self.prefix {
            w.attr("prefix", prefix);
        }
        w.attr("gateway", &self.gateway);
        if let Some(metric) = &self.metric {
            w.attr("metric", metric);
        }
    }

    fn shape() -> &'static Shape {
        RouteXml::shape()
    }
}

impl XmlElement for Route {
    const TAG: Tag = Tag::new("route");
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check_error, check_same};

    #[test]
    fn routes_print_back() {
        check_same::<Route>(
            "<route family='ipv4' address='192.168.222.0' prefix='24' gateway='192.168.122.10'/>",
        );
        check_same::<Route>(
            "<route address='10.0.0.0' netmask='255.0.0.0' gateway='192.168.1.1' metric='2'/>",
        );
        check_same::<Route>(
            "<route family='ipv6' address='2001:db8:ac10:fd01::' prefix='64' gateway='2001:db8::1'/>",
        );
        check_same::<Route>("<route address='0.0.0.0' gateway='192.168.122.1'/>");
    }

    #[test]
    fn routes_to_nowhere_are_refused() {
        for wrong in [
            "<route address='10.0.0.1' prefix='8' gateway='10.0.0.2'/>",
            "<route address='fe80::' prefix='64' gateway='fe80::1'/>",
            "<route family='ipv6' address='fe80::' prefix='129' gateway='fe80::1'/>",
            "<route address='10.0.0.0' prefix='8' netmask='255.0.0.0' gateway='10.0.0.2'/>",
            "<route address='10.0.0.0' gateway='10.0.0.2'/>",
            "<route address='10.0.0.0' prefix='8'/>",
        ] {
            check_error::<Route>(wrong, ErrorCode::XmlError);
        }
    }
}
