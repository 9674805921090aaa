//! Ports: one guest's interface each, given its place in the network.

use crate::driver::NetworkState;
use crate::network::{Live, VirtualNetwork};
use crate::status;
use ferrovirt_conf::network::{
    Bandwidth, BandwidthRate, ForwardMode, MacvtapMode, Network, NetworkPort, PortPlug, VirtualPort,
    VirtualPortType,
};
use ferrovirt_core::abi::{
    VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE, VIR_NETWORK_PORT_BANDWIDTH_IN_BURST,
    VIR_NETWORK_PORT_BANDWIDTH_IN_FLOOR, VIR_NETWORK_PORT_BANDWIDTH_IN_PEAK,
    VIR_NETWORK_PORT_BANDWIDTH_OUT_AVERAGE, VIR_NETWORK_PORT_BANDWIDTH_OUT_BURST,
    VIR_NETWORK_PORT_BANDWIDTH_OUT_PEAK, VIR_NETWORK_PORT_CREATE_RECLAIM, VIR_NETWORK_PORT_CREATE_VALIDATE,
};
use ferrovirt_core::{
    Error, ErrorCode, KnownParam, NetworkId, NetworkPortId, Result, TypedParams, TypedValue, persist,
};
use ferrovirt_xml::YesNo;
use std::sync::Arc;
use uuid::Uuid;

/// Makes a port, or takes note again of one that a guest has kept (`RECLAIM`).
pub fn create(state: &NetworkState, id: &NetworkId, xml: &str, flags: u32) -> Result<NetworkPortId> {
    let network = state.find(id)?;
    let mut port = NetworkPort::from_xml(xml, flags & VIR_NETWORK_PORT_CREATE_VALIDATE != 0)?;
    let _job = state.job(&network, "create a port")?;
    let live = network.live()?;
    if live.ports.contains_key(&port.uuid) {
        let text = format!("'{}' on network '{}'", port.uuid, id.name);
        return Err(Error::new(ErrorCode::NetworkPortExist, text));
    }
    match (port.plug.is_some(), flags & VIR_NETWORK_PORT_CREATE_RECLAIM != 0) {
        (true, true) => check_reclaimed(&live, &port)?,
        (false, false) => allocate(&live, &mut port)?,
        (false, true) => return Err(Error::invalid_arg("a port can only be reclaimed with its <plug>")),
        (true, false) => {
            return Err(Error::invalid_arg("a new port must not have a <plug>: the network decides it"));
        }
    }
    status::save_port(&state.paths, &id.name, &port)?;
    let uuid = port.uuid;
    put(state, &network, &live, |ports| _ = ports.insert(uuid, Arc::new(port)))?;
    Ok(NetworkPortId { network: network.id().clone(), uuid })
}

/// Gives a port's place back.
pub fn delete(state: &NetworkState, id: &NetworkPortId) -> Result<()> {
    let network = state.find(&id.network)?;
    let _job = state.job(&network, "delete a port")?;
    let (live, _) = look_up(&network, id.uuid)?;
    persist::remove(&state.paths.port(&id.network.name, id.uuid))?;
    put(state, &network, &live, |ports| _ = ports.remove(&id.uuid))
}

/// Lets a changed list of ports be seen. What is guaranteed to all together stands in the network's own file.
fn put(
    state: &NetworkState,
    network: &VirtualNetwork,
    live: &Live,
    change: impl FnOnce(&mut std::collections::BTreeMap<Uuid, Arc<NetworkPort>>),
) -> Result<()> {
    let mut ports = live.ports.as_ref().clone();
    change(&mut ports);
    let new = Arc::new(Live { definition: live.definition.clone(), ports: Arc::new(ports) });
    network.change(|view| view.live = Some(new.clone()));
    match floors(live, None) == floors(&new, None) {
        true => Ok(()),
        false => status::save(&state.paths, &new),
    }
}

