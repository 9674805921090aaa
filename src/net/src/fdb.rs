//! A bridge's forwarding table: which station is behind which port.

use netlink_packet_route::neighbour::{NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::io::Errno;

use crate::MacAddr;
use crate::error::{Refusal, Result};
use crate::netlink::{Mode, Netlink, Request};

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Learned from a frame; it ages, and moves with the next frame that arrives elsewhere.
    Learned,
    /// Put there by someone, and kept.
    Static,
    /// The address of a port itself: the host takes such frames.
    Local,
}

/// One line of a forwarding table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub mac: MacAddr,
    pub vlan: Option<u16>,
    /// The port, by index.
    pub port: u32,
    /// The bridge, by index; unknown for an interface's own filter.
    pub bridge: Option<u32>,
    pub kind: EntryKind,
}

impl Entry {
    /// Reads a neighbour message; `None` for one that is not about a bridge's table.
    pub(crate) fn from_message(message: &NeighbourMessage) -> Option<Self> {
        let header = &message.header;
        if header.family != AddressFamily::Bridge || header.flags.contains(NeighbourFlags::Own) {
            return None;
        }
        let kind = match header.state {
            NeighbourState::Permanent => EntryKind::Local,
            NeighbourState::Noarp => EntryKind::Static,
            _ => EntryKind::Learned,
        };
        let (mut mac, mut vlan, mut bridge) = (None, None, None);
        for attribute in &message.attributes {
            match attribute {
                NeighbourAttribute::LinkLocalAddress(bytes) => mac = MacAddr::from_slice(bytes),
                NeighbourAttribute::Vlan(id) => vlan = (*id != 0).then_some(*id),
                NeighbourAttribute::Controller(index) => bridge = Some(*index),
                _ => {}
            }
        }
        Some(Self { mac: mac?, vlan, port: header.ifindex, bridge, kind })
    }
}

fn message(port: u32, mac: Option<MacAddr>, vlan: Option<u16>) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = AddressFamily::Bridge;
    message.header.ifindex = port;
    message.attributes.extend(mac.map(|mac| NeighbourAttribute::LinkLocalAddress(mac.0.to_vec())));
    message.attributes.extend(vlan.map(NeighbourAttribute::Vlan));
    message
}

/// The message that puts a station behind a port, wherever the table had it before.
///
/// The state is "no ARP" and not "permanent": a permanent entry is a local one, whose frames the host keeps. And it
/// is sticky (kernel 4.20; older ones ignore the flag): a merely static one still moves to whatever port a frame with
/// that sender arrives at, so that a reflection of the guest's own broadcast on the uplink would cut it off.
pub(crate) fn put_request(port: u32, mac: MacAddr, vlan: Option<u16>) -> Request {
    let mut message = message(port, Some(mac), vlan);
    message.header.flags = NeighbourFlags::Controller | NeighbourFlags::Sticky;
    message.header.state = NeighbourState::Noarp;
    Request::new(RouteNetlinkMessage::NewNeighbour(message), Mode::CreateOrReplace)
}

/// The message that removes a station, if it is behind this very port.
pub(crate) fn remove_request(port: u32, mac: MacAddr, vlan: Option<u16>) -> Request {
    let mut message = message(port, Some(mac), vlan);
    message.header.flags = NeighbourFlags::Controller;
    Request::new(RouteNetlinkMessage::DelNeighbour(message), Mode::Change)
}

/// Puts a station behind a port, wherever the table had it before.
pub fn put(netlink: &Netlink, port: u32, mac: MacAddr, vlan: Option<u16>) -> Result<()> {
    let request = put_request(port, mac, vlan);
    netlink
        .request(request.message, request.mode)
        .map_err(|r| r.during(format!("put {mac} behind bridge port number {port}")))
}

/// Removes a station if it is behind this very port; that it is not is a success.
pub fn remove(netlink: &Netlink, port: u32, mac: MacAddr, vlan: Option<u16>) -> Result<()> {
    let request = remove_request(port, mac, vlan);
    match netlink.request(request.message, request.mode) {
        Ok(()) | Err(Refusal { errno: Errno::NOENT, .. }) => Ok(()),
        Err(refusal) => Err(refusal.during(format!("remove {mac} from bridge port number {port}"))),
    }
}

/// The table of one bridge.
pub fn list(netlink: &Netlink, bridge: u32) -> Result<Vec<Entry>> {
    let mut message = message(0, None, None);
    message.attributes.push(NeighbourAttribute::Controller(bridge));
    let answers = netlink
        .dump(RouteNetlinkMessage::GetNeighbour(message))
        .map_err(|r| r.during(format!("read the forwarding table of bridge number {bridge}")))?;
    let entries = answers.iter().filter_map(into_entry);
    // Kernels before 4.20 ignore the filter.
    Ok(entries.filter(|entry| entry.bridge == Some(bridge)).collect())
}

/// A bridge's entry for one station, if it has one.
pub fn get(netlink: &Netlink, bridge: u32, mac: MacAddr, vlan: Option<u16>) -> Result<Option<Entry>> {
    let mut message = message(0, Some(mac), vlan);
    message.attributes.push(NeighbourAttribute::Controller(bridge));
    let answer = netlink
        .get(RouteNetlinkMessage::GetNeighbour(message))
        .map_err(|r| r.during(format!("look up {mac} in bridge number {bridge}")))?;
    Ok(answer.as_ref().and_then(into_entry))
}

fn into_entry(message: &RouteNetlinkMessage) -> Option<Entry> {
    match message {
        RouteNetlinkMessage::NewNeighbour(message) => Entry::from_message(message),
        _ => None,
    }
}
