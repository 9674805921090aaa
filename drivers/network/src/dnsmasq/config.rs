//! What dnsmasq is told of a network: texts only, the same as libvirt writes.

use ferrovirt_conf::network::{Dhcp, DhcpHost, DnsSrv, ForwardMode, IpConfig, LeaseTime, LeaseUnit, Network};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::YesNo;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

/// The files that the configuration names.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    pub pid_file: Option<&'a Path>,
    pub dhcp_hosts: &'a Path,
    pub dns_hosts: &'a Path,
}

/// Whether the network needs a dnsmasq at all.
pub fn is_needed(network: &Network) -> bool {
    let serves = network.ips.iter().any(|ip| !ip.dhcp().is_idle() || ip.tftp_root.is_some());
    !network.ips.is_empty() && (serves || wants_dns(network))
}

fn wants_dns(network: &Network) -> bool {
    network.dns.as_ref().is_none_or(|dns| dns.is_enabled())
}

/// The text of the configuration file.
pub fn config(network: &Network, files: Files<'_>) -> Result<String> {
    let mut out = Lines(header(&network.name));
    let dns = wants_dns(network);
    out.line("strict-order");
    if !dns {
        out.line("port=0");
    }
    if dns {
        forwarders(&mut out, network);
    }
    if let Some(domain) = &network.domain
        && let Some(name) = &domain.name
    {
        if domain.local_only == Some(YesNo::Yes) {
            out.line(format_args!("local=/{name}/"));
        }
        out.line(format_args!("domain={name}"));
        out.line("expand-hosts");
    }
    if dns {
        local_pointers(&mut out, network)?;
        let plain = network.dns.as_ref().and_then(|dns| dns.forward_plain_names);
        if plain == Some(YesNo::No) {
            out.line("domain-needed");
            out.line("local=//");
        }
    }
    if let Some(path) = files.pid_file {
        out.line(format_args!("pid-file={}", path.display()));
    }
    listening(&mut out, network);
    if dns {
        records(&mut out, network);
    }
    serving(&mut out, network, files)?;
    let options = network.dnsmasq.iter().flat_map(|dnsmasq| &dnsmasq.options);
    for value in options.filter_map(|option| option.value.as_ref()) {
        out.line(value);
    }
    Ok(out.0)
}

struct Lines(String);

impl Lines {
    fn line(&mut self, line: impl std::fmt::Display) {
        // Writing to a string can't fail.
        let _ = writeln!(self.0, "{line}");
    }
}

fn header(name: &str) -> String {
    // A comment ends with its line, whatever the name holds.
    let name: String = name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    format!(
        "# This file is written when the network is started or changed; what is changed here by hand is lost.\n\
         # Use: virsh net-edit {name}, or another program that talks to libvirt.\n"
    )
}

fn forwarders(out: &mut Lines, network: &Network) {
    let forwarders = network.dns.as_ref().map_or(&[][..], |dns| &dns.forwarders);
    for forwarder in forwarders {
        let domain = forwarder.domain.as_ref().map(|domain| format!("/{domain}/")).unwrap_or_default();
        match forwarder.addr {
            Some(addr) => out.line(format_args!("server={domain}{addr}")),
            None => out.line(format_args!("server={domain}#")),
        }
    }
    // Who asks somebody else for everything must not ask those that the host asks.
    if forwarders.iter().any(|forwarder| forwarder.domain.is_none() && forwarder.addr.is_some()) {
        out.line("no-resolv");
    }
}

fn local_pointers(out: &mut Lines, network: &Network) -> Result<()> {
    for ip in network.ips.iter().filter(|ip| ip.local_ptr == Some(YesNo::Yes)) {
        let zone = reverse_zone(ip).ok_or_else(|| {
            Error::config_unsupported(format!(
                "localPtr='yes' needs a prefix at the border of a zone (8, 16, 24 or, for IPv6, a multiple of 4), \
                 which that of {} is not",
                ip.address
            ))
        })?;
        out.line(format_args!("local=/{zone}/"));
    }
    Ok(())
}