/// The active network and one of its ports.
pub fn look_up(network: &VirtualNetwork, uuid: Uuid) -> Result<(Arc<Live>, Arc<NetworkPort>)> {
    let live = network.live()?;
    let port = live.ports.get(&uuid).cloned().ok_or_else(|| {
        let text = format!("network '{}' has no port '{uuid}'", network.id().name);
        Error::new(ErrorCode::NoNetworkPort, text)
    })?;
    Ok((live, port))
}

fn allocate(live: &Live, port: &mut NetworkPort) -> Result<()> {
    let network = &live.definition;
    let group = network.port_group(port.group.as_deref());
    port.bandwidth = port.bandwidth.or(group.and_then(|group| group.bandwidth));
    let vlan = || group.and_then(|group| group.vlan.clone()).or_else(|| network.vlan.clone());
    port.vlan = port.vlan.take().or_else(vlan);
    let trust = || group.and_then(|group| group.trust_guest_rx_filters).or(network.trust_guest_rx_filters);
    port.trust_guest_rx_filters = port.trust_guest_rx_filters.or_else(trust);
    port.isolated = port.isolated.or(network.port_isolated);
    let profiles = [
        port.virtual_port.as_ref(),
        network.virtual_port.as_ref(),
        group.and_then(|group| group.virtual_port.as_ref()),
    ];
    port.virtual_port = VirtualPort::merge(profiles)?;
    check_profile(network, port)?;
    port.plug = Some(plug(live, port)?);
    if let Some(bandwidth) = &mut port.bandwidth {
        bandwidth.class_id = class_for(live, port.uuid, bandwidth)?;
    }
    port.virtual_port.as_mut().map_or(Ok(()), VirtualPort::complete)
}

/// Each way of connecting speaks its own protocols with the switch.
fn check_profile(network: &Network, port: &NetworkPort) -> Result<()> {
    use VirtualPortType::{OpenVSwitch, Vepa8021Qbg, Vntag8021Qbh};
    let Some(profile) = &port.virtual_port else { return Ok(()) };
    let mode = network.mode();
    let (fits, what) = match mode {
        _ if mode.owns_bridge() => (false, "forwards by IP"),
        ForwardMode::Bridge if network.bridge_name().is_some() => {
            (profile.kind == Some(OpenVSwitch), "uses a bridge")
        }
        ForwardMode::Hostdev => {
            (matches!(profile.kind, Some(Vepa8021Qbg | Vntag8021Qbh)), "passes devices to guests")
        }
        _ => (matches!(profile.kind, Some(Vepa8021Qbg | Vntag8021Qbh)), "uses macvtap"),
    };
    if fits {
        return Ok(());
    }
    let kind = profile.kind.map_or("(none)", |kind| kind.as_str());
    Err(Error::config_unsupported(format!(
        "<virtualport type='{kind}'> can't be had on network '{}', which {what}",
        network.name
    )))
}

fn plug(live: &Live, port: &NetworkPort) -> Result<PortPlug> {
    let network = live.counted();
    let bridge = || network.bridge_name().unwrap_or_default().to_owned();
    let mac_table_manager = network.mac_table_manager();
    let mode = match network.mode() {
        mode if mode.owns_bridge() => return Ok(PortPlug::Network { bridge: bridge(), mac_table_manager }),
        ForwardMode::Bridge if network.bridge_name().is_some() => {
            return Ok(PortPlug::Bridge { bridge: bridge(), mac_table_manager });
        }
        ForwardMode::Hostdev => return pass_device(&network),
        ForwardMode::Bridge => MacvtapMode::Bridge,
        ForwardMode::Private => MacvtapMode::Private,
        ForwardMode::Passthrough => MacvtapMode::Passthrough,
        _ => MacvtapMode::Vepa,
    };
    let interfaces = network.forward.as_ref().map_or(&[][..], |forward| &forward.interfaces);
    if interfaces.is_empty() {
        return Err(Error::internal(format!(
            "network '{}' has neither a device to forward to nor a pool of them",
            network.name
        )));
    }
    let qbh = port.virtual_port.as_ref().is_some_and(|port| port.kind == Some(VirtualPortType::Vntag8021Qbh));
    let alone = mode == MacvtapMode::Passthrough || (mode == MacvtapMode::Private && qbh);
    let chosen = match alone {
        true => interfaces.iter().find(|interface| interface.connections == 0),
        false => interfaces.iter().min_by_key(|interface| interface.connections),
    };
    match chosen {
        Some(interface) => Ok(PortPlug::Direct { dev: interface.dev.clone(), mode }),
        None => Err(none_free(&network)),
    }
}

