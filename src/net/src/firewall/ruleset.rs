//! A network's rules as text for `nft`: a value in, a text out.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::{Forward, NetworkFirewall};

/// Source ports where a network names none.
const UNPRIVILEGED: (u16, u16) = (1024, 65535);
/// Multicast that stays on its link, and the broadcast address: such frames leave with their own sender, or those who
/// await an answer do not know it.
const LOCAL_MULTICAST: &str = "224.0.0.0/24";
const LOCAL_MULTICAST_6: &str = "ff02::/16";
const BROADCAST: Ipv4Addr = Ipv4Addr::BROADCAST;

/// The rules of each chain, in order.
#[derive(Default)]
struct Chains {
    cross: Vec<String>,
    input: Vec<String>,
    output: Vec<String>,
    nat: Vec<String>,
}

/// The script that puts a network's table in place of the one that is there, if any; in one transaction, whether nft
/// reads it from a file or its standard input. An open network has no table.
pub fn ruleset(firewall: &NetworkFirewall) -> String {
    let table = firewall.table();
    let mut text = removal(&table);
    if firewall.forward == Forward::Open {
        return text;
    }
    let chains = chains(firewall);
    writeln!(text, "table inet {table} {{").expect("writing to a string");
    let jumps = ["guest_cross", "guest_input", "guest_output"].map(|chain| format!("counter jump {chain}"));
    chain(&mut text, "guest_cross", None, &chains.cross);
    chain(&mut text, "guest_input", None, &chains.input);
    chain(&mut text, "guest_output", None, &chains.output);
    chain(&mut text, "forward", Some("type filter hook forward priority filter; policy accept;"), &jumps);
    if !chains.nat.is_empty() {
        chain(
            &mut text,
            "guest_nat",
            Some("type nat hook postrouting priority srcnat; policy accept;"),
            &chains.nat,
        );
    }
    text.push_str("}\n");
    text
}

/// The script that removes a table, whether it is there or not: nft refuses to delete what is not there, so it is
/// made first.
pub fn removal(table: &str) -> String {
    format!("table inet {table}\ndelete table inet {table}\n")
}

/// How many rules a script or a listing of nft has.
pub fn count_rules(text: &str) -> usize {
    let rule = |line: &&str| line.contains("counter");
    text.lines().filter(rule).count()
}

fn chain(text: &mut String, name: &str, hook: Option<&str>, rules: &[String]) {
    writeln!(text, "\tchain {name} {{").expect("writing to a string");
    for line in hook.into_iter().chain(rules.iter().map(String::as_str)) {
        writeln!(text, "\t\t{line}").expect("writing to a string");
    }
    text.push_str("\t}\n");
}

fn chains(firewall: &NetworkFirewall) -> Chains {
    let mut chains = Chains::default();
    for net in &firewall.addresses {
        match &firewall.forward {
            Forward::Open | Forward::Isolated => {}
            Forward::Route { dev } => route(&mut chains, firewall, net, dev.as_deref()),
            Forward::Nat { dev, ipv6, addresses, ports } => {
                if matches!(net, IpNet::V4(_)) || *ipv6 {
                    allow(&mut chains, firewall, net, dev.as_deref(), "ct state established,related ");
                    masquerade(&mut chains, net, dev.as_deref(), *addresses, ports.unwrap_or(UNPRIVILEGED));
                } else {
                    route(&mut chains, firewall, net, dev.as_deref());
                }
            }
        }
    }
    let bridge = &firewall.bridge;
    let ipv6 =
        firewall.ipv6_between_guests || firewall.addresses.iter().any(|net| matches!(net, IpNet::V6(_)));
    for family in ["ipv4", "ipv6"].into_iter().take(if ipv6 { 2 } else { 1 }) {
        let family = format!("meta nfproto {family}");
        chains.cross.push(format!("{family} iifname \"{bridge}\" oifname \"{bridge}\" counter accept"));
        chains.input.push(format!("{family} oifname \"{bridge}\" counter reject"));
        chains.output.push(format!("{family} iifname \"{bridge}\" counter reject"));
    }
    chains
}

/// The keyword of a network's family, and the network without the host's own part.
fn names(net: &IpNet) -> (&'static str, IpNet) {
    (if matches!(net, IpNet::V4(_)) { "ip" } else { "ip6" }, net.trunc())
}

fn route(chains: &mut Chains, firewall: &NetworkFirewall, net: &IpNet, dev: Option<&str>) {
    allow(chains, firewall, net, dev, "");
}

/// Lets a network's own addresses out, and in what is for them, if it is in `state`.
fn allow(chains: &mut Chains, firewall: &NetworkFirewall, net: &IpNet, dev: Option<&str>, state: &str) {
    let (ip, net) = names(net);
    let bridge = &firewall.bridge;
    let from = dev.map(|dev| format!("iifname \"{dev}\" ")).unwrap_or_default();
    let to = dev.map(|dev| format!("oifname \"{dev}\" ")).unwrap_or_default();
    chains.output.push(format!("{ip} saddr {net} iifname \"{bridge}\" {to}counter accept"));
    chains.input.push(format!("{from}oifname \"{bridge}\" {ip} daddr {net} {state}counter accept"));
}

fn masquerade(
    chains: &mut Chains,
    net: &IpNet,
    dev: Option<&str>,
    addresses: Option<(IpAddr, IpAddr)>,
    (first, last): (u16, u16),
) {
    let is_ipv4 = matches!(net, IpNet::V4(_));
    let (ip, net) = names(net);
    let to = dev.map(|dev| format!("oifname \"{dev}\" ")).unwrap_or_default();
    let exempt = if is_ipv4 {
        vec![LOCAL_MULTICAST.to_owned(), format!("{BROADCAST}")]
    } else {
        vec![LOCAL_MULTICAST_6.to_owned()]
    };
    chains
        .nat
        .extend(exempt.iter().map(|there| format!("{to}{ip} saddr {net} {ip} daddr {there} counter return")));

    let addresses = addresses.filter(|(address, _)| address.is_ipv4() == is_ipv4);
    let colon_ports = if first == last { format!(":{first}") } else { format!(":{first}-{last}") };
    for protocol in [Some("tcp"), Some("udp"), None] {
        let l4 = protocol.map(|name| format!("meta l4proto {name} ")).unwrap_or_default();
        let ports = if protocol.is_some() { colon_ports.as_str() } else { "" };
        let action = match addresses {
            Some((from, until)) => format!("snat {ip} to {}{ports}", range(from, until)),
            None if ports.is_empty() => "masquerade".to_owned(),
            None => format!("masquerade to {ports}"),
        };
        chains.nat.push(format!("{l4}{ip} saddr {net} {ip} daddr != {net} {to}counter {action}"));
    }
}

/// A range of addresses; IPv6 ones in brackets, because ports may follow.
fn range(from: IpAddr, until: IpAddr) -> String {
    let one = |address: IpAddr| match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    if from == until { one(from) } else { format!("{}-{}", one(from), one(until)) }
}
