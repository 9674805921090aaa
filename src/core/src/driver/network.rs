//! Virtual networks and their ports.

use crate::event::EventHub;
use crate::{NetworkId, NetworkPortId, TypedParams};
use std::sync::Arc;
use uuid::Uuid;

/// A DHCP lease that a network gave to a guest (`virNetworkDHCPLease`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DhcpLease {
    /// The bridge that the network runs on.
    pub iface: String,
    /// When it ends, in seconds since 1970.
    pub expiry_time: i64,
    /// `virIPAddrType`.
    pub kind: i32,
    pub mac: Option<String>,
    pub iaid: Option<String>,
    pub ip_addr: String,
    pub prefix: u32,
    pub hostname: Option<String>,
    pub client_id: Option<String>,
}

driver_trait! {
    /// Virtual networks: definitions, life cycle, leases, ports.
    pub trait NetworkDriver in Network {
        /// Which networks there are; `flags` are `VIR_CONNECT_LIST_NETWORKS_*`.
        fn connect_list_all_networks(&self, flags: u32) -> Vec<NetworkId> = "virConnectListAllNetworks";
        fn network_lookup_by_name(&self, name: &str) -> NetworkId = "virNetworkLookupByName";
        fn network_lookup_by_uuid(&self, uuid: Uuid) -> NetworkId = "virNetworkLookupByUUID";
        fn network_create_xml(&self, xml: &str, flags: u32) -> NetworkId = "virNetworkCreateXML" writes;
        fn network_define_xml(&self, xml: &str, flags: u32) -> NetworkId = "virNetworkDefineXML" writes;
        fn network_create(&self, network: &NetworkId) -> () = "virNetworkCreate" writes;
        fn network_destroy(&self, network: &NetworkId) -> () = "virNetworkDestroy" writes;
        fn network_undefine(&self, network: &NetworkId) -> () = "virNetworkUndefine" writes;
        fn network_update(
            &self,
            network: &NetworkId,
            command: u32,
            section: u32,
            parent_index: i32,
            xml: &str,
            flags: u32,
        ) -> () = "virNetworkUpdate" writes;
        fn network_get_xml_desc(&self, network: &NetworkId, flags: u32) -> String = "virNetworkGetXMLDesc";
        fn network_get_bridge_name(&self, network: &NetworkId) -> String = "virNetworkGetBridgeName";
        fn network_get_autostart(&self, network: &NetworkId) -> bool = "virNetworkGetAutostart";
        fn network_set_autostart(&self, network: &NetworkId, autostart: bool) -> () = "virNetworkSetAutostart" writes;
        fn network_is_active(&self, network: &NetworkId) -> bool = "virNetworkIsActive";
        fn network_is_persistent(&self, network: &NetworkId) -> bool = "virNetworkIsPersistent";
        /// Leases, all or those of one MAC address.
        fn network_get_dhcp_leases(
            &self,
            network: &NetworkId,
            mac: Option<&str>,
            flags: u32,
        ) -> Vec<DhcpLease> = "virNetworkGetDHCPLeases";
        fn network_set_metadata(
            &self,
            network: &NetworkId,
            kind: i32,
            metadata: Option<&str>,
            key: Option<&str>,
            uri: Option<&str>,
            flags: u32,
        ) -> () = "virNetworkSetMetadata" writes;
        fn network_get_metadata(
            &self,
            network: &NetworkId,
            kind: i32,
            uri: Option<&str>,
            flags: u32,
        ) -> String = "virNetworkGetMetadata";
        fn network_list_all_ports(&self, network: &NetworkId, flags: u32) -> Vec<NetworkPortId> = "virNetworkListAllPorts";
        fn network_port_lookup_by_uuid(&self, network: &NetworkId, uuid: Uuid) -> NetworkPortId = "virNetworkPortLookupByUUID";
        fn network_port_create_xml(&self, network: &NetworkId, xml: &str, flags: u32) -> NetworkPortId = "virNetworkPortCreateXML" writes;
        fn network_port_get_xml_desc(&self, port: &NetworkPortId, flags: u32) -> String = "virNetworkPortGetXMLDesc";
        fn network_port_delete(&self, port: &NetworkPortId, flags: u32) -> () = "virNetworkPortDelete" writes;
        fn network_port_get_parameters(&self, port: &NetworkPortId, flags: u32) -> TypedParams = "virNetworkPortGetParameters";
        fn network_port_set_parameters(&self, port: &NetworkPortId, params: &TypedParams, flags: u32) -> () = "virNetworkPortSetParameters" writes;
        /// Where this driver's events come from.
        fn network_events(&self) -> Arc<EventHub> = "virConnectNetworkEventRegisterAny";
    }
}