fn pass_device(network: &Network) -> Result<PortPlug> {
    let forward = network.forward.as_ref();
    let addresses = forward.map_or(&[][..], |forward| &forward.addresses);
    let free = addresses.iter().find(|address| address.connections == 0).ok_or_else(|| none_free(network))?;
    Ok(PortPlug::HostdevPci {
        managed: forward.and_then(|forward| forward.managed).map(YesNo::from),
        driver: forward.and_then(|forward| forward.driver.clone()),
        address: free.pci,
    })
}

fn none_free(network: &Network) -> Error {
    Error::internal(format!(
        "network '{}' requires exclusive access to interfaces, but none are available: all of its pool are in use",
        network.name
    ))
}

/// A port that comes with its plug must fit the network as it is now.
fn check_reclaimed(live: &Live, port: &NetworkPort) -> Result<()> {
    let network = live.counted();
    let refuse = |why: String| Err(Error::internal(format!("network '{}' {why}", network.name)));
    let forward = network.forward.as_ref();
    match port.plug.as_ref().unwrap_or(&PortPlug::None) {
        PortPlug::None => refuse("was given a port without a plug".into()),
        PortPlug::Network { .. } | PortPlug::Bridge { .. } if network.bridge_name().is_none() => {
            refuse("has no bridge for the port".into())
        }
        PortPlug::Network { .. } | PortPlug::Bridge { .. } => Ok(()),
        PortPlug::Direct { dev, mode } => {
            let found = forward.and_then(|forward| forward.interfaces.iter().find(|one| one.dev == *dev));
            match found {
                None => refuse(format!("has no device '{dev}', which the port uses")),
                Some(found) if found.connections > 0 && *mode == MacvtapMode::Passthrough => {
                    refuse(format!("has given '{dev}' to another port already"))
                }
                Some(_) => Ok(()),
            }
        }
        PortPlug::HostdevPci { address, .. } => {
            let found = forward.and_then(|forward| forward.addresses.iter().find(|one| one.is_at(address)));
            match found {
                None => refuse("does not have the PCI device that the port uses".into()),
                Some(found) if found.connections > 0 => {
                    refuse(format!("has given {} to another port already", found.name()))
                }
                Some(_) => Ok(()),
            }
        }
    }
}

/// What is guaranteed to all ports but one, in KiB/s.
fn floors(live: &Live, except: Option<Uuid>) -> u64 {
    let others = live.ports.values().filter(|port| Some(port.uuid) != except);
    others.filter_map(|port| port.bandwidth?.floor()).sum()
}

/// The traffic class of a port with a guaranteed rate; a network that could not keep the promise refuses it.
fn class_for(live: &Live, port: Uuid, bandwidth: &Bandwidth) -> Result<Option<u32>> {
    let network = &live.definition;
    let Some(floor) = bandwidth.floor() else { return Ok(None) };
    let unsupported = |why: &str| {
        let text = format!("a bandwidth 'floor' can't be had on network '{}': {why}", network.name);
        Err(Error::new(ErrorCode::OperationUnsupported, text))
    };
    if !network.mode().owns_bridge() {
        return unsupported("it has no bridge of its own");
    }
    let Some(whole) = network.bandwidth.and_then(|bandwidth| bandwidth.inbound) else {
        return unsupported("it has no inbound bandwidth to take a share of");
    };
    let (limit, name) = match whole.peak {
        Some(peak) => (peak, "peak"),
        None => (whole.average.unwrap_or(0), "average"),
    };
    let sum = floors(live, Some(port)) + floor;
    if sum > limit {
        return Err(Error::operation_invalid(format!(
            "the bandwidths guaranteed on network '{}' would be {sum} KiB/s together, more than its {name} of {limit}",
            network.name
        )));
    }
    let used: Vec<u32> = live
        .ports
        .values()
        .filter(|other| other.uuid != port)
        .filter_map(|other| other.bandwidth?.class_id)
        .collect();
    tracing::warn!(network = network.name, %port, floor, "the guaranteed rate is accounted for, but not enforced");
    // The first three classes are the network's own.
    Ok((3..).find(|class| !used.contains(class)))
}

