//! `<dns>`: what a network's name server answers.

use super::dhcp::Completeness;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A network's name server: where it asks, and records of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "dns")]
pub struct Dns {
    #[xml(attr)]
    pub enable: Option<YesNo>,
    /// Whether names without a dot are asked for elsewhere.
    #[xml(attr = "forwardPlainNames")]
    pub forward_plain_names: Option<YesNo>,
    #[xml(child = "forwarder")]
    pub forwarders: Vec<DnsForwarder>,
    #[xml(child = "txt")]
    pub txts: Vec<DnsTxt>,
    #[xml(child = "srv")]
    pub srvs: Vec<DnsSrv>,
    #[xml(child = "host")]
    pub hosts: Vec<DnsHost>,
}

/// Where names (of one domain) are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "forwarder")]
pub struct DnsForwarder {
    #[xml(attr)]
    pub domain: Option<String>,
    /// Without it, the domain is asked for as the host does.
    #[xml(attr)]
    pub addr: Option<IpAddr>,
}

/// A TXT record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "txt")]
pub struct DnsTxt {
    #[xml(attr, error = "XmlDetail")]
    pub name: String,
    #[xml(attr)]
    pub value: Option<String>,
}

/// An SRV record: where a service is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "srv")]
pub struct DnsSrv {
    #[xml(attr)]
    pub service: Option<String>,
    #[xml(attr)]
    pub protocol: Option<String>,
    #[xml(attr)]
    pub domain: Option<String>,
    #[xml(attr)]
    pub target: Option<String>,
    #[xml(attr, error = "XmlDetail")]
    pub port: Option<u16>,
    #[xml(attr, error = "XmlDetail")]
    pub priority: Option<u16>,
    #[xml(attr, error = "XmlDetail")]
    pub weight: Option<u16>,
}

/// Names for an address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "host")]
pub struct DnsHost {
    #[xml(attr, error = "XmlDetail")]
    pub ip: Option<IpAddr>,
    #[xml(value = "hostname")]
    pub hostnames: Vec<String>,
}

impl Dns {
    /// Whether it serves at all.
    pub fn is_enabled(&self) -> bool {
        self.enable != Some(YesNo::No)
    }

    pub(super) fn fill_defaults(&mut self) {
        self.srvs.iter_mut().for_each(DnsSrv::fill_defaults);
    }

    pub(super) fn validate(&self, network: &str) -> Result<()> {
        if self.forwarders.iter().any(|forwarder| forwarder.addr.is_none() && forwarder.domain.is_none()) {
            return Err(Error::xml(format!(
                "a DNS <forwarder> of network '{network}' needs 'addr', 'domain', or both"
            )));
        }
        self.hosts.iter().try_for_each(|host| host.validate(network, Completeness::Whole))?;
        self.srvs.iter().try_for_each(|srv| srv.validate(network, Completeness::Whole))?;
        self.txts.iter().try_for_each(|txt| txt.validate(network, Completeness::Whole))?;
        let empty = self.forwarders.is_empty()
            && self.hosts.is_empty()
            && self.srvs.is_empty()
            && self.txts.is_empty();
        if !self.is_enabled() && !empty {
            return Err(Error::xml(format!(
                "<dns enable='no'> of network '{network}' must be empty: nobody would serve what is in it"
            )));
        }
        Ok(())
    }
}

impl DnsHost {
    pub fn validate(&self, network: &str, completeness: Completeness) -> Result<()> {
        let refuse = |why| Err(detail(format!("a DNS <host> of network '{network}' {why}")));
        match completeness {
            Completeness::Whole if self.hostnames.is_empty() => refuse("lacks a <hostname>"),
            Completeness::Whole if self.ip.is_none() => refuse("lacks 'ip'"),
            Completeness::Pattern if self.ip.is_none() && self.hostnames.is_empty() => {
                refuse("must have 'ip' or a <hostname>")
            }
            _ => Ok(()),
        }
    }
}

impl DnsTxt {
    pub fn validate(&self, network: &str, completeness: Completeness) -> Result<()> {
        let name = &self.name;
        if name.contains([' ', ',']) {
            return Err(detail(format!(
                "the DNS <txt> '{name}' of network '{network}' must not have blanks and commas"
            )));
        }
        if completeness == Completeness::Whole && self.value.is_none() {
            return Err(detail(format!("the DNS <txt> '{name}' of network '{network}' lacks 'value'")));
        }
        Ok(())
    }
}

impl DnsSrv {
    /// Bytes that a record may have.
    const LONGEST: usize = 512 - 30;

    /// Zero stands for "not said" where libvirt prints nothing.
    pub(super) fn fill_defaults(&mut self) {
        self.priority = self.priority.filter(|number| *number > 0);
        self.weight = self.weight.filter(|number| *number > 0);
    }

    pub fn validate(&self, network: &str, completeness: Completeness) -> Result<()> {
        let name = self.service.as_deref().unwrap_or("?");
        let refuse =
            |why: String| Err(detail(format!("the DNS <srv> '{name}' of network '{network}' {why}")));
        let whole = completeness == Completeness::Whole;
        match &self.service {
            None if whole => return refuse("lacks 'service'".into()),
            Some(service) if service.len() > Self::LONGEST => {
                return refuse(format!("has a name of more than {} bytes", Self::LONGEST));
            }
            Some(service) if !is_made_of(service, "_-+/*") => {
                return refuse(
                    "has a name with forbidden characters (letters, digits and _-+/* are fine)".into(),
                );
            }
            _ => {}
        }
        match &self.protocol {
            None if whole => return refuse("lacks 'protocol'".into()),
            Some(protocol) if !is_made_of(protocol, "-+/") => {
                return refuse(format!("has '{protocol}' as 'protocol' (letters, digits and -+/ are fine)"));
            }
            _ => {}
        }
        for (attribute, value) in [("port", self.port), ("priority", self.priority), ("weight", self.weight)]
        {
            if value.is_some() && self.target.is_none() {
                return refuse(format!("can't have '{attribute}' without 'target'"));
            }
        }
        if self.port == Some(0) {
            return refuse("has port 0; ports are 1 to 65535".into());
        }
        Ok(())
    }
}

fn is_made_of(text: &str, others: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn detail(text: String) -> Error {
    Error::new(ErrorCode::XmlDetail, text)
}