/// The zone that the addresses of a net are looked up in.
fn reverse_zone(ip: &IpConfig) -> Option<String> {
    let prefix = usize::from(ip.prefix_len()?);
    match ip.address {
        IpAddr::V4(address) => {
            let valid = prefix > 0 && prefix < 32 && prefix.is_multiple_of(8);
            let labels = address.octets().into_iter().take(prefix / 8).rev().map(|octet| format!("{octet}."));
            valid.then(|| labels.collect::<String>() + "in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let valid = prefix > 0 && prefix < 128 && prefix.is_multiple_of(4);
            let nibbles = address.octets().into_iter().flat_map(|octet| [octet >> 4, octet & 15]);
            let labels: Vec<String> = nibbles.take(prefix / 4).map(|nibble| format!("{nibble:x}.")).collect();
            valid.then(|| labels.into_iter().rev().collect::<String>() + "ip6.arpa")
        }
    }
}

fn listening(out: &mut Lines, network: &Network) {
    out.line("except-interface=lo");
    // With an interface and no address, queries that come in elsewhere are not answered (CVE-2012-3411).
    out.line("bind-dynamic");
    out.line(format_args!("interface={}", network.bridge_name().unwrap_or_default()));
    if network.mode() == ForwardMode::None {
        // Guests of an isolated network get no router, and no way out through the host's name servers.
        out.line("dhcp-option=3");
        out.line("no-resolv");
        out.line("ra-param=*,0,0");
    }
}

fn records(out: &mut Lines, network: &Network) {
    let Some(dns) = &network.dns else { return };
    for txt in &dns.txts {
        out.line(format_args!("txt-record={},{}", txt.name, txt.value.as_deref().unwrap_or_default()));
    }
    for srv in &dns.srvs {
        out.line(service(srv));
    }
}

fn service(srv: &DnsSrv) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut line = format!("srv-host=_{}._{}", text(&srv.service), text(&srv.protocol));
    if let Some(domain) = &srv.domain {
        line += &format!(".{domain}");
    }
    let Some(target) = srv.target.as_ref().filter(|target| *target != ".") else { return line };
    line += &format!(",{target}");
    // The numbers are told apart by their places: what comes before a given one has to be there.
    let (priority, weight) = (srv.priority.unwrap_or(0), srv.weight.unwrap_or(0));
    if srv.port.is_some() || priority > 0 || weight > 0 {
        line += &format!(",{}", srv.port.unwrap_or(1));
    }
    if priority > 0 || weight > 0 {
        line += &format!(",{priority}");
    }
    if weight > 0 {
        line += &format!(",{weight}");
    }
    line
}

fn serving(out: &mut Lines, network: &Network, files: Files<'_>) -> Result<()> {
    let served =
        |v4: bool| network.ips.iter().find(move |ip| ip.address.is_ipv4() == v4 && !ip.dhcp().is_idle());
    let (v4, v6) = (served(true), served(false));
    for (index, root) in network.ips.iter().filter_map(|ip| ip.tftp_root.as_ref()).enumerate() {
        if index == 0 {
            out.line("enable-tftp");
        }
        out.line(format_args!("tftp-root={root}"));
    }
    let mut leases = 0;
    for ip in [v4, v6].into_iter().flatten() {
        leases += dhcp(out, network, ip)?;
    }
    if leases > 0 {
        out.line(format_args!("dhcp-lease-max={leases}"));
    }
    if v4.is_some() || v6.is_some() {
        out.line(format_args!("dhcp-hostsfile={}", files.dhcp_hosts.display()));
    }
    if wants_dns(network) {
        out.line(format_args!("addn-hosts={}", files.dns_hosts.display()));
    }
    if let Some(mtu) = network.mtu {
        out.line(format_args!("dhcp-option=option:mtu,{mtu}"));
    }
    let unserved = network.ips.iter().filter(|ip| ip.address.is_ipv6() && ip.dhcp().is_idle());
    match v6 {
        Some(_) => {
            out.line("enable-ra");
            if unserved.count() > 0 {
                tracing::warn!(
                    network = network.name,
                    "guests get no addresses by themselves in the IPv6 nets without DHCP, as another net has it"
                );
            }
        }
        None => unserved.for_each(|ip| out.line(format_args!("dhcp-range={},ra-only", ip.address))),
    }
    Ok(())
}

