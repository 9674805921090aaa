//! `<actual>`: what a port of a network turned out to be. libvirt keeps it in its status documents.

use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

use super::{BridgePort, Connection, DirectPort, HostdevPort, MacTableManager, MacvlanMode, NetworkPort};
use crate::network::{Bandwidth, VirtualPort, Vlan};

/// A port as the network made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "actual")]
pub struct ActualInterface {
    #[xml(flatten)]
    pub connection: ActualConnection,
    #[xml(attr)]
    pub trust_guest_rx_filters: Option<YesNo>,
    /// The class of its guaranteed bandwidth on the bridge; 0: none.
    #[xml(attr = "class/@id", default, skip_default, error = "Internal")]
    #[serde(default)]
    pub class_id: u32,
    #[xml(child)]
    pub vlan: Option<Vlan>,
    #[xml(child, omit_empty)]
    pub virtual_port: Option<VirtualPort>,
    #[xml(child)]
    pub bandwidth: Option<Bandwidth>,
    #[xml(attr = "port/@isolated")]
    pub isolated: Option<YesNo>,
}

/// What it is connected to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "lowercase")]
#[xml(tag = "type")]
pub enum ActualConnection {
    /// A bridge that the network made.
    Network {
        #[xml(attr = "source/@bridge")]
        bridge: Option<String>,
        #[xml(attr = "source/@macTableManager")]
        mac_table_manager: Option<MacTableManager>,
    },
    /// A bridge that was there.
    Bridge {
        #[xml(attr = "source/@bridge", error = "Internal")]
        bridge: String,
        #[xml(attr = "source/@macTableManager")]
        mac_table_manager: Option<MacTableManager>,
    },
    Direct {
        #[xml(attr = "source/@dev")]
        dev: Option<String>,
        #[xml(attr = "source/@mode", default)]
        #[serde(default)]
        mode: MacvlanMode,
    },
    Hostdev(HostdevPort),
}

impl ActualConnection {
    /// The bridge, if it is one.
    pub fn bridge(&self) -> Option<&str> {
        match self {
            Self::Network { bridge, .. } => bridge.as_deref(),
            Self::Bridge { bridge, .. } => Some(bridge),
            _ => None,
        }
    }

    /// As the card of a running guest shows it.
    pub(super) fn published(self, port: &NetworkPort) -> Connection {
        let (network, port_group, port_id) = (port.network.clone(), port.port_group.clone(), port.port_id);
        match self {
            Self::Network { bridge, mac_table_manager } => {
                Connection::Network(NetworkPort { network, port_group, port_id, bridge, mac_table_manager })
            }
            Self::Bridge { bridge, mac_table_manager } => Connection::Bridge(BridgePort {
                network: Some(network),
                port_group,
                port_id,
                bridge,
                mac_table_manager,
            }),
            Self::Direct { dev, mode } => Connection::Direct(DirectPort {
                network: Some(network),
                port_group,
                port_id,
                dev: dev.unwrap_or_default(),
                mode,
            }),
            Self::Hostdev(port) => Connection::Hostdev(port),
        }
    }
}
