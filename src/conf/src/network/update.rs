//! Changing one part of a definition, as `virNetworkUpdate` asks for it: values in, values out.

use super::dhcp::Completeness::{self, Pattern, Whole};
use super::{
    Dhcp, DhcpHost, DhcpRange, DnsHost, DnsSrv, DnsTxt, ForwardInterface, IpConfig, Network, PortGroup,
};
use ferrovirt_core::abi::{
    VIR_NETWORK_SECTION_BRIDGE, VIR_NETWORK_SECTION_DNS_HOST, VIR_NETWORK_SECTION_DNS_SRV,
    VIR_NETWORK_SECTION_DNS_TXT, VIR_NETWORK_SECTION_DOMAIN, VIR_NETWORK_SECTION_FORWARD,
    VIR_NETWORK_SECTION_FORWARD_INTERFACE, VIR_NETWORK_SECTION_FORWARD_PF, VIR_NETWORK_SECTION_IP,
    VIR_NETWORK_SECTION_IP_DHCP_HOST, VIR_NETWORK_SECTION_IP_DHCP_RANGE, VIR_NETWORK_SECTION_PORTGROUP,
    VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST, VIR_NETWORK_UPDATE_COMMAND_ADD_LAST,
    VIR_NETWORK_UPDATE_COMMAND_DELETE, VIR_NETWORK_UPDATE_COMMAND_MODIFY,
};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Tag, XmlElement};

/// What to do with the element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Modify,
    Delete,
    AddLast,
    AddFirst,
}

use Command::*;

impl Command {
    fn from_number(number: u32) -> Result<Self> {
        match number {
            VIR_NETWORK_UPDATE_COMMAND_MODIFY => Ok(Modify),
            VIR_NETWORK_UPDATE_COMMAND_DELETE => Ok(Delete),
            VIR_NETWORK_UPDATE_COMMAND_ADD_LAST => Ok(AddLast),
            VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST => Ok(AddFirst),
            _ => Err(unsupported(format!("networks have no update command number {number}"))),
        }
    }

    fn adds(self) -> bool {
        matches!(self, AddLast | AddFirst)
    }

    /// Only what is added must be whole; the rest is looked for.
    fn completeness(self) -> Completeness {
        if self.adds() { Whole } else { Pattern }
    }

    /// Adds to the right end.
    fn insert<T>(self, list: &mut Vec<T>, entry: T) {
        let place = if self == AddFirst { 0 } else { list.len() };
        list.insert(place, entry);
    }
}

/// The element that a part which can be updated consists of.
fn element_of(section: u32) -> Option<Tag> {
    Some(match section {
        VIR_NETWORK_SECTION_IP_DHCP_HOST => DhcpHost::TAG,
        VIR_NETWORK_SECTION_IP_DHCP_RANGE => DhcpRange::TAG,
        VIR_NETWORK_SECTION_FORWARD_INTERFACE => ForwardInterface::TAG,
        VIR_NETWORK_SECTION_PORTGROUP => PortGroup::TAG,
        VIR_NETWORK_SECTION_DNS_HOST => DnsHost::TAG,
        VIR_NETWORK_SECTION_DNS_TXT => DnsTxt::TAG,
        VIR_NETWORK_SECTION_DNS_SRV => DnsSrv::TAG,
        _ => return None,
    })
}

impl Network {
    /// Changes one part; `command`, `section` are libvirt's numbers, `parent` says which `<ip>` is meant (-1: find it).
    /// Nothing is changed where an error is returned.
    pub fn update(&mut self, command: u32, section: u32, parent: i32, xml: &str) -> Result<()> {
        self.update_section(command, section, parent, xml).map_err(|err| err.or_domain(ErrorDomain::Network))
    }

    fn update_section(&mut self, command: u32, section: u32, parent: i32, xml: &str) -> Result<()> {
        let document = Document::parse(xml, "network_update_xml")?;
        let refuse = |what: &str| {
            Err(unsupported(format!(
                "the part {what} of network '{}' can't be updated; define it anew",
                self.name
            )))
        };
        // Records that can't be modified are not looked at for that.
        if (section, command) != (VIR_NETWORK_SECTION_DNS_SRV, VIR_NETWORK_UPDATE_COMMAND_MODIFY) {
            self.check_element(section, &document)?;
        }
        match section {
            VIR_NETWORK_SECTION_BRIDGE => refuse("<bridge>"),
            VIR_NETWORK_SECTION_DOMAIN => refuse("<domain>"),
            VIR_NETWORK_SECTION_IP => refuse("<ip>"),
            VIR_NETWORK_SECTION_FORWARD => refuse("<forward>"),
            VIR_NETWORK_SECTION_FORWARD_PF => refuse("<forward><pf>"),
            VIR_NETWORK_SECTION_IP_DHCP_HOST => self.update_dhcp_host(command, parent, &document),
            VIR_NETWORK_SECTION_IP_DHCP_RANGE => self.update_dhcp_range(command, parent, &document),
            VIR_NETWORK_SECTION_FORWARD_INTERFACE => {
                self.update_forward_interface(Command::from_number(command)?, &document)
            }
            VIR_NETWORK_SECTION_PORTGROUP => {
                self.update_port_group(Command::from_number(command)?, &document)
            }
            VIR_NETWORK_SECTION_DNS_HOST => self.update_dns_host(Command::from_number(command)?, &document),
            VIR_NETWORK_SECTION_DNS_TXT => self.update_dns_txt(Command::from_number(command)?, &document),
            VIR_NETWORK_SECTION_DNS_SRV => self.update_dns_srv(Command::from_number(command)?, &document),
            _ => Err(unsupported(format!("networks have no part number {section} to update"))),
        }
    }