/// Returns how many leases can be out at once.
fn dhcp(out: &mut Lines, network: &Network, ip: &IpConfig) -> Result<u64> {
    let net = ip.net().ok_or_else(|| {
        Error::internal(format!("the prefix of {} in network '{}' can't be told", ip.address, network.name))
    })?;
    let Dhcp { ranges, hosts, bootp } = ip.dhcp();
    for range in ranges {
        let Some((start, end)) = range.ends() else { continue };
        let size = match net.netmask() {
            IpAddr::V4(mask) => mask.to_string(),
            IpAddr::V6(_) => net.prefix_len().to_string(),
        };
        let lease = range.lease.map(|lease| format!(",{}", lease_time(lease))).unwrap_or_default();
        out.line(format_args!("dhcp-range={start},{end},{size}{lease}"));
    }
    if ranges.is_empty() && !hosts.is_empty() {
        // Without a range, DHCP has to be switched on for the hosts that are known.
        let prefix = if ip.address.is_ipv6() { format!(",{}", net.prefix_len()) } else { String::new() };
        out.line(format_args!("dhcp-range={},static{prefix}", ip.address));
    }
    if ip.address.is_ipv4() {
        out.line("dhcp-no-override");
        out.line("dhcp-authoritative");
        if let Some(bootp) = bootp {
            let server = bootp.server.map(|server| format!(",,{server}")).unwrap_or_default();
            out.line(format_args!("dhcp-boot={}{server}", bootp.file));
        }
    }
    Ok(ranges.iter().map(|range| range.len()).sum())
}

fn lease_time(lease: LeaseTime) -> String {
    match (lease.expiry.unwrap_or(0), lease.unit.unwrap_or_default()) {
        (0, _) => "infinite".into(),
        (expiry, LeaseUnit::Seconds) => format!("{expiry}s"),
        (expiry, LeaseUnit::Minutes) => format!("{expiry}m"),
        (expiry, LeaseUnit::Hours) => format!("{expiry}h"),
    }
}

/// The text of the file with the addresses that are kept for guests.
pub fn dhcp_hosts(network: &Network) -> String {
    let served =
        |v4: bool| network.ips.iter().find(move |ip| ip.address.is_ipv4() == v4 && !ip.dhcp().is_idle());
    let hosts = [served(true), served(false)].into_iter().flatten().flat_map(|ip| &ip.dhcp().hosts);
    hosts.filter_map(dhcp_host).map(|line| line + "\n").collect()
}

fn dhcp_host(host: &DhcpHost) -> Option<String> {
    let ip = host.ip?;
    let mut parts: Vec<String> = Vec::new();
    if ip.is_ipv6() {
        parts.extend(host.id.as_ref().map(|id| format!("id:{id}")));
        parts.extend(host.name.clone());
        parts.push(format!("[{ip}]"));
    } else if let Some(mac) = &host.mac {
        parts.extend([mac.clone(), ip.to_string()]);
        parts.extend(host.name.clone());
    } else {
        parts.extend(host.name.clone());
        parts.push(ip.to_string());
    }
    parts.extend(host.lease.map(lease_time));
    Some(parts.join(","))
}

/// The text of the file with the names that DNS knows: a line an address, all its names on it.
pub fn dns_hosts(network: &Network) -> String {
    let mut lines: Vec<(IpAddr, String)> = Vec::new();
    for host in network.dns.iter().flat_map(|dns| &dns.hosts) {
        let Some(ip) = host.ip else { continue };
        let names: String = host.hostnames.iter().map(|name| format!("{name}\t")).collect();
        match lines.iter_mut().find(|(other, _)| *other == ip) {
            Some((_, line)) => line.push_str(&names),
            None => lines.push((ip, names)),
        }
    }
    lines.into_iter().map(|(ip, names)| format!("{ip}\t{names}\n")).collect()
}
