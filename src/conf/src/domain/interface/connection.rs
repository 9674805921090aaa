//! What a card is connected to: the `type` attribute and its `<source>`.

use ferrovirt_xml::{AutoBase, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::network::{MacTableManager, MacvtapMode as MacvlanMode};

use super::{HostAddresses, HostdevPort, HostdevPortAddress};
use crate::domain::Reconnect;

/// The other end of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "lowercase")]
#[xml(tag = "type")]
pub enum Connection {
    /// The host's own connections, by way of the hypervisor or of passt.
    #[xml(default)]
    User {
        /// Of passt: the host's device.
        #[xml(attr = "source/@dev")]
        dev: Option<String>,
    },
    /// A tap device that others connect.
    Ethernet(HostAddresses),
    /// A switch outside of the kernel.
    #[xml(name = "vhostuser")]
    VhostUser(VhostUserPort),
    /// A TCP socket that waits for a client.
    Server(Socket),
    /// A TCP socket that connects to a server.
    Client(Socket),
    /// A multicast group.
    #[xml(name = "mcast")]
    Multicast(Socket),
    /// A libvirt network.
    Network(NetworkPort),
    /// A bridge of the host.
    Bridge(BridgePort),
    /// A hypervisor's own network.
    Internal {
        #[xml(attr = "source/@name")]
        name: String,
    },
    /// A device of the host, by macvtap.
    Direct(DirectPort),
    /// A device of the host, handed to the guest.
    Hostdev(HostdevPort),
    /// UDP datagrams.
    Udp(UdpSocket),
    /// A vDPA device, such as `/dev/vhost-vdpa-0`.
    Vdpa {
        #[xml(attr = "source/@dev")]
        dev: String,
    },
    /// Nothing.
    Null,
    /// A distributed switch of vSphere.
    Vds(VdsPort),
}

/// A port of a libvirt network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct NetworkPort {
    #[xml(attr = "source/@network")]
    pub network: String,
    #[xml(attr = "source/@portgroup")]
    pub port_group: Option<String>,
    /// Only of running guests.
    #[xml(attr = "source/@portid")]
    pub port_id: Option<Uuid>,
    /// Only of running guests.
    #[xml(attr = "source/@bridge")]
    pub bridge: Option<String>,
    /// Only of running guests.
    #[xml(attr = "source/@macTableManager")]
    pub mac_table_manager: Option<MacTableManager>,
}

/// A port of a bridge.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct BridgePort {
    /// Only of running guests: the network that the bridge was taken from; so the next two.
    #[xml(attr = "source/@network")]
    pub network: Option<String>,
    #[xml(attr = "source/@portgroup")]
    pub port_group: Option<String>,
    #[xml(attr = "source/@portid")]
    pub port_id: Option<Uuid>,
    #[xml(attr = "source/@bridge")]
    pub bridge: String,
    /// Only of running guests.
    #[xml(attr = "source/@macTableManager")]
    pub mac_table_manager: Option<MacTableManager>,
}

/// A macvtap device on a device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct DirectPort {
    /// Only of running guests: the network that the device was taken from; so the next two.
    #[xml(attr = "source/@network")]
    pub network: Option<String>,
    #[xml(attr = "source/@portgroup")]
    pub port_group: Option<String>,
    #[xml(attr = "source/@portid")]
    pub port_id: Option<Uuid>,
    #[xml(attr = "source/@dev")]
    pub dev: String,
    #[xml(attr = "source/@mode", default)]
    pub mode: MacvlanMode,
}

/// The socket of a switch outside of the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VhostUserPort {
    #[xml(attr = "source/@type", error = "ConfigUnsupported")]
    pub kind: Option<UnixSocket>,
    #[xml(attr = "source/@path")]
    pub path: Option<String>,
    #[xml(attr = "source/@mode")]
    pub mode: Option<VhostUserMode>,
    /// Of passt: the host's device.
    #[xml(attr = "source/@dev")]
    pub dev: Option<String>,
    #[xml(child = "source/reconnect")]
    pub reconnect: Option<Reconnect>,
}

/// The only family of sockets that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum UnixSocket {
    Unix,
}

/// Which side of the socket the hypervisor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VhostUserMode {
    Client,
    Server,
}

/// A socket of the hypervisor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct Socket {
    /// A server may do without.
    #[xml(attr = "source/@address")]
    pub address: Option<String>,
    #[xml(attr = "source/@port")]
    pub port: i32,
}

/// Two ends of a UDP connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct UdpSocket {
    #[xml(attr = "source/@address")]
    pub address: String,
    #[xml(attr = "source/@port")]
    pub port: i32,
    #[xml(attr = "source/local/@address")]
    pub local_address: String,
    #[xml(attr = "source/local/@port")]
    pub local_port: i32,
}

/// A port of a distributed switch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VdsPort {
    #[xml(attr = "source/@switchid")]
    pub switch_id: Uuid,
    #[xml(attr = "source/@portid", default)]
    pub port_id: AutoBase<i64>,
    #[xml(attr = "source/@portgroupid")]
    pub port_group_id: Option<String>,
    #[xml(attr = "source/@connectionid", default)]
    pub connection_id: AutoBase<i64>,
}

impl Default for Connection {
    fn default() -> Self {
        Self::User { dev: None }
    }
}

impl Connection {
    /// What the `type` attribute says.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Ethernet(_) => "ethernet",
            Self::VhostUser(_) => "vhostuser",
            Self::Server(_) => "server",
            Self::Client(_) => "client",
            Self::Multicast(_) => "mcast",
            Self::Network(_) => "network",
            Self::Bridge(_) => "bridge",
            Self::Internal { .. } => "internal",
            Self::Direct(_) => "direct",
            Self::Hostdev(_) => "hostdev",
            Self::Udp(_) => "udp",
            Self::Vdpa { .. } => "vdpa",
            Self::Null => "null",
            Self::Vds(_) => "vds",
        }
    }

    pub(super) fn takes_filters(&self) -> bool {
        matches!(self, Self::Network(_) | Self::Bridge(_) | Self::Ethernet(_))
    }

    /// The host's device that passt is to use.
    pub(super) fn passt_dev(&self) -> Option<&str> {
        match self {
            Self::User { dev } | Self::VhostUser(VhostUserPort { dev, .. }) => dev.as_deref(),
            _ => None,
        }
    }

    pub(super) fn fill_defaults(&mut self, passt: bool) {
        match self {
            // passt's own socket is libvirt's business.
            Self::VhostUser(port) if passt => {
                *port = VhostUserPort { dev: port.dev.take(), ..VhostUserPort::default() };
            }
            Self::VhostUser(port) => {
                port.kind = Some(UnixSocket::Unix);
                Reconnect::fill_defaults(&mut port.reconnect);
                port.mode.get_or_insert(VhostUserMode::Client);
                port.dev = None;
            }
            Self::User { dev } if !passt => *dev = None,
            Self::Hostdev(port) if !matches!(port.source.address, Some(HostdevPortAddress::Usb { .. })) => {
                port.source.guest_reset = None;
            }
            _ => {}
        }
    }

    pub(super) fn strip_live(&mut self) {
        match self {
            Self::Network(port) => {
                port.port_id = None;
                port.bridge = None;
                port.mac_table_manager = None;
            }
            Self::Bridge(port) => {
                *port = BridgePort { bridge: std::mem::take(&mut port.bridge), ..BridgePort::default() };
            }
            Self::Direct(port) => {
                let dev = std::mem::take(&mut port.dev);
                *port = DirectPort { dev, mode: port.mode, ..DirectPort::default() };
            }
            _ => {}
        }
    }
}
