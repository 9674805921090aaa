//! Between the plan and the kernel: read what is, do what is planned.

use std::collections::{BTreeMap, BTreeSet};

use rustix::io::Errno;

use super::plan::{BridgeNow, Change, PortNow, Station};
use crate::bridge_port;
use crate::error::{Refusal, Result};
use crate::fdb;
use crate::link::{self, Link};
use crate::netlink::{Mode, Netlink, Request};
use netlink_packet_route::RouteNetlinkMessage;

/// The whole bridge: two dumps, whatever the number of ports.
pub fn read_bridge(netlink: &Netlink, bridge: &Link) -> Result<BridgeNow> {
    let ports = link::list_ports(netlink, None)?.iter().map(|link| (link.index, port_now(link))).collect();
    let stations = fdb::list(netlink, bridge.index)?;
    let stations = stations.into_iter().map(|e| ((e.mac, e.vlan), (e.port, e.kind))).collect();
    Ok(BridgeNow { index: bridge.index, vlan_filtering: bridge.vlan_filtering, ports, stations })
}

/// One port and the stations that matter to it: a look-up each.
pub fn read_port(
    netlink: &Netlink,
    bridge: u32,
    vlan_filtering: bool,
    port: u32,
    stations: &BTreeSet<Station>,
) -> Result<BridgeNow> {
    let mut now = BridgeNow { index: bridge, vlan_filtering, ..Default::default() };
    let Some(link) = link::lookup_index(netlink, port)? else { return Ok(now) };
    now.ports.insert(port, port_now(&link));
    for &(mac, vlan) in stations {
        if let Some(entry) = fdb::get(netlink, bridge, mac, vlan)? {
            now.stations.insert((mac, vlan), (entry.port, entry.kind));
        }
    }
    Ok(now)
}

/// A bridge of which nothing is known but that `port` exists: a plan from it sets everything.
pub fn assume_nothing(bridge: &Link, port: u32) -> BridgeNow {
    BridgeNow {
        index: bridge.index,
        vlan_filtering: bridge.vlan_filtering,
        ports: BTreeMap::from([(port, PortNow::default())]),
        ..Default::default()
    }
}

fn port_now(link: &Link) -> PortNow {
    PortNow { bridge: link.master, flags: link.port, up: link.up }
}

/// Takes all steps in one send, and those that switch ports on in a second one if nothing was refused.
pub fn apply(netlink: &Netlink, bridge: u32, changes: &[Change]) -> Result<()> {
    let (before, up): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| !matches!(change, Change::Up { .. }));
    send(netlink, bridge, &before)?;
    send(netlink, bridge, &up)
}

fn send(netlink: &Netlink, bridge: u32, changes: &[&Change]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let requests: Vec<_> = changes.iter().map(|change| request(bridge, change)).collect();
    let failures = netlink.batch(&requests);
    let fatal = failures.into_iter().find(|(position, refusal)| !tolerable(changes[*position], refusal));
    match fatal {
        Some((position, refusal)) => Err(refusal.during(describe(bridge, changes[position]))),
        None => Ok(()),
    }
}

/// What was to go and is gone is as it should be.
fn tolerable(change: &Change, refusal: &Refusal) -> bool {
    matches!(change, Change::Drop { .. } | Change::DropVlans { .. }) && refusal.errno == Errno::NOENT
}

fn request(bridge: u32, change: &Change) -> Request {
    match change {
        Change::Down { port } => updown(*port, false),
        Change::Up { port } => updown(*port, true),
        Change::Attach { port } => bridge_port::attach_request(*port, Some(bridge)),
        Change::DropVlans { port, vlans } => bridge_port::remove_vlans_request(*port, vlans),
        Change::Program { port, flags, vlans } => bridge_port::program_request(*port, Some(*flags), vlans),
        Change::Drop { port, station: (mac, vlan) } => fdb::remove_request(*port, *mac, *vlan),
        Change::Put { port, station: (mac, vlan) } => fdb::put_request(*port, *mac, *vlan),
    }
}

fn updown(port: u32, up: bool) -> Request {
    Request::new(RouteNetlinkMessage::SetLink(link::up_message(port, up)), Mode::Change)
}

fn describe(bridge: u32, change: &Change) -> String {
    match change {
        Change::Down { port } => format!("switch off bridge port number {port}"),
        Change::Up { port } => format!("switch on bridge port number {port}"),
        Change::Attach { port } => format!("attach interface number {port} to bridge number {bridge}"),
        Change::DropVlans { port, .. } => format!("take bridge port number {port} out of its VLANs"),
        Change::Program { port, .. } => format!("set flags and VLANs of bridge port number {port}"),
        Change::Drop { port, station: (mac, _) } => format!("remove {mac} from bridge port number {port}"),
        Change::Put { port, station: (mac, Some(vlan)) } => {
            format!("put {mac} of VLAN {vlan} behind bridge port number {port}")
        }
        Change::Put { port, station: (mac, None) } => format!("put {mac} behind bridge port number {port}"),
    }
}
