//! Images on other machines.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{Fault, Node, XmlContent, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use super::{SecretUser, StorageAuth, refuse};

/// An image that is reached over a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct NetworkSource {
    #[xml(attr)]
    pub protocol: NetworkProtocol,
    /// The image: export, pool and image, target and unit, or path; what it is depends on the protocol.
    #[xml(attr)]
    pub name: Option<String>,
    /// Of HTTP: what follows the `?`.
    #[xml(attr)]
    pub query: Option<String>,
    #[xml(attr)]
    pub tls: Option<YesNo>,
    /// The name that the server's certificate must have, if not the host's.
    #[xml(attr)]
    pub tls_hostname: Option<String>,
    #[xml(child)]
    #[serde(default)]
    pub hosts: Vec<NetworkHost>,
    #[xml(with = "nfs_identity")]
    pub nfs_identity: Option<NfsIdentity>,
    /// Of NBD: seconds for which a broken connection is tried again; 0: not at all.
    #[xml(attr = "reconnect/@delay", default, skip_default)]
    #[serde(default)]
    pub reconnect_delay: u32,
    /// Of RBD: an internal snapshot.
    #[xml(attr = "snapshot/@name")]
    pub snapshot: Option<String>,
    /// Of RBD: a configuration file.
    #[xml(attr = "config/@file")]
    pub config: Option<String>,
    /// Of iSCSI: what the host calls itself.
    #[xml(attr = "initiator/iqn/@name")]
    pub initiator: Option<String>,
    /// Of HTTPS and FTPS: whether the server's certificate is checked.
    #[xml(attr = "ssl/@verify")]
    pub ssl_verify: Option<YesNo>,
    /// Of HTTP: secret.
    #[xml(child = "cookies/cookie")]
    #[serde(default)]
    pub cookies: Vec<Cookie>,
    /// In bytes; 0: as QEMU likes.
    #[xml(attr = "readahead/@size", default, skip_default)]
    #[serde(default)]
    pub readahead: u64,
    /// Seconds; 0: as QEMU likes.
    #[xml(attr = "timeout/@seconds", default, skip_default)]
    #[serde(default)]
    pub timeout: u64,
    /// Of SSH: the file with the hosts' keys.
    #[xml(attr = "knownHosts/@path")]
    pub known_hosts: Option<String>,
    #[xml(with = "ssh_identity")]
    pub ssh_identity: Option<SshIdentity>,
}

/// How an image is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum NetworkProtocol {
    Nbd,
    Rbd,
    Sheepdog,
    Gluster,
    Iscsi,
    Http,
    Https,
    Ftp,
    Ftps,
    Tftp,
    Ssh,
    Vxhs,
    Nfs,
}

impl NetworkProtocol {
    /// The TCP port that is meant if none is named.
    pub fn default_port(self) -> Option<u16> {
        Some(match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Ftp => 21,
            Self::Ftps => 990,
            Self::Tftp => 69,
            Self::Sheepdog => 7000,
            Self::Nbd => 10809,
            Self::Ssh => 22,
            Self::Iscsi => 3260,
            Self::Gluster => 24007,
            Self::Vxhs => 9999,
            // Ceph's monitors and NFS's port mapper know.
            Self::Rbd | Self::Nfs => return None,
        })
    }

    fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "host")]
pub struct NetworkHost {
    #[xml(attr)]
    pub name: Option<String>,
    /// 0: not known.
    #[xml(attr, default, skip_default, error = "InvalidArg@None")]
    pub port: u16,
    #[xml(attr, default, skip_default)]
    pub transport: HostTransport,
    /// Of the transport `unix`.
    #[xml(attr)]
    pub socket: Option<String>,
}

/// What carries the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum HostTransport {
    #[default]
    Tcp,
    Unix,
    Rdma,
    /// A descriptor that was passed beforehand; only backups know it.
    Fd,
}

/// A cookie; a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "cookie")]
pub struct Cookie {
    #[xml(attr, missing = "XmlError@object")]
    pub name: String,
    #[xml(text)]
    pub value: String,
}

/// As whom NFS is spoken: names, or numbers with a `+`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct NfsIdentity {
    #[xml(attr)]
    pub user: Option<String>,
    #[xml(attr)]
    pub group: Option<String>,
}

/// As whom SSH is spoken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct SshIdentity {
    #[xml(attr)]
    pub username: String,
    #[xml(attr)]
    pub keyfile: Option<String>,
    /// The socket of an SSH agent.
    #[xml(attr)]
    pub agentsock: Option<String>,
}

/// `<identity>` means something else, and stands elsewhere, for each protocol.
macro_rules! identity_of {
    ($module:ident, $type:ident, $protocol:literal) => {
        mod $module {
            use super::$type;
            use ferrovirt_core::Result;
            use ferrovirt_xml::{Cardinality, Item, Node, Shape, Tag, Writer, XmlContent};

            pub fn parse(node: &Node<'_>) -> Result<Option<$type>> {
                match node.child("identity") {
                    Some(identity) if node.attr("protocol") == Some($protocol) => {
                        $type::parse(&identity).map(Some)
                    }
                    _ => Ok(None),
                }
            }

            pub fn write_attrs(_: &Option<$type>, _: &mut Writer) {}

            pub fn write_children(identity: &Option<$type>, w: &mut Writer) {
                if let Some(identity) = identity {
                    let mark = w.open_optional("identity");
                    identity.write_attrs(w);
                    w.close_optional(mark);
                }
            }

            pub fn shape() -> &'static Shape {
                const SHAPE: &Shape = &Shape {
                    items: &[Item::Child {
                        tag: Tag::new("identity"),
                        cardinality: Cardinality::Optional,
                        shape: || Shape::ANY,
                    }],
                };
                SHAPE
            }
        }
    };
}

