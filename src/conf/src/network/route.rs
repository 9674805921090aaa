//! `<route>`: a net that is reached through a guest.

use super::ip::prefix_len;
use super::{IpConfig, IpFamily};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::XmlElement;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A static route that the host gets with the network. Guests' interfaces have routes of the same form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "route")]
pub struct Route {
    #[xml(attr)]
    pub family: Option<IpFamily>,
    #[xml(attr, error = "XmlError@Network")]
    pub address: IpAddr,
    #[xml(attr, error = "XmlError@Network")]
    pub netmask: Option<IpAddr>,
    #[xml(attr)]
    pub prefix: Option<u32>,
    #[xml(attr, error = "XmlError@Network")]
    pub gateway: IpAddr,
    /// From 1.
    #[xml(attr)]
    pub metric: Option<std::num::NonZeroU32>,
}

impl Route {
    /// Where it leads.
    pub fn net(&self) -> Option<IpNet> {
        IpNet::new(self.address, prefix_len(self.address, self.netmask, self.prefix.unwrap_or(0))?).ok()
    }

    /// Refuses what contradicts; `place` names what the route is of, such as a network.
    pub fn validate(&self, place: &str) -> Result<()> {
        let (address, gateway) = (self.address, self.gateway);
        let refuse = |why: String| Err(Error::xml(format!("<route> to {address} of {place} {why}")));
        let v6 = self.family == Some(IpFamily::Ipv6);
        if address.is_ipv6() != v6 {
            return refuse(
                if v6 { "is not IPv6, as family='ipv6' says" } else { "needs family='ipv6'" }.into(),
            );
        }
        if gateway.is_ipv6() != v6 {
            return refuse(format!("has the gateway {gateway}, which is of another family"));
        }
        match self.netmask {
            Some(_) if v6 => return refuse("can't have a netmask, as it is IPv6; use 'prefix'".into()),
            Some(IpAddr::V6(mask)) => return refuse(format!("can't have an IPv6 netmask ({mask})")),
            Some(_) if self.prefix.is_some() => {
                return refuse("can't have both 'prefix' and 'netmask'".into());
            }
            _ => {}
        }
        let prefix = self.prefix.unwrap_or(0);
        if prefix > if v6 { 128 } else { 32 } {
            return refuse(format!("has the impossible prefix {prefix}"));
        }
        // Without a netmask, no prefix stands for 0 here: only the default route has neither.
        let masked = match self.netmask {
            Some(mask) => ipnet::ip_mask_to_prefix(mask).ok(),
            None => u8::try_from(prefix).ok(),
        };
        let net = masked.and_then(|prefix| IpNet::new(address, prefix).ok());
        if net.is_none_or(|net| net.network() != address) {
            return refuse(
                "does not name a network: bits of the address are set that the prefix leaves to hosts".into(),
            );
        }
        Ok(())
    }

    /// The gateway must be a neighbour on one of the network's own nets.
    pub(super) fn check_gateway(&self, network: &str, ips: &[IpConfig]) -> Result<()> {
        let near = ips.iter().filter_map(IpConfig::net).any(|net| net.contains(&self.gateway));
        if near {
            return Ok(());
        }
        Err(Error::config_unsupported(format!(
            "the gateway {} of the <route> to {} can't be reached: no <ip> of network '{network}' is in its net",
            self.gateway, self.address
        )))
    }
}
