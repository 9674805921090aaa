//! Virtual networks and their ports, as a caller holds them.

use crate::Connection;
use ferrovirt_core::driver::{DhcpLease, NetworkDriver};
use ferrovirt_core::{NetworkId, NetworkPortId, Result, TypedParams};
use std::sync::Arc;
use uuid::Uuid;

/// A virtual network. Cloning shares the handle.
#[derive(Clone)]
pub struct Network(Arc<NetworkInner>);

struct NetworkInner {
    connection: Connection,
    id: NetworkId,
}

impl Connection {
    /// The networks there are; `flags` are `VIR_CONNECT_LIST_NETWORKS_*`, 0 for all.
    pub fn list_all_networks(&self, flags: u32) -> Result<Vec<Network>> {
        let ids = self.drivers().network.connect_list_all_networks(flags)?;
        Ok(ids.into_iter().map(|id| Network::new(self, id)).collect())
    }

    pub fn lookup_network_by_name(&self, name: &str) -> Result<Network> {
        self.drivers().network.network_lookup_by_name(name).map(|id| Network::new(self, id))
    }

    pub fn lookup_network_by_uuid(&self, uuid: Uuid) -> Result<Network> {
        self.drivers().network.network_lookup_by_uuid(uuid).map(|id| Network::new(self, id))
    }

    /// Makes the definition permanent, new or in place of the one with the same UUID; nothing is started.
    pub fn define_network(&self, xml: &str, flags: u32) -> Result<Network> {
        self.drivers().network.network_define_xml(xml, flags).map(|id| Network::new(self, id))
    }

    /// Starts a network that is gone once it is destroyed.
    pub fn create_network(&self, xml: &str, flags: u32) -> Result<Network> {
        self.drivers().network.network_create_xml(xml, flags).map(|id| Network::new(self, id))
    }
}

impl Network {
    pub(crate) fn new(connection: &Connection, id: NetworkId) -> Self {
        Self(Arc::new(NetworkInner { connection: connection.clone(), id }))
    }

    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// A number that is the same for all clones of this handle and for no other live one.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub fn id(&self) -> &NetworkId {
        &self.0.id
    }

    pub fn name(&self) -> &str {
        &self.0.id.name
    }

    pub fn uuid(&self) -> Uuid {
        self.0.id.uuid
    }

    fn driver(&self) -> &dyn NetworkDriver {
        &*self.0.connection.drivers().network
    }

    /// Starts a defined network.
    pub fn create(&self) -> Result<()> {
        self.driver().network_create(self.id())
    }

    /// Stops the network; a transient one is gone then.
    pub fn destroy(&self) -> Result<()> {
        self.driver().network_destroy(self.id())
    }

    pub fn undefine(&self) -> Result<()> {
        self.driver().network_undefine(self.id())
    }

    pub fn is_active(&self) -> Result<bool> {
        self.driver().network_is_active(self.id())
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().network_get_xml_desc(self.id(), flags)
    }

    /// The leases of the network's DHCP server, all or those of one MAC address.
    pub fn dhcp_leases(&self, mac: Option<&str>, flags: u32) -> Result<Vec<DhcpLease>> {
        self.driver().network_get_dhcp_leases(self.id(), mac, flags)
    }

    pub fn list_all_ports(&self, flags: u32) -> Result<Vec<NetworkPort>> {
        let ids = self.driver().network_list_all_ports(self.id(), flags)?;
        Ok(ids.into_iter().map(|id| NetworkPort::new(self, id)).collect())
    }
}

/// A port of a network: what plugs one guest interface in. Cloning shares the handle.
#[derive(Clone)]
pub struct NetworkPort(Arc<NetworkPortInner>);

struct NetworkPortInner {
    network: Network,
    id: NetworkPortId,
}

impl NetworkPort {
    fn new(network: &Network, id: NetworkPortId) -> Self {
        Self(Arc::new(NetworkPortInner { network: network.clone(), id }))
    }

    pub fn network(&self) -> &Network {
        &self.0.network
    }

    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub fn uuid(&self) -> Uuid {
        self.0.id.uuid
    }

    pub fn parameters(&self, flags: u32) -> Result<TypedParams> {
        self.0.network.driver().network_port_get_parameters(&self.0.id, flags)
    }
}
