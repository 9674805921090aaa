//! The driver as connections see it: flags are checked here, the work is done elsewhere.

use crate::driver::NetworkState;
use crate::network::VirtualNetwork;
use crate::{definitions, leases, life, metadata, ports, update};
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_NETWORKS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_AUTOSTART,
    VIR_CONNECT_LIST_NETWORKS_INACTIVE, VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART,
    VIR_CONNECT_LIST_NETWORKS_PERSISTENT, VIR_CONNECT_LIST_NETWORKS_TRANSIENT, VIR_NETWORK_CREATE_VALIDATE,
    VIR_NETWORK_DEFINE_VALIDATE, VIR_NETWORK_PORT_CREATE_RECLAIM, VIR_NETWORK_PORT_CREATE_VALIDATE,
    VIR_NETWORK_UPDATE_AFFECT_CONFIG, VIR_NETWORK_UPDATE_AFFECT_LIVE, VIR_NETWORK_XML_INACTIVE,
};
use ferrovirt_core::driver::{DhcpLease, NetworkDriver};
use ferrovirt_core::{
    Error, ErrorCode, ErrorDomain, EventHub, NetworkId, NetworkPortId, Result, TypedParams,
};
use std::sync::Arc;
use uuid::Uuid;

const AFFECT: u32 = VIR_NETWORK_UPDATE_AFFECT_LIVE | VIR_NETWORK_UPDATE_AFFECT_CONFIG;

/// Runs a call: flags that it does not know are refused, errors that come from below get the driver's domain.
fn call<T>(name: &str, flags: u32, known: u32, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let outcome = match flags & !known {
        0 => work(),
        unknown => Err(Error::invalid_arg(format!("unsupported flags (0x{unknown:x}) in {name}"))),
    };
    outcome.map_err(|err| err.or_domain(ErrorDomain::Network))
}

fn no_network(detail: String) -> Error {
    Error::new(ErrorCode::NoNetwork, detail).domain(ErrorDomain::Network)
}

/// Whether a network is among those that `VIR_CONNECT_LIST_NETWORKS_*` ask for: of each pair of flags one that holds,
/// or none of the pair.
fn is_listed(network: &VirtualNetwork, flags: u32) -> bool {
    let view = network.view();
    let pairs = [
        (view.is_active(), VIR_CONNECT_LIST_NETWORKS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_INACTIVE),
        (view.config.is_some(), VIR_CONNECT_LIST_NETWORKS_PERSISTENT, VIR_CONNECT_LIST_NETWORKS_TRANSIENT),
        (view.autostart, VIR_CONNECT_LIST_NETWORKS_AUTOSTART, VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART),
    ];
    pairs.iter().all(|(holds, yes, no)| flags & (yes | no) == 0 || flags & if *holds { yes } else { no } != 0)
}

impl NetworkDriver for NetworkState {
    fn connect_list_all_networks(&self, flags: u32) -> Result<Vec<NetworkId>> {
        call("virConnectListAllNetworks", flags, 0x3f, || {
            let networks = self.networks.all();
            Ok(networks.iter().filter(|network| is_listed(network, flags)).map(|n| n.id().clone()).collect())
        })
    }

    fn network_lookup_by_name(&self, name: &str) -> Result<NetworkId> {
        let found = self.networks.by_name(name).map(|network| network.id().clone());
        found.ok_or_else(|| no_network(format!("no network with matching name '{name}'")))
    }

    fn network_lookup_by_uuid(&self, uuid: Uuid) -> Result<NetworkId> {
        let found = self.networks.by_uuid(uuid).map(|network| network.id().clone());
        found.ok_or_else(|| no_network(format!("no network with matching uuid '{uuid}'")))
    }

    fn network_create_xml(&self, xml: &str, flags: u32) -> Result<NetworkId> {
        call("virNetworkCreateXMLFlags", flags, VIR_NETWORK_CREATE_VALIDATE, || {
            life::create_xml(self, xml, flags & VIR_NETWORK_CREATE_VALIDATE != 0)
        })
    }

    fn network_define_xml(&self, xml: &str, flags: u32) -> Result<NetworkId> {
        call("virNetworkDefineXMLFlags", flags, VIR_NETWORK_DEFINE_VALIDATE, || {
            definitions::define(self, xml, flags & VIR_NETWORK_DEFINE_VALIDATE != 0)
        })
    }

    fn network_create(&self, network: &NetworkId) -> Result<()> {
        call("virNetworkCreate", 0, 0, || life::create(self, network))
    }

    fn network_destroy(&self, network: &NetworkId) -> Result<()> {
        call("virNetworkDestroy", 0, 0, || life::destroy(self, network))
    }

    fn network_undefine(&self, network: &NetworkId) -> Result<()> {
        call("virNetworkUndefine", 0, 0, || definitions::undefine(self, network))
    }

    fn network_update(
        &self,
        network: &NetworkId,
        command: u32,
        section: u32,
        parent_index: i32,
        xml: &str,
        flags: u32,
    ) -> Result<()> {
        call("virNetworkUpdate", flags, AFFECT, || {
            let change = update::Change { command, section, parent: parent_index, xml };
            update::update(self, network, &change, flags)
        })
    }

