//! `<dhcp>`: the addresses that a network gives out.

use super::IpConfig;
use crate::values::Mac;
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Ranges, reservations, and what to boot over the network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "dhcp")]
pub struct Dhcp {
    #[xml(child = "range")]
    pub ranges: Vec<DhcpRange>,
    #[xml(child = "host")]
    pub hosts: Vec<DhcpHost>,
    #[xml(child = "bootp")]
    pub bootp: Option<Bootp>,
}

/// Addresses from `start` to `end`, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "range")]
pub struct DhcpRange {
    #[xml(attr, error = "SystemError", domain = "None")]
    pub start: Option<IpAddr>,
    #[xml(attr, error = "SystemError", domain = "None")]
    pub end: Option<IpAddr>,
    #[xml(flatten = "lease")]
    pub lease: Option<LeaseTime>,
}

/// An address kept for one guest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "host")]
pub struct DhcpHost {
    /// As written: IPv4 only.
    #[xml(attr)]
    pub mac: Option<String>,
    /// A DHCPv6 unique id or a DHCPv4 client id: hexadecimal bytes with colons.
    #[xml(attr)]
    pub id: Option<String>,
    #[xml(attr)]
    pub name: Option<String>,
    #[xml(attr, domain = "Network")]
    pub ip: Option<IpAddr>,
    #[xml(flatten = "lease")]
    pub lease: Option<LeaseTime>,
}

/// How long a lease lasts; 0 is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct LeaseTime {
    #[xml(attr)]
    pub expiry: Option<u64>,
    #[xml(attr)]
    pub unit: Option<LeaseUnit>,
}

/// The unit of a lease time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum LeaseUnit {
    Seconds,
    #[default]
    Minutes,
    Hours,
}

/// The file that guests boot from, over TFTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "bootp")]
pub struct Bootp {
    #[xml(attr)]
    pub file: String,
    /// Where it is, if not on this host.
    #[xml(attr, error = "SystemError", domain = "None")]
    pub server: Option<IpAddr>,
}

/// How much of an entry must be there: all of it, or just enough to find one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    Whole,
    Pattern,
}

impl Dhcp {
    /// Whether there is nothing that a server would do.
    pub fn is_idle(&self) -> bool {
        self.ranges.is_empty() && self.hosts.is_empty()
    }

    pub(super) fn fill_defaults(&mut self, v4: bool) {
        if !v4 {
            self.bootp = None;
        }
        let ranges = self.ranges.iter_mut().map(|range| &mut range.lease);
        for lease in ranges.chain(self.hosts.iter_mut().map(|host| &mut host.lease)) {
            *lease = lease.and_then(LeaseTime::filled);
        }
    }

    pub(super) fn validate(&self, network: &str, ip: &IpConfig) -> Result<()> {
        self.ranges.iter().try_for_each(|range| range.validate(network, ip))?;
        self.hosts.iter().try_for_each(|host| host.validate(network, ip, Completeness::Whole))
    }
}

impl DhcpRange {
    /// Both ends. They are there, once validated.
    pub fn ends(&self) -> Option<(IpAddr, IpAddr)> {
        self.start.zip(self.end)
    }

