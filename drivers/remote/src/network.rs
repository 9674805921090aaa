//! Virtual networks and their ports.

use crate::RemoteDriver;
use crate::decode::Family;
use crate::forward::{forward, text};
use ferrovirt_core::driver::{DhcpLease, NetworkDriver};
use ferrovirt_core::{EventHub, NetworkId, NetworkPortId, Result, TypedParams};
use ferrovirt_rpc::limits::NETWORK_PORT_PARAMETERS_MAX;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::NetworkDhcpLease;
use std::sync::Arc;
use uuid::Uuid;

impl NetworkDriver for RemoteDriver {
    forward! {
        fn connect_list_all_networks(flags: u32) -> Vec<NetworkId> =
            ConnectListAllNetworks { need_results: 1, flags } => |reply| reply.nets.0;
        fn network_lookup_by_name(name: &str) -> NetworkId = NetworkLookupByName { name: name.into() };
        fn network_lookup_by_uuid(uuid: Uuid) -> NetworkId = NetworkLookupByUuid { uuid };
        fn network_create_xml(xml: &str, flags: u32) -> NetworkId = NetworkCreateXmlFlags { xml: xml.into(), flags };
        fn network_define_xml(xml: &str, flags: u32) -> NetworkId = NetworkDefineXmlFlags { xml: xml.into(), flags };
        fn network_create(network: &NetworkId) -> () = NetworkCreate { net: network.clone() };
        fn network_destroy(network: &NetworkId) -> () = NetworkDestroy { net: network.clone() };
        fn network_undefine(network: &NetworkId) -> () = NetworkUndefine { net: network.clone() };
        fn network_get_xml_desc(network: &NetworkId, flags: u32) -> String =
            NetworkGetXmlDesc { net: network.clone(), flags };
        fn network_get_bridge_name(network: &NetworkId) -> String = NetworkGetBridgeName { net: network.clone() };
        fn network_get_autostart(network: &NetworkId) -> bool = NetworkGetAutostart { net: network.clone() };
        fn network_set_autostart(network: &NetworkId, autostart: bool) -> () =
            NetworkSetAutostart { net: network.clone(), autostart: autostart.into() };
        fn network_is_active(network: &NetworkId) -> bool = NetworkIsActive { net: network.clone() };
        fn network_is_persistent(network: &NetworkId) -> bool = NetworkIsPersistent { net: network.clone() };
        fn network_get_dhcp_leases(network: &NetworkId, mac: Option<&str>, flags: u32) -> Vec<DhcpLease> =
            NetworkGetDhcpLeases { net: network.clone(), mac: text(mac), need_results: 1, flags }
            => |reply| reply.leases.into_iter().map(lease).collect();
        fn network_set_metadata(
            network: &NetworkId,
            kind: i32,
            metadata: Option<&str>,
            key: Option<&str>,
            uri: Option<&str>,
            flags: u32,
        ) -> () = NetworkSetMetadata {
            network: network.clone(),
            kind,
            metadata: text(metadata),
            key: text(key),
            uri: text(uri),
            flags,
        };
        fn network_get_metadata(network: &NetworkId, kind: i32, uri: Option<&str>, flags: u32) -> String =
            NetworkGetMetadata { network: network.clone(), kind, uri: text(uri), flags };
        fn network_list_all_ports(network: &NetworkId, flags: u32) -> Vec<NetworkPortId> =
            NetworkListAllPorts { network: network.clone(), need_results: 1, flags } => |reply| reply.ports.0;
        fn network_port_lookup_by_uuid(network: &NetworkId, uuid: Uuid) -> NetworkPortId =
            NetworkPortLookupByUuid { network: network.clone(), uuid };
        fn network_port_create_xml(network: &NetworkId, xml: &str, flags: u32) -> NetworkPortId =
            NetworkPortCreateXml { network: network.clone(), xml: xml.into(), flags };
        fn network_port_get_xml_desc(port: &NetworkPortId, flags: u32) -> String =
            NetworkPortGetXmlDesc { port: port.clone(), flags };
        fn network_port_delete(port: &NetworkPortId, flags: u32) -> () =
            NetworkPortDelete { port: port.clone(), flags };
        fn network_port_get_parameters(port: &NetworkPortId, flags: u32) -> TypedParams =
            NetworkPortGetParameters { port: port.clone(), nparams: NETWORK_PORT_PARAMETERS_MAX as i32, flags }
            => |reply| reply.params.0;
        fn network_port_set_parameters(port: &NetworkPortId, params: &TypedParams, flags: u32) -> () =
            NetworkPortSetParameters { port: port.clone(), params: params.into(), flags };
    }

    /// Daemons before 1.0.2 took command and section the other way round; they say so by not having the feature.
    fn network_update(
        &self,
        network: &NetworkId,
        command: u32,
        section: u32,
        parent_index: i32,
        xml: &str,
        flags: u32,
    ) -> Result<()> {
        let ordered = self.supports(ferrovirt_core::driver::Feature::NetworkUpdateHasCorrectOrder)?;
        let (command, section) = if ordered { (command, section) } else { (section, command) };
        let (net, xml) = (network.clone(), xml.into());
        self.call(&NetworkUpdate { net, command, section, parent_index, xml, flags })
    }

    fn network_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.session.events.of(Family::Network))
    }
}

fn lease(lease: NetworkDhcpLease) -> DhcpLease {
    DhcpLease {
        iface: lease.iface,
        expiry_time: lease.expirytime,
        kind: lease.kind,
        mac: lease.mac,
        iaid: lease.iaid,
        ip_addr: lease.ipaddr,
        prefix: lease.prefix,
        hostname: lease.hostname,
        client_id: lease.clientid,
    }
}
