//! Ports of a virtual network, as a caller holds them.

use crate::Network;
use ferrovirt_core::{NetworkPortId, Result, TypedParams};
use std::sync::Arc;
use uuid::Uuid;

/// A port of a network: what plugs one guest interface in. Cloning shares the handle.
#[derive(Clone)]
pub struct NetworkPort(Arc<NetworkPortInner>);

struct NetworkPortInner {
    network: Network,
    id: NetworkPortId,
}

impl Network {
    /// The network's ports; `flags` must be 0 for now.
    pub fn list_all_ports(&self, flags: u32) -> Result<Vec<NetworkPort>> {
        let ids = self.driver().network_list_all_ports(self.id(), flags)?;
        Ok(ids.into_iter().map(|id| NetworkPort::new(self, id)).collect())
    }

    pub fn lookup_port_by_uuid(&self, uuid: Uuid) -> Result<NetworkPort> {
        self.driver().network_port_lookup_by_uuid(self.id(), uuid).map(|id| NetworkPort::new(self, id))
    }

    /// Makes a port; `flags` are `virNetworkPortCreateFlags`.
    pub fn create_port(&self, xml: &str, flags: u32) -> Result<NetworkPort> {
        self.driver().network_port_create_xml(self.id(), xml, flags).map(|id| NetworkPort::new(self, id))
    }
}

impl NetworkPort {
    /// The object with this key, for one that is known already: no driver is asked.
    pub fn new(network: &Network, id: NetworkPortId) -> Self {
        Self(Arc::new(NetworkPortInner { network: network.clone(), id }))
    }

    pub fn network(&self) -> &Network {
        &self.0.network
    }

    /// A number that is the same for all clones of this handle and for no other live one.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub fn id(&self) -> &NetworkPortId {
        &self.0.id
    }

    pub fn uuid(&self) -> Uuid {
        self.0.id.uuid
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.0.network.driver().network_port_get_xml_desc(self.id(), flags)
    }

    pub fn delete(&self, flags: u32) -> Result<()> {
        self.0.network.driver().network_port_delete(self.id(), flags)
    }

    /// The bandwidth limits of the port (`VIR_NETWORK_PORT_BANDWIDTH_*`).
    pub fn parameters(&self, flags: u32) -> Result<TypedParams> {
        self.0.network.driver().network_port_get_parameters(self.id(), flags)
    }

    pub fn set_parameters(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.0.network.driver().network_port_set_parameters(self.id(), params, flags)
    }
}