    /// How many addresses are in it.
    pub fn len(&self) -> u64 {
        match self.ends() {
            Some((IpAddr::V4(start), IpAddr::V4(end))) => {
                (u64::from(u32::from(end)) + 1).saturating_sub(u64::from(u32::from(start)))
            }
            Some((IpAddr::V6(start), IpAddr::V6(end))) => {
                let (start, end) = (u128::from(start), u128::from(end));
                u64::try_from((end - start.min(end)).saturating_add(1)).unwrap_or(u64::MAX)
            }
            _ => 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses a range that is not one of this network's.
    pub fn validate(&self, network: &str, ip: &IpConfig) -> Result<()> {
        let absent = |name| Error::xml(format!("a DHCP <range> of network '{network}' lacks '{name}'"));
        let start = self.start.ok_or_else(|| absent("start"))?;
        let end = self.end.ok_or_else(|| absent("end"))?;
        check_lease(&self.lease)?;
        let refuse = |why: &str| {
            // Of addresses alone nobody is the owner.
            let text = format!("DHCP range {start} - {end} of network '{network}' {why}");
            Err(Error::internal(text).domain(ErrorDomain::None))
        };
        if start.is_ipv4() != end.is_ipv4() {
            return refuse("mixes IPv4 and IPv6");
        }
        if start.is_ipv4() != ip.address.is_ipv4() {
            return refuse(&format!("is not of the same family as the address {}", ip.address));
        }
        let Some(net) = ip.net() else { return refuse("is in a network whose netmask is not one") };
        if !net.contains(&start) || !net.contains(&end) {
            return refuse(&format!("is not within {}", net.trunc()));
        }
        if start.is_ipv4() && start == net.network() {
            return refuse(&format!("begins with the address of {} itself", net.trunc()));
        }
        if start.is_ipv4() && end == net.broadcast() {
            return refuse(&format!("ends with the broadcast address of {}", net.trunc()));
        }
        check_order(start, end).or_else(refuse)
    }
}

/// Whether two addresses of one family make a range of at most 65535 addresses.
pub(super) fn check_order(start: IpAddr, end: IpAddr) -> Result<(), &'static str> {
    let distance = match (start, end) {
        (IpAddr::V4(start), IpAddr::V4(end)) => u32::from(end).checked_sub(u32::from(start)).map(u128::from),
        (IpAddr::V6(start), IpAddr::V6(end)) => u128::from(end).checked_sub(u128::from(start)),
        _ => return Err("mixes IPv4 and IPv6"),
    };
    match distance {
        None => Err("is reversed"),
        Some(distance) if distance > 65535 => Err("is too large; 65536 addresses are the most"),
        Some(_) => Ok(()),
    }
}

impl DhcpHost {
    /// The MAC address, where it is one.
    pub fn mac(&self) -> Option<Mac> {
        self.mac.as_ref().and_then(|mac| mac.parse().ok())
    }

    pub fn validate(&self, network: &str, ip: &IpConfig, completeness: Completeness) -> Result<()> {
        let refuse = |why: String| Err(Error::xml(format!("a DHCP <host> of network '{network}' {why}")));
        if let Some(mac) = &self.mac {
            if ip.address.is_ipv6() {
                return refuse(format!(
                    "has MAC address '{mac}', but IPv6 hosts are told apart by 'id' or 'name'"
                ));
            }
            match mac.parse::<Mac>() {
                Err(_) => return refuse(format!("has '{mac}' as 'mac', which is not a MAC address")),
                Ok(parsed) if parsed.is_multicast() => {
                    return refuse(format!("has '{mac}' as 'mac', which is the address of a group"));
                }
                Ok(_) => {}
            }
        }
        if let Some(id) = &self.id
            && let Some(bad) = id.chars().find(|c| !c.is_ascii_hexdigit() && *c != ':')
        {
            return refuse(format!("has '{id}' as 'id', where '{bad}' must not occur"));
        }
        if let Some(name) = &self.name
            && !name.starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            return refuse(format!("has '{name}' as 'name', which must begin with a letter or digit"));
        }
        check_lease(&self.lease)?;
        let (mac, id, name) = (self.mac.is_some(), self.id.is_some(), self.name.is_some());
        match completeness {
            Completeness::Pattern if !(mac || name || self.ip.is_some()) => {
                refuse("must have at least one of 'mac', 'name' and 'ip'".into())
            }
            Completeness::Pattern => Ok(()),
            Completeness::Whole if ip.address.is_ipv6() && !(id || name) => {
                refuse("must have 'id' or 'name', as it is an IPv6 host".into())
            }
            Completeness::Whole if ip.address.is_ipv4() && !(mac || name) => {
                refuse("must have 'mac' or 'name'".into())
            }
            Completeness::Whole if self.ip.is_none() => refuse("lacks 'ip'".into()),
            Completeness::Whole => Ok(()),
        }
    }
}

impl LeaseTime {
    /// Without an expiry there is no lease time; for ever has no unit.
    pub(super) fn filled(self) -> Option<Self> {
        let expiry = self.expiry?;
        let unit = (expiry > 0).then(|| self.unit.unwrap_or_default());
        Some(Self { expiry: Some(expiry), unit })
    }
}

fn check_lease(lease: &Option<LeaseTime>) -> Result<()> {
    let Some(LeaseTime { expiry: Some(expiry), unit }) = *lease else { return Ok(()) };
    let seconds = match unit.unwrap_or_default() {
        LeaseUnit::Seconds => expiry,
        LeaseUnit::Minutes => expiry.saturating_mul(60),
        LeaseUnit::Hours => expiry.saturating_mul(3600),
    };
    match seconds {
        1..120 => Err(Error::config_unsupported(format!(
            "a DHCP lease of {seconds} s is too short; it must last two minutes or longer, or for ever (0)"
        ))),
        _ => Ok(()),
    }
}
