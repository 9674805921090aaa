//! Virtual networks and their ports, as a caller holds them.

use crate::flags::exclusive;
use crate::object::object;
use crate::object_events::ObjectEvents;
use crate::{CallbackId, Connection, Listener};
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_NETWORKS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_INACTIVE, VIR_NETWORK_EVENT_ID_LAST,
    VIR_NETWORK_METADATA_DESCRIPTION, VIR_NETWORK_METADATA_ELEMENT, VIR_NETWORK_METADATA_TITLE,
};
use ferrovirt_core::driver::{DhcpLease, NetworkDriver};
use ferrovirt_core::event::EventObject;
use ferrovirt_core::{Error, Event, NetworkId, Result};
use uuid::Uuid;

object! {
    /// A virtual network. Cloning shares the handle.
    Network keyed NetworkId, served by network: NetworkDriver
}

impl Connection {
    /// The networks there are; `flags` are `VIR_CONNECT_LIST_NETWORKS_*`, 0 for all.
    pub fn list_all_networks(&self, flags: u32) -> Result<Vec<Network>> {
        Ok(Network::all(self, self.drivers().network.connect_list_all_networks(flags)?))
    }

    /// The names of the networks that run.
    pub fn list_networks(&self) -> Result<Vec<String>> {
        self.network_names(VIR_CONNECT_LIST_NETWORKS_ACTIVE)
    }

    /// The names of the networks that are defined and do not run.
    pub fn list_defined_networks(&self) -> Result<Vec<String>> {
        self.network_names(VIR_CONNECT_LIST_NETWORKS_INACTIVE)
    }

    fn network_names(&self, flags: u32) -> Result<Vec<String>> {
        let ids = self.drivers().network.connect_list_all_networks(flags)?;
        Ok(ids.iter().map(|id| id.name.to_string()).collect())
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

    /// Tells `listener` of every event of one kind (`virNetworkEventID`), of all networks or of one.
    pub fn register_network_event(
        &self,
        network: Option<&Network>,
        event_id: i32,
        listener: Listener,
    ) -> Result<CallbackId> {
        let events = ObjectEvents {
            family: "network",
            event_id,
            end: VIR_NETWORK_EVENT_ID_LAST,
            object: network.map(|network| (network.connection(), EventObject::Network(network.id().clone()))),
            hub: || self.drivers().network.network_events(),
        };
        let wanted = network.map(Network::uuid);
        let filter = move |event: &Event| match event {
            Event::Network { network, kind } => {
                kind.id() == event_id && wanted.is_none_or(|wanted| wanted == network.uuid)
            }
            _ => false,
        };
        events.register(self, Box::new(filter), listener)
    }
}

impl Network {
    pub fn name(&self) -> &str {
        &self.id().name
    }

    pub fn uuid(&self) -> Uuid {
        self.id().uuid
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

    /// Changes one element of the definition, of the running network, or of both.
    ///
    /// `command` is a `virNetworkUpdateCommand`, `section` a `virNetworkUpdateSection`, `parent_index` says in which of
    /// several parents (-1: the only one, or the first that fits), `flags` are `virNetworkUpdateFlags`.
    pub fn update(&self, command: u32, section: u32, parent_index: i32, xml: &str, flags: u32) -> Result<()> {
        self.driver().network_update(self.id(), command, section, parent_index, xml, flags)
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().network_get_xml_desc(self.id(), flags)
    }

    pub fn bridge_name(&self) -> Result<String> {
        self.driver().network_get_bridge_name(self.id())
    }

    /// Whether the network starts with the host.
    pub fn autostart(&self) -> Result<bool> {
        self.driver().network_get_autostart(self.id())
    }

    pub fn set_autostart(&self, autostart: bool) -> Result<()> {
        self.driver().network_set_autostart(self.id(), autostart)
    }

    pub fn is_active(&self) -> Result<bool> {
        self.driver().network_is_active(self.id())
    }

    pub fn is_persistent(&self) -> Result<bool> {
        self.driver().network_is_persistent(self.id())
    }

    /// The leases of the network's DHCP server, all or those of one MAC address.
    pub fn dhcp_leases(&self, mac: Option<&str>, flags: u32) -> Result<Vec<DhcpLease>> {
        self.driver().network_get_dhcp_leases(self.id(), mac, flags)
    }

    /// Sets (`None`: removes) the title, the description or a private element; `kind` is a `virNetworkMetadataType`.
    pub fn set_metadata(
        &self,
        kind: i32,
        metadata: Option<&str>,
        key: Option<&str>,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<()> {
        check_metadata_uri(kind, uri)?;
        match u32::try_from(kind) {
            Ok(VIR_NETWORK_METADATA_TITLE) if metadata.is_some_and(|text| text.contains('\n')) => {
                return Err(Error::invalid_arg("a title is one line: metadata has a newline in it"));
            }
            Ok(VIR_NETWORK_METADATA_TITLE | VIR_NETWORK_METADATA_DESCRIPTION) if key.is_some() => {
                return Err(Error::invalid_arg(
                    "key must be NULL: titles and descriptions have no namespace",
                ));
            }
            Ok(VIR_NETWORK_METADATA_ELEMENT) if metadata.is_some() && key.is_none() => {
                return Err(Error::invalid_arg(
                    "key must not be NULL: an element needs a prefix for its namespace",
                ));
            }
            _ => {}
        }
        self.driver().network_set_metadata(self.id(), kind, metadata, key, uri, flags)
    }

    /// The title, the description or the private element of namespace `uri`; `kind` is a `virNetworkMetadataType`.
    pub fn metadata(&self, kind: i32, uri: Option<&str>, flags: u32) -> Result<String> {
        exclusive!(flags, VIR_NETWORK_UPDATE_AFFECT_LIVE, VIR_NETWORK_UPDATE_AFFECT_CONFIG)?;
        check_metadata_uri(kind, uri)?;
        self.driver().network_get_metadata(self.id(), kind, uri, flags)
    }
}

/// Only private elements are found by a namespace. Kinds that are not known yet are the driver's to judge.
fn check_metadata_uri(kind: i32, uri: Option<&str>) -> Result<()> {
    match u32::try_from(kind) {
        Ok(VIR_NETWORK_METADATA_TITLE | VIR_NETWORK_METADATA_DESCRIPTION) if uri.is_some() => {
            Err(Error::invalid_arg("uri must be NULL: titles and descriptions have no namespace"))
        }
        Ok(VIR_NETWORK_METADATA_ELEMENT) if uri.is_none() => {
            Err(Error::invalid_arg("uri must not be NULL: an element is found by the URI of its namespace"))
        }
        _ => Ok(()),
    }
}