    /// Refuses an element that is not one of those that the part consists of.
    fn check_element(&self, section: u32, document: &Document<'_>) -> Result<()> {
        let (root, wanted) = (document.root(), element_of(section));
        if wanted.is_none_or(|wanted| root.name() == wanted.name) {
            return Ok(());
        }
        let wanted = wanted.map_or("", |tag| tag.name);
        let text = format!("<{}> was given to update network '{}', not <{wanted}>", root.name(), self.name);
        Err(root.error(ErrorCode::XmlError, text).domain(ErrorDomain::Network))
    }

    fn update_dhcp_host(&mut self, command: u32, parent: i32, document: &Document<'_>) -> Result<()> {
        let index = self.dhcp_index(parent)?;
        let host: DhcpHost = document.read()?;
        let completeness = if command == VIR_NETWORK_UPDATE_COMMAND_DELETE { Pattern } else { Whole };
        host.validate(&self.name, &self.ips[index], completeness)?;
        if completeness == Whole
            && host.ip.is_some_and(|ip| ip.is_ipv4() != self.ips[index].address.is_ipv4())
        {
            return Err(invalid(self, format!("{} is not of the family of its <ip>", show(&host))));
        }
        let command = Command::from_number(command)?;
        let same = |other: &DhcpHost| {
            let mac = host.mac().is_some() && host.mac() == other.mac();
            mac || (host.ip.is_some() && host.ip == other.ip)
                || (host.name.is_some() && host.name == other.name)
        };
        // What a pattern does not mention may be anything; so may the MAC address of an entry that has none.
        let matches = |other: &DhcpHost| {
            (host.mac.is_none() || other.mac.is_none() || host.mac() == other.mac())
                && (host.name.is_none() || host.name == other.name)
                && (host.ip.is_none() || host.ip == other.ip)
        };
        let hosts = &self.ips[index].dhcp().hosts;
        let found = match command {
            Delete => hosts.iter().position(matches),
            _ => hosts.iter().position(same),
        };
        match (command, found) {
            (Modify | Delete, None) => {
                return Err(invalid(self, format!("there is no DHCP host like {}", show(&host))));
            }
            (AddLast | AddFirst, Some(found)) => {
                let text = format!("there is a DHCP host already that is like it: {}", show(&hosts[found]));
                return Err(invalid(self, text));
            }
            _ => {}
        }
        if command.adds() {
            self.check_single_dhcp(index)?;
        }
        let mut host = host;
        host.lease = host.lease.and_then(super::LeaseTime::filled);
        let hosts = &mut self.dhcp_mut(index).hosts;
        match found {
            Some(found) if command == Modify => hosts[found] = host,
            Some(found) => drop(hosts.remove(found)),
            None => command.insert(hosts, host),
        }
        self.tidy_dhcp(index);
        Ok(())
    }

    fn update_dhcp_range(&mut self, command: u32, parent: i32, document: &Document<'_>) -> Result<()> {
        let index = self.dhcp_index(parent)?;
        if command == VIR_NETWORK_UPDATE_COMMAND_MODIFY {
            return Err(unsupported(format!(
                "DHCP ranges of network '{}' can't be modified; delete one and add another",
                self.name
            )));
        }
        let mut range: DhcpRange = document.read()?;
        range.validate(&self.name, &self.ips[index])?;
        let command = Command::from_number(command)?;
        range.lease = range.lease.and_then(super::LeaseTime::filled);
        let found = self.ips[index].dhcp().ranges.iter().position(|other| other.ends() == range.ends());
        if command.adds() {
            self.check_single_dhcp(index)?;
        }
        let ranges = &mut self.dhcp_mut(index).ranges;
        let outcome = match found {
            Some(found) if command == Delete => {
                ranges.remove(found);
                Ok(())
            }
            Some(_) => Err("is there already"),
            None if command == Delete => Err("is not there"),
            None => {
                command.insert(ranges, range.clone());
                Ok(())
            }
        };
        self.tidy_dhcp(index);
        outcome.map_err(|why| {
            let (start, end) = range.ends().unzip();
            let show = |end: Option<std::net::IpAddr>| end.map(|end| end.to_string()).unwrap_or_default();
            invalid(self, format!("the DHCP range {} - {} {why}", show(start), show(end)))
        })
    }

