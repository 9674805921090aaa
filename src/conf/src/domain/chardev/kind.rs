//! What the `type` of a character device's source can be, and what `<source>` says for each.

use ferrovirt_core::Result;
use ferrovirt_xml::{Node, OnOff, Shape, Writer, XmlContent, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use crate::domain::{DeviceSeclabel, Reconnect};

/// Where the host's end of a character device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[xml(tag = "type", error = "ConfigUnsupported")]
pub enum ChardevKind {
    /// Nowhere.
    Null,
    /// A text console of the hypervisor's own window.
    Vc,
    /// A pseudo terminal that the hypervisor opens; its path is known while the guest runs.
    #[xml(default)]
    Pty {
        #[xml(flatten = "source", skip_if = "ChardevPath::is_unknown")]
        source: ChardevPath,
    },
    /// A terminal of the host.
    Dev {
        #[xml(flatten = "source")]
        source: ChardevPath,
    },
    /// A file that output goes to.
    File {
        #[xml(flatten = "source")]
        source: ChardevFile,
    },
    /// A named pipe, or a pair of them (`path.in`, `path.out`).
    Pipe {
        #[xml(flatten = "source")]
        source: ChardevPath,
    },
    /// The hypervisor's standard input and output.
    Stdio,
    Udp(ChardevUdp),
    Tcp {
        #[xml(flatten = "source")]
        source: ChardevTcp,
        #[xml(attr = "protocol/@type", default)]
        #[serde(default)]
        protocol: TcpProtocol,
    },
    Unix {
        #[xml(flatten = "source", skip_if = "ChardevUnix::is_unnamed")]
        source: ChardevUnix,
    },
    /// The SPICE client's agent channel.
    Spicevmc,
    /// A named port for SPICE clients.
    Spiceport {
        #[xml(attr = "source/@channel")]
        channel: Option<String>,
    },
    /// A pair of FreeBSD's null modem devices.
    Nmdm {
        #[xml(attr = "source/@master")]
        master: Option<String>,
        #[xml(attr = "source/@slave")]
        slave: Option<String>,
    },
    /// The hypervisor itself plays the guest agent's peer for clipboard and mouse.
    QemuVdagent {
        #[xml(flatten = "source")]
        source: ChardevVdagent,
    },
    /// A named port for clients on D-Bus.
    Dbus {
        #[xml(attr = "source/@channel")]
        channel: Option<String>,
    },
}

impl Default for ChardevKind {
    fn default() -> Self {
        Self::Pty { source: ChardevPath::default() }
    }
}

impl ChardevKind {
    /// How the files or sockets of the source are to be labelled.
    pub fn seclabels(&self) -> &[DeviceSeclabel] {
        match self {
            Self::Pty { source } | Self::Dev { source } | Self::Pipe { source } => &source.seclabels,
            Self::File { source } => &source.seclabels,
            Self::Unix { source } => &source.seclabels,
            _ => &[],
        }
    }

    pub(super) fn seclabels_mut(&mut self) -> Option<&mut Vec<DeviceSeclabel>> {
        match self {
            Self::Pty { source } | Self::Dev { source } | Self::Pipe { source } => {
                Some(&mut source.seclabels)
            }
            Self::File { source } => Some(&mut source.seclabels),
            Self::Unix { source } => Some(&mut source.seclabels),
            _ => None,
        }
    }

    pub(super) fn reconnect_mut(&mut self) -> Option<&mut Option<Reconnect>> {
        match self {
            Self::Tcp { source, .. } => Some(&mut source.reconnect),
            Self::Unix { source } => Some(&mut source.reconnect),
            _ => None,
        }
    }

    /// The path in the host's file system, for what has one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Pty { source } | Self::Dev { source } | Self::Pipe { source } => source.path.as_deref(),
            Self::File { source } => source.path.as_deref(),
            Self::Unix { source } => source.path.as_deref(),
            _ => None,
        }
    }
}

