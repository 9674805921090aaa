//! A guest's place in the host's networks: ports on virtual networks, taps, bridges, and their way back.

use crate::driver::{Links, Shared};
use crate::status::{Status, StatusPort};
use ferrovirt_conf::domain::{
    ActualConnection, ActualInterface, Connection, Domain, Interface, LinkState, MacTableManager,
};
use ferrovirt_conf::network::{Bandwidth, BandwidthRate, NetworkPort, PortOwner, PortPlug, Vlan};
use ferrovirt_conf::values::Mac;
use ferrovirt_core::{Error, NetworkId, NetworkPortId, Result};
use ferrovirt_net::bridge_port::{PortVlans, VlanRange};
use ferrovirt_net::mac_table::PortSpec;
use ferrovirt_net::qos::{self, Rate, Shaping};
use ferrovirt_net::tap::{self, TapOptions};
use ferrovirt_net::{MacAddr, bridge, bridge_port, link};
use ferrovirt_xml::YesNo;
use parking_lot::Mutex;
use std::os::fd::OwnedFd;
use uuid::Uuid;

/// The descriptors of each interface's tap, one a queue, in the order of the interfaces; none where there is no tap.
pub type Taps = Vec<Vec<OwnedFd>>;

/// What a guest's interfaces hold on the host.
#[derive(Default)]
pub struct Plugs(Mutex<Held>);

#[derive(Default)]
struct Held {
    plugs: Vec<Plug>,
    /// Everything has been given back, and what comes later has to be at once.
    over: bool,
}

/// What one interface holds.
#[derive(Default)]
pub struct Plug {
    pub tap: Option<String>,
    /// Its number, which no other interface gets; not known of taps of an earlier process.
    pub index: Option<u32>,
    /// The tap is in the MAC table.
    pub managed: bool,
    pub port: Option<NetworkPortId>,
}

impl Plugs {
    /// Gives everything back. What fails is only logged: the rest must go on.
    pub fn release(&self, shared: &Shared) {
        let plugs = {
            let mut held = self.0.lock();
            held.over = true;
            std::mem::take(&mut held.plugs)
        };
        give_back(shared, &plugs);
    }

    /// Gives back what the interface with this tap holds.
    pub fn release_one(&self, shared: &Shared, tap: &str) {
        let plug = {
            let plugs = &mut self.0.lock().plugs;
            let at = plugs.iter().position(|plug| plug.tap.as_deref() == Some(tap));
            at.map(|at| plugs.remove(at))
        };
        give_back(shared, plug.as_slice());
    }

    /// What another process has to know to give it back.
    pub fn for_status(&self) -> Vec<StatusPort> {
        let held = self.0.lock();
        let of_networks = held.plugs.iter().filter_map(|plug| {
            let port = plug.port.as_ref()?;
            Some(StatusPort {
                network: port.network.name.to_string(),
                network_uuid: port.network.uuid,
                uuid: port.uuid,
                tap: plug.tap.clone().unwrap_or_default(),
            })
        });
        of_networks.collect()
    }

    /// Takes over what `other` holds. If the guest has ended meanwhile, it is given back.
    pub fn absorb(&self, shared: &Shared, other: Plugs) {
        let mut plugs = other.0.into_inner().plugs;
        let mut held = self.0.lock();
        if !held.over {
            held.plugs.append(&mut plugs);
        }
        drop(held);
        give_back(shared, &plugs);
    }

    /// Holds one thing more.
    pub fn hold(&self, plug: Plug) {
        self.0.lock().plugs.push(plug);
    }

    /// Gives the interface with this tap the network port that `other` holds; `other` has the old one then.
    pub fn exchange_port(&self, tap: &str, managed: bool, other: &Plugs) {
        let (mut held, mut other) = (self.0.lock(), other.0.lock());
        let mine = held.plugs.iter_mut().find(|plug| plug.tap.as_deref() == Some(tap));
        if let (Some(mine), Some(other)) = (mine, other.plugs.first_mut()) {
            mine.managed = managed;
            std::mem::swap(&mut mine.port, &mut other.port);
        }
    }
}

