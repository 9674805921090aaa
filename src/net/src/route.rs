//! Routes: add and list them, and find those that a new network's addresses would clash with.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::io::Errno;

use crate::address::family;
use crate::error::{Refusal, Result};
use crate::netlink::{Mode, Netlink};

/// A route of the main table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Where it leads; the default route has prefix length 0.
    pub to: IpNet,
    pub gateway: Option<IpAddr>,
    /// The interface, by index.
    pub link: Option<u32>,
    pub metric: Option<u32>,
}

fn message(route: &Route) -> RouteMessage {
    let mut message = RouteMessage::default();
    let header = &mut message.header;
    header.address_family = family(route.to.addr());
    header.destination_prefix_length = route.to.prefix_len();
    header.table = RouteHeader::RT_TABLE_MAIN;
    header.protocol = RouteProtocol::Static;
    header.scope = if route.gateway.is_some() { RouteScope::Universe } else { RouteScope::Link };
    header.kind = RouteType::Unicast;
    let ip = |ip| match ip {
        IpAddr::V4(ip) => RouteAddress::Inet(ip),
        IpAddr::V6(ip) => RouteAddress::Inet6(ip),
    };
    message.attributes.push(RouteAttribute::Destination(ip(route.to.network())));
    message.attributes.extend(route.gateway.map(|gateway| RouteAttribute::Gateway(ip(gateway))));
    message.attributes.extend(route.link.map(RouteAttribute::Oif));
    message.attributes.extend(route.metric.map(RouteAttribute::Priority));
    message
}

/// Adds a route. One that is there already is an error.
pub fn add(netlink: &Netlink, route: &Route) -> Result<()> {
    netlink
        .request(RouteNetlinkMessage::NewRoute(message(route)), Mode::CreateNew)
        .map_err(|r| r.during(format!("add a route to {}", route.to)))
}

/// Removes a route; that it is not there is a success.
pub fn remove(netlink: &Netlink, route: &Route) -> Result<()> {
    match netlink.request(RouteNetlinkMessage::DelRoute(message(route)), Mode::Change) {
        Ok(()) | Err(Refusal { errno: Errno::SRCH, .. }) => Ok(()),
        Err(refusal) => Err(refusal.during(format!("remove the route to {}", route.to))),
    }
}

/// The unicast routes of the main table, both families.
pub fn list(netlink: &Netlink) -> Result<Vec<Route>> {
    let mut routes = Vec::new();
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut query = RouteMessage::default();
        query.header.address_family = family;
        let answers = netlink
            .dump(RouteNetlinkMessage::GetRoute(query))
            .map_err(|r| r.during("list the host's routes"))?;
        routes.extend(answers.iter().filter_map(read));
    }
    Ok(routes)
}

fn read(message: &RouteNetlinkMessage) -> Option<Route> {
    let RouteNetlinkMessage::NewRoute(message) = message else { return None };
    let header = &message.header;
    let ours = header.table == RouteHeader::RT_TABLE_MAIN && header.kind == RouteType::Unicast;
    if !ours {
        return None;
    }
    let length = header.destination_prefix_length;
    let mut to = match header.address_family {
        AddressFamily::Inet => IpNet::V4(Ipv4Net::default()),
        AddressFamily::Inet6 => IpNet::V6(Ipv6Net::default()),
        _ => return None,
    };
    let (mut gateway, mut link, mut metric) = (None, None, None);
    let ip = |address: &RouteAddress| match address {
        RouteAddress::Inet(ip) => Some(IpAddr::V4(*ip)),
        RouteAddress::Inet6(ip) => Some(IpAddr::V6(*ip)),
        _ => None,
    };
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(address) => to = IpNet::new(ip(address)?, length).ok()?,
            RouteAttribute::Gateway(address) => gateway = ip(address),
            RouteAttribute::Oif(index) => link = Some(*index),
            RouteAttribute::Priority(value) => metric = Some(*value),
            _ => {}
        }
    }
    Some(Route { to, gateway, link, metric })
}

/// The first route whose network is part of one of `nets`, or the other way round: a new network there would cut the
/// host off from something. Default routes and `except` (the network's own bridge) do not count, and neither does
/// IPv6's link-local network, which every interface has.
pub fn clash(routes: &[Route], nets: &[IpNet], except: Option<u32>) -> Option<(Route, IpNet)> {
    let counts = |route: &&Route| {
        let link_local = matches!(route.to, IpNet::V6(net) if net.network().is_unicast_link_local());
        route.to.prefix_len() > 0 && !link_local && (except.is_none() || route.link != except)
    };
    routes.iter().filter(counts).find_map(|route| {
        let hit = nets.iter().find(|net| net.contains(&route.to) || route.to.contains(*net));
        hit.map(|net| (*route, *net))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(to: &str, link: u32) -> Route {
        Route { to: to.parse().unwrap(), gateway: None, link: Some(link), metric: None }
    }

    #[test]
    fn networks_that_contain_one_another_clash() {
        let routes = [route("0.0.0.0/0", 2), route("192.168.122.0/24", 3), route("fe80::/64", 2)];
        let nets = |text: &str| vec![text.parse::<IpNet>().unwrap()];
        for net in ["192.168.122.1/24", "192.168.0.1/16", "192.168.122.129/25"] {
            assert_eq!(clash(&routes, &nets(net), None).unwrap().0, routes[1], "{net}");
            assert_eq!(clash(&routes, &nets(net), Some(3)), None, "{net}");
        }
        for net in ["192.168.123.1/24", "fe80::1/64", "2001:db8::1/64"] {
            assert_eq!(clash(&routes, &nets(net), None), None, "{net}");
        }
    }
}
