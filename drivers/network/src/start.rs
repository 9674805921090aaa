//! Putting a network up, step by step; if a step fails, all before it are undone.

use crate::driver::NetworkState;
use crate::network::Live;
use crate::stop::forget_ports;
use crate::undo::{self, Undo};
use crate::{dnsmasq, firewall, pool, resolved, routes, status};
use ferrovirt_conf::network::{Bandwidth, BandwidthRate, ForwardMode, IpConfig, MacTableManager, Network};
use ferrovirt_core::{Error, Result, persist};
use ferrovirt_net::bridge::{self, BridgeOptions};
use ferrovirt_net::qos::{self, Rate, Shaping};
use ferrovirt_net::{MacAddr, address, link, sysctl};
use ipnet::IpNet;
use rustix::io::Errno;
use std::io;

/// Puts a network up and returns it as it is on the host. The caller holds the network's job.
pub fn start(state: &NetworkState, definition: &Network) -> Result<Network> {
    let mut network = definition.inactive();
    let name = definition.name.as_str();
    let paths = &state.paths;
    let mut undo = Undo::default();
    forget_ports(paths, name)?;
    match network.mode() {
        mode if mode.owns_bridge() => put_up(state, definition, &mut undo)?,
        ForwardMode::Bridge if network.bridge_name().is_some() => {
            borrow_bridge(state, definition, &mut undo)?
        }
        _ => pool::fill(&mut network)?,
    }
    let live = Live::new(network.clone());
    undo.push("the status file", || persist::remove(&paths.status(name)));
    status::save(paths, &live)?;
    undo.keep();
    // From here on the status file says that all is there; should this fail, the next open sees that.
    if let Err(err) = persist::remove(&paths.pending(name)) {
        tracing::warn!(network = name, %err, "a note of the network's start is left behind");
    }
    Ok(network)
}

/// A bridge of the network's own, with all that is on it.
fn put_up<'a>(state: &'a NetworkState, network: &'a Network, undo: &mut Undo<'a>) -> Result<()> {
    let (netlink, paths) = (state.netlink()?, &state.paths);
    let bridge = network.bridge_name().ok_or_else(|| {
        Error::internal(format!("network '{}' has no name for its bridge; define it anew", network.name))
    })?;
    routes::check_clash(netlink, network)?;
    if link::lookup(netlink, bridge)?.is_some() {
        let what = format!("cannot make the bridge '{bridge}' of network '{}'", network.name);
        return Err(Error::system(io::Error::from(Errno::EXIST), what));
    }
    undo.push("the note of the start", || persist::remove(&paths.pending(&network.name)));
    status::save_pending(paths, &Live::new(network.clone()))?;

    let made = bridge::create(netlink, bridge, &options(network))?;
    undo.push("the bridge", move || Ok(bridge::delete(netlink, bridge)?));
    let nets: Vec<IpNet> = network.ips.iter().filter_map(IpConfig::net).collect();
    if nets.len() < network.ips.len() {
        return Err(Error::internal(format!(
            "the prefix of an <ip> of network '{}' can't be told",
            network.name
        )));
    }
    sysctl::set_ipv6(bridge, sysctl::Ipv6Settings::of_network(&nets))?;

    let rules = firewall::of(network);
    let release = rules.clone();
    undo.push("the firewall", move || Ok(state.firewall.release(&release)?));
    state.firewall.keep(&rules)?;

    for net in nets {
        address::add(netlink, made.index, net.into())?;
    }
    limit(state, network, made.index)?;
    link::set_up(netlink, made.index, true)?;
    routes::add(netlink, network, made.index);
    if network.mode() != ForwardMode::None {
        routes::enable_forwarding(network)?;
    }

    undo.push("dnsmasq", || {
        let mut failures = Vec::new();
        match dnsmasq::stop(paths, &network.name) {
            Ok(process) => failures.extend(process.and_then(|process| dnsmasq::wait(&process).err())),
            Err(err) => failures.push(err),
        }
        failures.extend(dnsmasq::remove_files(paths, &network.name));
        undo::combine(failures)
    });
    dnsmasq::start(paths, network)?;
    resolved::register(network)
}

fn options(network: &Network) -> BridgeOptions {
    let bridge = network.bridge.clone().unwrap_or_default();
    BridgeOptions {
        stp: bridge.stp.map(bool::from),
        forward_delay: bridge.delay.map(|delay| u32::try_from(delay).unwrap_or(u32::MAX)),
        mac: network.mac.map(|mac| MacAddr(mac.0)),
        mtu: network.mtu,
        vlan_filtering: bridge.mac_table_manager == Some(MacTableManager::Libvirt),
        ..Default::default()
    }
}

/// The network's limits. Where there are none, the queue that they need is free for repairing DHCP's checksums.
fn limit(state: &NetworkState, network: &Network, bridge: u32) -> Result<()> {
    let netlink = state.netlink()?;
    match &network.bandwidth {
        Some(bandwidth) => qos::set(netlink, bridge, &shaping(bandwidth))?,
        None if network.ips.iter().any(|ip| ip.address.is_ipv4() && !ip.dhcp().is_idle()) => {
            qos::fix_dhcp_checksums(netlink, bridge)?;
        }
        None => {}
    }
    Ok(())
}

fn shaping(bandwidth: &Bandwidth) -> Shaping {
    let rate =
        |rate: BandwidthRate| Rate { average: rate.average.unwrap_or(0), peak: rate.peak, burst: rate.burst };
    Shaping::of_bridge(bandwidth.inbound.map(rate), bandwidth.outbound.map(rate))
}

/// A bridge of the host: only limits and the forwarding table are the network's business.
fn borrow_bridge<'a>(state: &'a NetworkState, network: &'a Network, undo: &mut Undo<'a>) -> Result<()> {
    let managed = network.mac_table_manager() == Some(MacTableManager::Libvirt);
    if network.bandwidth.is_none() && !managed {
        return Ok(());
    }
    let netlink = state.netlink()?;
    let bridge = bridge::find(netlink, network.bridge_name().unwrap_or_default())?;
    if let Some(bandwidth) = &network.bandwidth {
        undo.push("the bandwidth limits", move || Ok(qos::clear(netlink, bridge.index)?));
        qos::set(netlink, bridge.index, &shaping(bandwidth))?;
    }
    if managed {
        bridge::set_vlan_filtering(netlink, bridge.index, true)?;
    }
    Ok(())
}