fn give_back(shared: &Shared, plugs: &[Plug]) {
    let taps: Vec<&str> = plugs.iter().filter_map(|plug| plug.tap.as_deref()).collect();
    if !taps.is_empty()
        && let Err(err) = remove(shared, plugs, &taps)
    {
        tracing::warn!(%err, ?taps, "taps of an ended guest were left behind");
    }
    for port in plugs.iter().filter_map(|plug| plug.port.as_ref()) {
        if let Err(err) = shared.network.network_port_delete(port, 0) {
            tracing::warn!(%err, network = %port.network.name, port = %port.uuid, "a network's port was left behind");
        }
    }
}

/// Taps go with QEMU, but not while a child that is just being started has copies of their descriptors. Those that are
/// still there are removed together, which costs only once.
fn remove(shared: &Shared, plugs: &[Plug], taps: &[&str]) -> Result<()> {
    let links = shared.links()?;
    let removed = links.mac_table.remove(taps)?;
    let rest = plugs.iter().filter_map(|plug| plug.index).filter(|index| !removed.contains(index));
    Ok(link::delete_all(&links.netlink, &rest.collect::<Vec<_>>())?)
}

/// Plugs all interfaces of a guest in, and puts what they turned out to be into its description.
pub fn plug_in(shared: &Shared, model: &mut Domain, plugs: &Plugs) -> Result<Taps> {
    let owner = PortOwner { name: model.name.clone(), uuid: model.uuid.unwrap_or_default() };
    let mut taps = Taps::new();
    for interface in &mut model.devices.interfaces {
        taps.push(plug_one(shared, &owner, interface, plugs)?);
    }
    Ok(taps)
}

/// Plugs one interface in; the descriptors of its tap come back.
pub fn plug_one(
    shared: &Shared,
    owner: &PortOwner,
    interface: &mut Interface,
    plugs: &Plugs,
) -> Result<Vec<OwnedFd>> {
    let mut plug = Plug::default();
    let outcome = plug_into(shared, owner, interface, &mut plug);
    // Kept also on failure: whoever holds the plugs gives everything back.
    plugs.hold(plug);
    outcome
}

fn plug_into(
    shared: &Shared,
    owner: &PortOwner,
    interface: &mut Interface,
    plug: &mut Plug,
) -> Result<Vec<OwnedFd>> {
    join(shared, owner, interface, plug)?;
    let (bridge, managed) = match &interface.connection {
        Connection::Network(port) => (port.bridge.clone(), port.mac_table_manager),
        Connection::Bridge(port) => (Some(port.bridge.clone()), port.mac_table_manager),
        Connection::Ethernet(_) => (None, None),
        Connection::User { .. } | Connection::Null => return Ok(Vec::new()),
        Connection::Server(_) | Connection::Client(_) | Connection::Multicast(_) | Connection::Udp(_) => {
            return Ok(Vec::new());
        }
        other => {
            return Err(Error::config_unsupported(format!(
                "this driver can't plug in interfaces of type '{}' yet",
                other.kind()
            )));
        }
    };
    plug.managed = managed == Some(MacTableManager::Libvirt);
    make_tap(shared.links()?, interface, bridge.as_deref(), plug)
}

/// Gets an interface that is on a network its port there, and puts what it turned out to be into its description.
pub fn join(shared: &Shared, owner: &PortOwner, interface: &mut Interface, plug: &mut Plug) -> Result<()> {
    if let Connection::Network(wanted) = &interface.connection {
        let network = shared.network.network_lookup_by_name(&wanted.network)?;
        let (id, port) = allocate(shared, &network, owner, interface, wanted.port_group.clone())?;
        plug.port = Some(id);
        let actual = actual(&network, port)?;
        if let Connection::Network(wanted) = &mut interface.connection {
            wanted.port_id = plug.port.as_ref().map(|port| port.uuid);
        }
        // The network decides, which the port knows but the published interface does not say.
        interface.trust_guest_rx_filters = actual.trust_guest_rx_filters.or(interface.trust_guest_rx_filters);
        interface.actual = Some(Box::new(actual));
        interface.publish_actual();
    }
    Ok(())
}