identity_of!(nfs_identity, NfsIdentity, "nfs");
identity_of!(ssh_identity, SshIdentity, "ssh");

impl NetworkSource {
    /// Reads it, and refuses what can't be an image of its protocol. Ports are filled in, and what other protocols
    /// have is dropped.
    pub(super) fn parse_checked(node: &Node<'_>) -> Result<Self> {
        let mut this = Self::parse(node)?;
        this.check_name(node)?;
        for host in &this.hosts {
            host.check(node)?;
        }
        if this.protocol == NetworkProtocol::Ssh
            && let Some(known) = node.child("knownHosts").filter(|_| this.known_hosts.is_none())
        {
            return Err(known.missing_attr("path", ErrorCode::XmlError));
        }
        if this.ssh_identity.as_ref().is_some_and(|id| id.keyfile.is_none() && id.agentsock.is_none()) {
            return Err(refuse(node, "<identity> needs a 'keyfile' or an 'agentsock'"));
        }
        this.forget_foreign();
        this.fill_defaults();
        Ok(this)
    }

    fn check_name(&self, node: &Node<'_>) -> Result<()> {
        use NetworkProtocol::{Gluster, Nbd, Rbd};
        match (&self.name, self.protocol) {
            (None, Nbd) => Ok(()),
            (None, _) => Err(node.missing_attr("name", Fault::of_object(ErrorCode::XmlError))),
            (Some(name), Gluster | Rbd) if name.find('/').is_none_or(|at| at == 0) => Err(refuse(
                node,
                format_args!("name '{name}' must be a pool and an image with '/' between them"),
            )),
            _ => Ok(()),
        }
    }

    fn forget_foreign(&mut self) {
        use NetworkProtocol::{Ftp, Ftps, Https, Nbd, Ssh};
        let protocol = self.protocol;
        if !protocol.is_http() {
            self.query = None;
            self.cookies.clear();
        }
        if !matches!(protocol, Https | Ftps) {
            self.ssl_verify = None;
        }
        if !protocol.is_http() && !matches!(protocol, Ftp | Ftps) {
            self.readahead = 0;
            self.timeout = 0;
        }
        if protocol != Nbd {
            self.reconnect_delay = 0;
        }
        if protocol != Ssh {
            self.known_hosts = None;
        }
    }

    pub(super) fn fill_defaults(&mut self) {
        let port = self.protocol.default_port().unwrap_or(0);
        for host in &mut self.hosts {
            if host.transport == HostTransport::Tcp && host.port == 0 {
                host.port = port;
            }
        }
    }

    pub(crate) fn validate(&self, auth: Option<&StorageAuth>) -> Result<()> {
        use NetworkProtocol::{Ftp, Ftps, Http, Https, Iscsi, Rbd, Sheepdog, Ssh};
        if self.protocol == Sheepdog {
            return Err(Error::config_unsupported("no hypervisor speaks 'sheepdog' any more"));
        }
        let Some(auth) = auth else { return Ok(()) };
        if !matches!(self.protocol, Iscsi | Http | Https | Ftp | Ftps | Ssh | Rbd) {
            let text = format!("protocol '{}' knows no authentication: take out <auth>", self.protocol);
            return Err(Error::config_unsupported(text));
        }
        let wanted = match self.protocol {
            Iscsi => Some(SecretUser::Iscsi),
            Rbd => Some(SecretUser::Ceph),
            _ => None,
        };
        let given = auth.secret.kind.as_deref().and_then(|kind| kind.parse::<SecretUser>().ok());
        if given.is_none() || wanted.is_some() && wanted != given {
            let named = auth.secret.kind.as_deref().unwrap_or("");
            let expected = wanted.map_or("the type of a secret".into(), |kind| format!("'{kind}'"));
            return Err(Error::config_unsupported(format!(
                "the <secret> of <auth> has type '{named}'; for protocol '{}' it must be {expected}",
                self.protocol
            )));
        }
        Ok(())
    }
}

impl NetworkHost {
    pub(crate) fn check(&self, node: &Node<'_>) -> Result<()> {
        let transport = self.transport;
        match transport {
            HostTransport::Unix if self.socket.is_none() => {
                Err(refuse(node, "<host transport='unix'> needs a 'socket'"))
            }
            HostTransport::Unix => Ok(()),
            HostTransport::Fd => Err(refuse(node, "<host transport='fd'> can't be used here")),
            _ if self.socket.is_some() => {
                Err(refuse(node, format_args!("<host transport='{transport}'> has no 'socket'")))
            }
            _ if self.name.is_none() => Err(refuse(node, "attribute 'name' of <host> is missing")),
            _ => Ok(()),
        }
    }
}