    fn update_forward_interface(&mut self, command: Command, document: &Document<'_>) -> Result<()> {
        if command == Modify {
            return Err(unsupported(format!(
                "the <interface>s in <forward> of network '{}' can't be modified; delete one and add another",
                self.name
            )));
        }
        let ForwardInterface { dev, .. } =
            document.read().map_err(|err: Error| err.domain(ErrorDomain::Network))?;
        let interfaces = self.forward.as_ref().map_or(&[][..], |forward| &forward.interfaces);
        let found = interfaces.iter().position(|other| other.dev == dev);
        match found {
            None if command == Delete => {
                return Err(invalid(self, format!("it does not forward to the interface '{dev}'")));
            }
            Some(_) if command.adds() => {
                return Err(invalid(self, format!("it forwards to the interface '{dev}' already")));
            }
            Some(found) if interfaces[found].connections > 0 => {
                let text = format!(
                    "the interface '{dev}' is in use by {} guests; stop them first",
                    interfaces[found].connections
                );
                return Err(invalid(self, text));
            }
            _ => {}
        }
        let Some(forward) = &mut self.forward else {
            return Err(invalid(self, "it is isolated, so that there is nothing to forward to".into()));
        };
        match found {
            Some(found) => drop(forward.interfaces.remove(found)),
            None => command.insert(&mut forward.interfaces, ForwardInterface { dev, connections: 0 }),
        }
        forward.dev = forward.interfaces.first().map(|first| first.dev.clone());
        Ok(())
    }

    fn update_port_group(&mut self, command: Command, document: &Document<'_>) -> Result<()> {
        let mut group: PortGroup = document.read()?;
        group.validate()?;
        group.fill_defaults();
        let found = self.port_groups.iter().position(|other| other.name == group.name);
        let default = self.port_groups.iter().rposition(|other| other.is_default);
        match found {
            None if !command.adds() => {
                return Err(invalid(self, format!("there is no port group '{}'", group.name)));
            }
            Some(_) if command.adds() => {
                return Err(invalid(self, format!("there is a port group '{}' already", group.name)));
            }
            _ => {}
        }
        if command != Delete && group.is_default && default.is_some() && default != found {
            return Err(invalid(self, "another port group is the default one already".into()));
        }
        match found {
            Some(found) if command == Modify => self.port_groups[found] = group,
            Some(found) => drop(self.port_groups.remove(found)),
            None => command.insert(&mut self.port_groups, group),
        }
        Ok(())
    }

    fn update_dns_host(&mut self, command: Command, document: &Document<'_>) -> Result<()> {
        let host: DnsHost = document.read()?;
        host.validate(&self.name, command.completeness())?;
        let hosts = self.dns.as_ref().map_or(&[][..], |dns| &dns.hosts);
        // One name may have several addresses, so names count only where an entry is to go.
        let named = |other: &DnsHost| host.hostnames.iter().any(|name| other.hostnames.contains(name));
        let same_ip = |other: &DnsHost| host.ip.is_some() && host.ip == other.ip;
        let found = |other: &&DnsHost| same_ip(other) || (command == Delete && named(other));
        let place = hosts.iter().position(|other| found(&other));
        self.check_count(command, hosts.iter().filter(found).count(), "DNS host")?;
        let hosts = &mut self.dns.get_or_insert_default().hosts;
        match place {
            Some(place) if command == Modify => hosts[place] = host,
            Some(place) => drop(hosts.remove(place)),
            None => command.insert(hosts, host),
        }
        Ok(())
    }

    fn update_dns_srv(&mut self, command: Command, document: &Document<'_>) -> Result<()> {
        if command == Modify {
            return Err(unsupported(format!(
                "DNS SRV records of network '{}' can't be modified; delete one and add another",
                self.name
            )));
        }
        let mut srv: DnsSrv = document.read()?;
        srv.validate(&self.name, command.completeness())?;
        srv.fill_defaults();
        let fits = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        let matches = |other: &&DnsSrv| {
            fits(&srv.domain, &other.domain)
                && fits(&srv.service, &other.service)
                && fits(&srv.protocol, &other.protocol)
                && fits(&srv.target, &other.target)
        };
        let srvs = self.dns.as_ref().map_or(&[][..], |dns| &dns.srvs);
        let place = srvs.iter().position(|other| matches(&other));
        self.check_count(command, srvs.iter().filter(matches).count(), "DNS SRV record")?;
        let srvs = &mut self.dns.get_or_insert_default().srvs;
        match place {
            Some(place) => drop(srvs.remove(place)),
            None => command.insert(srvs, srv),
        }
        Ok(())
    }