/// Asks the network for a port.
fn allocate(
    shared: &Shared,
    network: &NetworkId,
    owner: &PortOwner,
    interface: &Interface,
    group: Option<String>,
) -> Result<(NetworkPortId, NetworkPort)> {
    let wanted = NetworkPort {
        uuid: Uuid::new_v4(),
        owner: owner.clone(),
        group,
        mac: mac_of(interface)?,
        virtual_port: interface.virtual_port.clone(),
        bandwidth: interface.bandwidth,
        vlan: interface.vlan.clone(),
        isolated: interface.isolated,
        trust_guest_rx_filters: interface.trust_guest_rx_filters,
        plug: None,
    };
    let id = shared.network.network_port_create_xml(network, &wanted.to_xml(), 0)?;
    let made = shared
        .network
        .network_port_get_xml_desc(&id, 0)
        .and_then(|xml| NetworkPort::from_xml(&xml, false))
        .inspect_err(|_| {
            // The port is of no use to us; that it can't be given back either is not what the caller must hear.
            let _ = shared.network.network_port_delete(&id, 0);
        })?;
    Ok((id, made))
}

fn mac_of(interface: &Interface) -> Result<Mac> {
    interface
        .mac_address()
        .ok_or_else(|| Error::internal("an interface has no MAC address by the time it starts"))
}

/// What the network made of an interface.
fn actual(network: &NetworkId, port: NetworkPort) -> Result<ActualInterface> {
    let connection = match port.plug {
        Some(PortPlug::Network { bridge, mac_table_manager }) => {
            ActualConnection::Network { bridge: Some(bridge), mac_table_manager }
        }
        Some(PortPlug::Bridge { bridge, mac_table_manager }) => {
            ActualConnection::Bridge { bridge, mac_table_manager }
        }
        Some(PortPlug::Direct { dev, mode }) => ActualConnection::Direct { dev: Some(dev), mode },
        Some(PortPlug::HostdevPci { .. }) => {
            return Err(Error::config_unsupported(format!(
                "network '{}' hands out PCI devices, which this driver can't plug in yet",
                network.name
            )));
        }
        Some(PortPlug::None) | None => {
            return Err(Error::internal(format!("network '{}' gave a port without a plug", network.name)));
        }
    };
    Ok(ActualInterface {
        connection,
        trust_guest_rx_filters: port.trust_guest_rx_filters,
        class_id: port.bandwidth.and_then(|limits| limits.class_id).unwrap_or(0),
        vlan: port.vlan,
        virtual_port: port.virtual_port,
        bandwidth: port.bandwidth,
        isolated: port.isolated,
    })
}

/// Makes the interface's tap and puts it on its bridge.
fn make_tap(
    links: &Links,
    interface: &mut Interface,
    bridge: Option<&str>,
    plug: &mut Plug,
) -> Result<Vec<OwnedFd>> {
    let mac = mac_of(interface)?;
    let name = interface.target.dev.clone().unwrap_or_else(|| "vnet%d".into());
    let queues = interface.driver.as_ref().map_or(1, |driver| driver.queues);
    let options = TapOptions {
        queues: usize::try_from(queues).unwrap_or(1).max(1),
        vnet_hdr: interface.is_virtio(),
        mac: Some(MacAddr(mac.0).for_host_side()),
        mtu: (interface.mtu > 0).then_some(interface.mtu),
        ..TapOptions::new(name)
    };
    if interface.target.managed == Some(YesNo::No) {
        let tap = tap::open_existing(&links.netlink, &options)?;
        return Ok(tap.queues);
    }
    let tap = tap::create(&links.netlink, &options)?;
    (plug.tap, plug.index) = (Some(tap.name.clone()), Some(tap.index));
    interface.target.dev = Some(tap.name.clone());
    let shaping = limits(interface.actual_bandwidth());
    if shaping != Shaping::default() {
        qos::set(&links.netlink, tap.index, &shaping)?;
    }
    let link_up = interface.link_state != Some(LinkState::Down);
    match bridge {
        Some(bridge) if plug.managed => {
            links.mac_table.plug(&port_spec(interface, bridge, &tap.name, mac, link_up))?;
        }
        Some(name) => {
            let bridge = bridge::find(&links.netlink, name)?;
            let flags = bridge_port::PortFlags { isolated: interface.is_isolated(), ..Default::default() };
            let vlans = vlans(interface.actual_vlan());
            bridge_port::attach(&links.netlink, tap.index, bridge.index, flags, &vlans)?;
            link::set_up(&links.netlink, tap.index, link_up)?;
        }
        None => link::set_up(&links.netlink, tap.index, link_up)?,
    }
    Ok(tap.queues)
}