    fn network_get_xml_desc(&self, network: &NetworkId, flags: u32) -> Result<String> {
        call("virNetworkGetXMLDesc", flags, VIR_NETWORK_XML_INACTIVE, || {
            let view = self.find(network)?.view();
            let stored = view.config.as_ref().filter(|_| flags & VIR_NETWORK_XML_INACTIVE != 0);
            match (stored, &view.live, view.current()) {
                (Some(config), _, _) => Ok(config.to_xml()),
                (None, Some(live), _) if flags & VIR_NETWORK_XML_INACTIVE == 0 => Ok(live.counted().to_xml()),
                (None, _, Some(current)) => Ok(current.inactive().to_xml()),
                (None, _, None) => Err(no_network(format!("network '{}' is being removed", network.name))),
            }
        })
    }

    fn network_get_bridge_name(&self, network: &NetworkId) -> Result<String> {
        call("virNetworkGetBridgeName", 0, 0, || {
            let view = self.find(network)?.view();
            let name = view.current().and_then(|definition| definition.bridge_name());
            name.map(str::to_owned).ok_or_else(|| {
                Error::internal(format!("network '{}' does not have a bridge name", network.name))
            })
        })
    }

    fn network_get_autostart(&self, network: &NetworkId) -> Result<bool> {
        call("virNetworkGetAutostart", 0, 0, || Ok(self.find(network)?.view().autostart))
    }

    fn network_set_autostart(&self, network: &NetworkId, autostart: bool) -> Result<()> {
        call("virNetworkSetAutostart", 0, 0, || definitions::set_autostart(self, network, autostart))
    }

    fn network_is_active(&self, network: &NetworkId) -> Result<bool> {
        call("virNetworkIsActive", 0, 0, || Ok(self.find(network)?.view().is_active()))
    }

    fn network_is_persistent(&self, network: &NetworkId) -> Result<bool> {
        call("virNetworkIsPersistent", 0, 0, || Ok(self.find(network)?.view().config.is_some()))
    }

    fn network_get_dhcp_leases(
        &self,
        network: &NetworkId,
        mac: Option<&str>,
        flags: u32,
    ) -> Result<Vec<DhcpLease>> {
        call("virNetworkGetDHCPLeases", flags, 0, || leases::list(&self.paths, &*self.find(network)?, mac))
    }

    fn network_set_metadata(
        &self,
        network: &NetworkId,
        kind: i32,
        metadata: Option<&str>,
        key: Option<&str>,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<()> {
        call("virNetworkSetMetadata", flags, AFFECT, || {
            metadata::set(self, network, &metadata::Change { kind, metadata, key, uri }, flags)
        })
    }

    fn network_get_metadata(
        &self,
        network: &NetworkId,
        kind: i32,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<String> {
        call("virNetworkGetMetadata", flags, AFFECT, || metadata::get(self, network, kind, uri, flags))
    }

    fn network_list_all_ports(&self, network: &NetworkId, flags: u32) -> Result<Vec<NetworkPortId>> {
        call("virNetworkListAllPorts", flags, 0, || {
            let live = self.find(network)?.live()?;
            let ids = live.ports.keys().map(|uuid| NetworkPortId { network: network.clone(), uuid: *uuid });
            Ok(ids.collect())
        })
    }

    fn network_port_lookup_by_uuid(&self, network: &NetworkId, uuid: Uuid) -> Result<NetworkPortId> {
        call("virNetworkPortLookupByUUID", 0, 0, || {
            ports::look_up(&*self.find(network)?, uuid)?;
            Ok(NetworkPortId { network: network.clone(), uuid })
        })
    }

    fn network_port_create_xml(&self, network: &NetworkId, xml: &str, flags: u32) -> Result<NetworkPortId> {
        let known = VIR_NETWORK_PORT_CREATE_RECLAIM | VIR_NETWORK_PORT_CREATE_VALIDATE;
        call("virNetworkPortCreateXML", flags, known, || ports::create(self, network, xml, flags))
    }

    fn network_port_get_xml_desc(&self, port: &NetworkPortId, flags: u32) -> Result<String> {
        call("virNetworkPortGetXMLDesc", flags, 0, || {
            Ok(ports::look_up(&*self.find(&port.network)?, port.uuid)?.1.to_xml())
        })
    }

    fn network_port_delete(&self, port: &NetworkPortId, flags: u32) -> Result<()> {
        call("virNetworkPortDelete", flags, 0, || ports::delete(self, port))
    }

    fn network_port_get_parameters(&self, port: &NetworkPortId, flags: u32) -> Result<TypedParams> {
        call("virNetworkPortGetParameters", flags, 0, || {
            ports::parameters(&*self.find(&port.network)?, port.uuid)
        })
    }

    fn network_port_set_parameters(
        &self,
        port: &NetworkPortId,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        call("virNetworkPortSetParameters", flags, 0, || ports::set_parameters(self, port, params))
    }

    fn network_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.events.clone())
    }
}
