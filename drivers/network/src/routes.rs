//! A network's nets beside the routes that the host has.

use ferrovirt_conf::network::{IpConfig, Network};
use ferrovirt_core::{Error, Result};
use ferrovirt_net::{Netlink, link, route, sysctl};
use ipnet::IpNet;

/// Refuses a network whose nets or routes the host reaches otherwise already. As in libvirt, that is so where an IPv4
/// route is to the very same net; one that is part of the other is only warned of, as VPNs do that on purpose.
pub fn check_clash(netlink: &Netlink, network: &Network) -> Result<()> {
    let nets: Vec<IpNet> = network.ips.iter().filter_map(IpConfig::net).map(|net| net.trunc()).collect();
    let own_routes: Vec<IpNet> = network.routes.iter().filter_map(|route| route.net()).collect();
    if nets.is_empty() && own_routes.is_empty() {
        return Ok(());
    }
    let routes = route::list(netlink)?;
    let same = |nets: &[IpNet]| {
        routes.iter().find(|route| route.to.addr().is_ipv4() && nets.contains(&route.to.trunc()))
    };
    for (found, what) in [(same(&nets), "<ip>"), (same(&own_routes), "<route>")] {
        if let Some(found) = found {
            return Err(Error::internal(format!(
                "Network is already in use by interface {}: its route to {} is the {what} of network '{}'; \
                 choose another net",
                device(netlink, found.link),
                found.to,
                network.name
            )));
        }
    }
    if let Some((found, net)) = route::clash(&routes, &nets, None) {
        tracing::warn!(
            network = network.name,
            %net,
            route = %found.to,
            interface = device(netlink, found.link),
            "the network's addresses overlap with a route of the host"
        );
    }
    Ok(())
}

fn device(netlink: &Netlink, index: Option<u32>) -> String {
    let link = index.and_then(|index| link::lookup_index(netlink, index).ok().flatten());
    link.map_or_else(|| "(unknown)".into(), |link| link.name)
}

/// Adds the network's routes. One that can't be added does not keep the network from starting, as in libvirt.
pub fn add(netlink: &Netlink, network: &Network, bridge: u32) {
    for wanted in &network.routes {
        let Some(to) = wanted.net() else { continue };
        let metric = wanted.metric.map(|metric| metric.get());
        let route = route::Route { to, gateway: Some(wanted.gateway), link: Some(bridge), metric };
        if let Err(err) = route::add(netlink, &route) {
            tracing::warn!(network = network.name, %err, "a route of the network could not be added");
        }
    }
}

/// Makes the host a router for the families that the network has; refused where the host would lose its own routes.
pub fn enable_forwarding(network: &Network) -> Result<()> {
    let has = |v4: bool| network.ips.iter().any(|ip| ip.address.is_ipv4() == v4);
    if has(false) {
        let losing = sysctl::forwarding_would_drop_routes_of(&announced_interfaces());
        if !losing.is_empty() {
            return Err(Error::internal(format!(
                "forwarding IPv6 would make the host lose the routes that it takes from routers on {}; set accept_ra \
                 to 2 there, or give network '{}' no IPv6 address",
                losing.join(", "),
                network.name
            )));
        }
    }
    Ok(sysctl::enable_forwarding(has(true), has(false))?)
}

/// The interfaces with IPv6 routes that the kernel has taken from routers' announcements.
fn announced_interfaces() -> Vec<String> {
    /// `RTF_ADDRCONF`, which netlink does not tell.
    const FROM_ANNOUNCEMENT: u32 = 0x0004_0000;
    // Where there is no IPv6 there is no such file, and nothing to lose.
    let text = std::fs::read_to_string("/proc/thread-self/net/ipv6_route").unwrap_or_default();
    let interface = |line: &str| {
        let mut words = line.split_ascii_whitespace().rev();
        let (name, flags) = (words.next()?, words.next()?);
        let flags = u32::from_str_radix(flags, 16).ok()?;
        (flags & FROM_ANNOUNCEMENT != 0).then(|| name.to_owned())
    };
    let mut names: Vec<String> = text.lines().filter_map(interface).collect();
    names.sort();
    names.dedup();
    names
}