/// Where a parameter belongs.
type Place = fn(&mut Rates) -> &mut Option<u64>;

/// The parameters there are.
const KNOWN: [(&str, Place); 7] = [
    (VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE, |rates| &mut rates.inbound.average),
    (VIR_NETWORK_PORT_BANDWIDTH_IN_PEAK, |rates| &mut rates.inbound.peak),
    (VIR_NETWORK_PORT_BANDWIDTH_IN_FLOOR, |rates| &mut rates.inbound.floor),
    (VIR_NETWORK_PORT_BANDWIDTH_IN_BURST, |rates| &mut rates.inbound.burst),
    (VIR_NETWORK_PORT_BANDWIDTH_OUT_AVERAGE, |rates| &mut rates.outbound.average),
    (VIR_NETWORK_PORT_BANDWIDTH_OUT_PEAK, |rates| &mut rates.outbound.peak),
    (VIR_NETWORK_PORT_BANDWIDTH_OUT_BURST, |rates| &mut rates.outbound.burst),
];

#[derive(Default)]
struct Rates {
    inbound: BandwidthRate,
    outbound: BandwidthRate,
}

/// Sets a port's bandwidth, all of it: what is not named has no limit.
pub fn set_parameters(state: &NetworkState, id: &NetworkPortId, params: &TypedParams) -> Result<()> {
    let uint = TypedValue::UInt(0).kind();
    params.check(&KNOWN.map(|(name, _)| KnownParam { name, kind: uint, multiple: false }))?;
    let mut rates = Rates::default();
    for (name, place) in KNOWN {
        if let Some(TypedValue::UInt(value)) = params.get(name) {
            *place(&mut rates) = Some((*value).into());
        }
    }
    let wanted = Bandwidth { class_id: None, inbound: Some(rates.inbound), outbound: Some(rates.outbound) };
    let network = state.find(&id.network)?;
    let _job = state.job(&network, "set a port's parameters")?;
    let (live, port) = look_up(&network, id.uuid)?;
    let mut port = NetworkPort::clone(&port);
    port.bandwidth = wanted.filled();
    if let Some(bandwidth) = &mut port.bandwidth {
        bandwidth.class_id = class_for(&live, id.uuid, bandwidth)?;
    }
    status::save_port(&state.paths, &id.network.name, &port)?;
    put(state, &network, &live, |ports| _ = ports.insert(id.uuid, Arc::new(port)))
}

/// A port's bandwidth: a direction without limits is left out.
pub fn parameters(network: &VirtualNetwork, uuid: Uuid) -> Result<TypedParams> {
    let (_, port) = look_up(network, uuid)?;
    let bandwidth = port.bandwidth.unwrap_or_default();
    let mut rates = Rates {
        inbound: bandwidth.inbound.unwrap_or_default(),
        outbound: bandwidth.outbound.unwrap_or_default(),
    };
    let mut params = TypedParams::new();
    for (name, place) in KNOWN {
        let given = if name.starts_with("inbound.") { bandwidth.inbound } else { bandwidth.outbound };
        if given.is_some() {
            params.add(name, u32::try_from(place(&mut rates).unwrap_or(0)).unwrap_or(u32::MAX));
        }
    }
    Ok(params)
}
