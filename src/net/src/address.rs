//! The addresses of an interface.

use std::net::IpAddr;

use ipnet::IpNet;
use netlink_packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::io::Errno;

use crate::error::{Refusal, Result};
use crate::netlink::{Mode, Netlink};

/// `IFA_F_NODAD`: the address is used at once, without asking on the link whether someone else has it.
const NO_DUPLICATE_DETECTION: AddressHeaderFlags = AddressHeaderFlags::Nodad;

/// An address of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    /// The address itself with the length of its network's prefix.
    pub net: IpNet,
    /// The other end, on a link that has only one.
    pub peer: Option<IpAddr>,
}

impl From<IpNet> for Address {
    fn from(net: IpNet) -> Self {
        Self { net, peer: None }
    }
}

pub(crate) fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

fn message(link: u32, address: &Address) -> AddressMessage {
    let local = address.net.addr();
    let mut message = AddressMessage::default();
    message.header.family = family(local);
    message.header.prefix_len = address.net.prefix_len();
    message.header.index = link;
    message.attributes.push(AddressAttribute::Local(local));
    message.attributes.push(AddressAttribute::Address(address.peer.unwrap_or(local)));
    message
}

/// Adds an address. An IPv4 one gets its network's broadcast address; an IPv6 one is usable at once, because a bridge
/// without ports would wait for its detection of duplicates for ever. One that is there already is an error.
pub fn add(netlink: &Netlink, link: u32, address: Address) -> Result<()> {
    let mut message = message(link, &address);
    match address.net {
        IpNet::V4(net) if address.peer.is_none() && net.prefix_len() < 31 => {
            message.attributes.push(AddressAttribute::Broadcast(net.broadcast()));
        }
        IpNet::V4(_) => {}
        IpNet::V6(_) => message.header.flags = NO_DUPLICATE_DETECTION,
    }
    netlink
        .request(RouteNetlinkMessage::NewAddress(message), Mode::CreateNew)
        .map_err(|r| r.during(format!("give interface number {link} the address {}", address.net)))
}

/// Removes an address; that it is not there is a success.
pub fn remove(netlink: &Netlink, link: u32, address: Address) -> Result<()> {
    match netlink.request(RouteNetlinkMessage::DelAddress(message(link, &address)), Mode::Change) {
        Ok(()) | Err(Refusal { errno: Errno::ADDRNOTAVAIL, .. }) => Ok(()),
        Err(refusal) => {
            Err(refusal.during(format!("remove the address {} of interface number {link}", address.net)))
        }
    }
}

/// The addresses of one interface, IPv4 before IPv6.
pub fn list(netlink: &Netlink, link: u32) -> Result<Vec<Address>> {
    let mut query = AddressMessage::default();
    query.header.index = link;
    let answers = netlink
        .dump(RouteNetlinkMessage::GetAddress(query))
        .map_err(|r| r.during(format!("list the addresses of interface number {link}")))?;
    let mut addresses: Vec<_> = answers.iter().filter_map(|answer| read(answer, link)).collect();
    addresses.sort_by_key(|address| address.net.addr().is_ipv6());
    Ok(addresses)
}

fn read(message: &RouteNetlinkMessage, link: u32) -> Option<Address> {
    let RouteNetlinkMessage::NewAddress(message) = message else { return None };
    if message.header.index != link {
        return None;
    }
    let (mut local, mut address) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(ip) => local = Some(*ip),
            AddressAttribute::Address(ip) => address = Some(*ip),
            _ => {}
        }
    }
    // IPv6 leaves the local address out where there is no peer.
    let own = local.or(address)?;
    let net = IpNet::new(own, message.header.prefix_len).ok()?;
    Some(Address { net, peer: address.filter(|&peer| peer != own) })
}