/// A device or pipe.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ChardevPath {
    #[xml(attr)]
    pub path: Option<String>,
    #[xml(child)]
    pub seclabels: Vec<DeviceSeclabel>,
}

impl ChardevPath {
    fn is_unknown(&self) -> bool {
        self.path.is_none()
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ChardevFile {
    #[xml(attr)]
    pub path: Option<String>,
    /// Whether output is added to what the file holds, instead of replacing it.
    #[xml(attr)]
    pub append: Option<OnOff>,
    #[xml(child)]
    pub seclabels: Vec<DeviceSeclabel>,
}

/// Which side waits for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum SocketMode {
    /// The hypervisor connects.
    #[default]
    Connect,
    /// The hypervisor listens.
    Bind,
}

/// A TCP socket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ChardevTcp {
    #[xml(attr, default)]
    pub mode: SocketMode,
    #[xml(attr)]
    pub host: Option<String>,
    /// A port number or the name of a service.
    #[xml(attr)]
    pub service: Option<String>,
    #[xml(attr)]
    pub tls: Option<YesNo>,
    /// 1 if `tls` comes from the driver's configuration and not from the user. Only in status documents.
    #[xml(attr)]
    pub tls_from_config: Option<u8>,
    #[xml(child)]
    pub reconnect: Option<Reconnect>,
}

/// What is spoken on a TCP socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum TcpProtocol {
    #[default]
    Raw,
    Telnet,
    Telnets,
    Tls,
}

/// A UNIX socket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ChardevUnix {
    #[xml(attr, default)]
    pub mode: SocketMode,
    /// None: the driver makes one up.
    #[xml(attr)]
    pub path: Option<String>,
    #[xml(child)]
    pub seclabels: Vec<DeviceSeclabel>,
    #[xml(child)]
    pub reconnect: Option<Reconnect>,
}

impl ChardevUnix {
    fn is_unnamed(&self) -> bool {
        self.path.is_none()
    }
}

/// UDP: where packets are expected, and where they are sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChardevUdp {
    pub bind: Option<UdpAddress>,
    pub connect: Option<UdpAddress>,
}

/// One end of a UDP connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct UdpAddress {
    #[xml(attr)]
    pub host: Option<String>,
    /// A port number or the name of a service.
    #[xml(attr)]
    pub service: Option<String>,
}

#[derive(XmlElement)]
struct UdpEnd {
    #[xml(attr, default)]
    mode: SocketMode,
    #[xml(flatten)]
    address: UdpAddress,
}

impl XmlContent for ChardevUdp {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let mut udp = Self::default();
        for source in node.children_named("source") {
            let end = UdpEnd::parse(&source)?;
            let place = match end.mode {
                SocketMode::Bind => &mut udp.bind,
                SocketMode::Connect => &mut udp.connect,
            };
            if place.is_none() && end.address != UdpAddress::default() {
                *place = Some(end.address);
            }
        }
        Ok(udp)
    }

    fn write_children(&self, w: &mut Writer) {
        for (mode, address) in [(SocketMode::Bind, &self.bind), (SocketMode::Connect, &self.connect)] {
            if let Some(address) = address {
                w.element("source", &UdpEnd { mode, address: address.clone() });
            }
        }
    }

    /// The source describes its shape as a whole.
    fn shape() -> &'static Shape {
        Shape::ANY
    }
}

/// What the hypervisor shares with the guest in the agent's place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ChardevVdagent {
    #[xml(child)]
    pub clipboard: Option<Clipboard>,
    #[xml(child)]
    pub mouse: Option<Mouse>,
}

/// `<clipboard>`: whether texts are copied between guest and client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "clipboard")]
pub struct Clipboard {
    #[xml(attr = "copypaste")]
    pub copy_paste: YesNo,
}

/// `<mouse>`: who moves the pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "mouse")]
pub struct Mouse {
    #[xml(attr)]
    pub mode: MouseMode,
}

/// Whether the pointer's position is the guest's affair or the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MouseMode {
    Server,
    Client,
}
