//! `<ip>`: an address of a network's bridge, and what is served from it.

use super::Dhcp;
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};

/// An address with its net, DHCP and TFTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "ip", block)]
pub struct IpConfig {
    #[xml(attr, ignore = "empty")]
    pub family: Option<IpFamily>,
    #[xml(attr)]
    pub address: IpAddr,
    /// IPv4 only, instead of `prefix`.
    #[xml(attr, ignore = "empty")]
    pub netmask: Option<IpAddr>,
    #[xml(attr)]
    pub prefix: Option<u32>,
    /// Whether reverse look-ups for the net are answered here only.
    #[xml(attr = "localPtr")]
    pub local_ptr: Option<YesNo>,
    /// The folder that is served over TFTP.
    #[xml(attr = "tftp/@root")]
    pub tftp_root: Option<String>,
    #[xml(child, skip_if = "nothing_served")]
    pub dhcp: Option<Dhcp>,
}

/// `family`: what addresses an element holds; IPv4 where it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum IpFamily {
    Ipv4,
    Ipv6,
}

impl IpFamily {
    /// That of an address.
    pub fn of(address: &IpAddr) -> Self {
        if address.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }
}

fn nothing_served(dhcp: &Option<Dhcp>) -> bool {
    dhcp.as_ref().is_none_or(Dhcp::is_idle)
}

impl IpConfig {
    /// The prefix length: given, or from the netmask, or that of the address's class. `None` where it can't be told.
    pub fn prefix_len(&self) -> Option<u8> {
        prefix_len(self.address, self.netmask, self.prefix.unwrap_or(0))
    }

    /// The address with its prefix.
    pub fn net(&self) -> Option<IpNet> {
        IpNet::new(self.address, self.prefix_len()?).ok()
    }

    /// Ranges and hosts, none where there is no `<dhcp>`.
    pub fn dhcp(&self) -> &Dhcp {
        static NONE: Dhcp = Dhcp { ranges: Vec::new(), hosts: Vec::new(), bootp: None };
        self.dhcp.as_ref().unwrap_or(&NONE)
    }

    pub(super) fn fill_defaults(&mut self) {
        self.prefix = self.prefix.filter(|prefix| *prefix > 0);
        self.tftp_root = self.tftp_root.take().filter(|root| !root.is_empty());
        if let Some(dhcp) = &mut self.dhcp {
            dhcp.fill_defaults(self.address.is_ipv4());
        }
        self.dhcp = self.dhcp.take().filter(|dhcp| *dhcp != Dhcp::default());
    }

    pub(super) fn validate(&self, network: &str) -> Result<()> {
        let address = self.address;
        let refuse = |why: String| {
            Err(Error::config_unsupported(format!("<ip> {address} of network '{network}' {why}")))
        };
        let v6 = self.family == Some(IpFamily::Ipv6);
        if v6 != address.is_ipv6() {
            return refuse(match v6 {
                true => "is not an IPv6 address, as family='ipv6' says".into(),
                false => "needs family='ipv6'".into(),
            });
        }
        match self.netmask {
            Some(_) if v6 => return refuse("can't have a netmask, as it is IPv6; use 'prefix'".into()),
            Some(IpAddr::V6(mask)) => return refuse(format!("can't have an IPv6 netmask ({mask})")),
            Some(_) if self.prefix.is_some_and(|prefix| prefix > 0) => {
                return refuse("can't have both 'prefix' and 'netmask'".into());
            }
            _ => {}
        }
        if let Some(prefix) = self.prefix.filter(|prefix| *prefix > if v6 { 128 } else { 32 }) {
            return refuse(format!("has the impossible prefix {prefix}"));
        }
        if v6 && self.tftp_root.is_some() {
            return refuse("can't have <tftp>, as it is IPv6".into());
        }
        self.dhcp().validate(network, self)
    }
}

/// As libvirt decides it: a prefix, else a netmask, else the old classes of IPv4 and 64 for IPv6.
pub(super) fn prefix_len(address: IpAddr, netmask: Option<IpAddr>, prefix: u32) -> Option<u8> {
    if prefix > 0 {
        return u8::try_from(prefix).ok();
    }
    match (netmask, address) {
        (Some(IpAddr::V4(mask)), _) => ipnet::ip_mask_to_prefix(mask.into()).ok(),
        (Some(IpAddr::V6(_)), _) => None,
        (None, IpAddr::V4(address)) => natural_prefix(address),
        (None, IpAddr::V6(address)) => Some(if address.is_unspecified() { 0 } else { 64 }),
    }
}

fn natural_prefix(address: Ipv4Addr) -> Option<u8> {
    match address.octets()[0] {
        _ if address.is_unspecified() => Some(0),
        0..128 => Some(8),
        128..192 => Some(16),
        192..224 => Some(24),
        _ => None,
    }
}