/// The limits of an interface's tap.
pub fn limits(bandwidth: Option<&Bandwidth>) -> Shaping {
    let rate = |rate: Option<BandwidthRate>| {
        let rate = rate?;
        // What is only guaranteed is the network's business.
        Some(Rate { average: rate.average.filter(|rate| *rate > 0)?, peak: rate.peak, burst: rate.burst })
    };
    let of = |pick: fn(&Bandwidth) -> Option<BandwidthRate>| rate(bandwidth.and_then(pick));
    Shaping::of_tap(of(|limits| limits.inbound), of(|limits| limits.outbound))
}

/// The interface's port as the MAC table is to keep it.
pub fn port_spec(interface: &Interface, bridge: &str, tap: &str, mac: Mac, link_up: bool) -> PortSpec {
    PortSpec {
        isolated: interface.is_isolated(),
        vlans: vlans(interface.actual_vlan()),
        link_up,
        trust_guest: interface.trusts_guest_rx_filters(),
        ..PortSpec::new(bridge, tap, MacAddr(mac.0))
    }
}

fn vlans(vlan: Option<&Vlan>) -> PortVlans {
    let Some(vlan) = vlan else { return PortVlans::default() };
    let ids = || vlan.tags.iter().filter_map(|tag| Some((tag, u16::try_from(tag.id).ok()?)));
    if vlan.trunk != Some(YesNo::Yes) {
        return PortVlans { untagged: ids().next().map(|(_, id)| id), tagged: Vec::new() };
    }
    let native = vlan.native().and_then(|tag| u16::try_from(tag.id).ok());
    let tagged = ids().filter(|(_, id)| Some(*id) != native).map(|(_, id)| VlanRange { first: id, last: id });
    PortVlans { untagged: native, tagged: tagged.collect() }
}

/// Takes over what a guest of an earlier process holds: its taps are managed ports again.
pub fn take_over(shared: &Shared, status: &Status) -> Plugs {
    let plugs = leftovers(status);
    for interface in &status.domain.devices.interfaces {
        if let Err(err) = manage_again(shared, interface) {
            let tap = interface.target.dev.as_deref().unwrap_or_default();
            tracing::warn!(%err, tap, "the port of a guest that was found again can't be managed");
        }
    }
    plugs
}

fn manage_again(shared: &Shared, interface: &Interface) -> Result<()> {
    let (bridge, manager) = match &interface.connection {
        Connection::Network(port) => (port.bridge.as_deref(), port.mac_table_manager),
        Connection::Bridge(port) => (Some(&*port.bridge), port.mac_table_manager),
        _ => return Ok(()),
    };
    let (Some(bridge), Some(tap), Some(MacTableManager::Libvirt)) = (bridge, &interface.target.dev, manager)
    else {
        return Ok(());
    };
    let link_up = interface.link_state != Some(LinkState::Down);
    let spec = port_spec(interface, bridge, tap, mac_of(interface)?, link_up);
    Ok(shared.links()?.mac_table.plug(&spec)?)
}

/// What the guest of a status file held.
pub fn leftovers(status: &Status) -> Plugs {
    let with_tap = status.domain.devices.interfaces.iter().filter_map(|interface| {
        let tap = interface.target.dev.clone()?;
        let port = status.ports.iter().find(|port| port.tap == tap);
        let manager = match &interface.connection {
            Connection::Network(port) => port.mac_table_manager,
            Connection::Bridge(port) => port.mac_table_manager,
            Connection::Ethernet(_) => None,
            _ => return None,
        };
        (interface.target.managed != Some(YesNo::No)).then(|| Plug {
            index: None,
            managed: manager == Some(MacTableManager::Libvirt),
            port: port.map(port_id),
            tap: Some(tap),
        })
    });
    Plugs(Mutex::new(Held { plugs: with_tap.collect(), over: false }))
}

fn port_id(port: &StatusPort) -> NetworkPortId {
    let network = NetworkId { name: port.network.as_str().into(), uuid: port.network_uuid };
    NetworkPortId { network, uuid: port.uuid }
}