    fn update_dns_txt(&mut self, command: Command, document: &Document<'_>) -> Result<()> {
        let txt: DnsTxt = document.read()?;
        txt.validate(&self.name, command.completeness())?;
        let txts = self.dns.as_ref().map_or(&[][..], |dns| &dns.txts);
        let place = txts.iter().position(|other| other.name == txt.name);
        self.check_count(command, usize::from(place.is_some()), "DNS TXT record")?;
        if command == Modify && txt.value.is_none() {
            return Err(invalid(self, format!("the DNS TXT record '{}' needs a value", txt.name)));
        }
        let txts = &mut self.dns.get_or_insert_default().txts;
        match place {
            Some(place) if command == Modify => txts[place].value = txt.value,
            Some(place) => drop(txts.remove(place)),
            None => command.insert(txts, txt),
        }
        Ok(())
    }

    /// What is added must not be there, what is changed must be there once.
    fn check_count(&self, command: Command, count: usize, what: &str) -> Result<()> {
        match count {
            0 if !command.adds() => Err(invalid(self, format!("there is no {what} like this"))),
            1.. if command.adds() => Err(invalid(self, format!("there is a {what} like this already"))),
            2.. => Err(invalid(
                self,
                format!("{count} {what}s are like this; say more to tell which one is meant"),
            )),
            _ => Ok(()),
        }
    }

    /// The `<ip>` that is meant: that of the index, or the one with DHCP, or the first (IPv4 before IPv6).
    fn dhcp_index(&self, parent: i32) -> Result<usize> {
        if let Ok(index) = usize::try_from(parent) {
            return match index < self.ips.len() {
                true => Ok(index),
                false => Err(invalid(self, format!("there is no <ip> with index {index}"))),
            };
        }
        let serving = self.ips.iter().position(|ip| !ip.dhcp().is_idle());
        let v4 = || self.ips.iter().position(|ip| ip.address.is_ipv4());
        let any = || (!self.ips.is_empty()).then_some(0);
        serving.or_else(v4).or_else(any).ok_or_else(|| invalid(self, "there is no <ip>".into()))
    }

    /// DHCP is served from one address of each family.
    fn check_single_dhcp(&self, index: usize) -> Result<()> {
        let v4 = self.ips[index].address.is_ipv4();
        let other = |(place, ip): (usize, &IpConfig)| {
            place != index && ip.address.is_ipv4() == v4 && !ip.dhcp().is_idle()
        };
        match self.ips.iter().enumerate().any(other) {
            true => {
                let family = if v4 { "IPv4" } else { "IPv6" };
                Err(invalid(
                    self,
                    format!("DHCP is served from another {family} address already, and only one can"),
                ))
            }
            false => Ok(()),
        }
    }

    fn dhcp_mut(&mut self, index: usize) -> &mut Dhcp {
        self.ips[index].dhcp.get_or_insert_default()
    }

    fn tidy_dhcp(&mut self, index: usize) {
        let dhcp = &mut self.ips[index].dhcp;
        *dhcp = dhcp.take().filter(|dhcp| *dhcp != Dhcp::default());
    }
}

fn show(host: &DhcpHost) -> String {
    let ip = host.ip.map(|ip| ip.to_string());
    let parts = [("mac", &host.mac), ("id", &host.id), ("name", &host.name), ("ip", &ip)];
    let given = parts.iter().filter_map(|(name, value)| Some(format!("{name}='{}'", value.as_ref()?)));
    given.collect::<Vec<_>>().join(" ")
}

fn invalid(network: &Network, why: String) -> Error {
    Error::operation_invalid(format!("network '{}' can't be updated: {why}", network.name))
}

fn unsupported(text: String) -> Error {
    Error::new(ErrorCode::OperationUnsupported, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::abi::VIR_NETWORK_UPDATE_COMMAND_DELETE;

    #[test]
    fn interfaces_can_not_be_modified_whatever_they_are() {
        let text =
            "<network><name>n</name><forward mode='passthrough'><interface dev='eth0'/></forward></network>";
        let mut network = Network::from_xml(text, false).unwrap();
        let mut code = |command, xml| {
            network.update(command, VIR_NETWORK_SECTION_FORWARD_INTERFACE, -1, xml).unwrap_err().code()
        };
        for xml in ["<interface/>", "<interface dev='eth0'/>"] {
            assert_eq!(code(VIR_NETWORK_UPDATE_COMMAND_MODIFY, xml), ErrorCode::OperationUnsupported);
        }
        assert_eq!(code(VIR_NETWORK_UPDATE_COMMAND_DELETE, "<interface/>"), ErrorCode::XmlError);
    }
}
