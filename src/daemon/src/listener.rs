//! Sockets that clients come in by.

use crate::activation::Handed;
use crate::auth::{Login, SaslRules, Scheme};
use crate::client::{Client, Entrance, serve};
use crate::config::Permissions;
use crate::daemon::Daemon;
use crate::handlers::Table;
use crate::peer::Peer;
use crate::server::Server;
use crate::tls::TlsDoor;
use ferrovirt_core::abi::{VIR_CLIENT_TRANS_TCP, VIR_CLIENT_TRANS_TLS, VIR_CLIENT_TRANS_UNIX};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_rpc::frame::{Layered, TcpTransport, Transport, UnixTransport};
use nix::unistd::Group;
use rustix::fs::{Mode, chmod, chown};
use rustix::net::sockopt::{set_socket_send_buffer_size, set_socket_send_buffer_size_force};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

/// How much a client of this host may be sent before it reads: most hosts' statistics and lists in one piece. What a UNIX
/// socket takes otherwise is a fifth of that.
const SEND_BUFFER: usize = 512 << 10;

/// What a socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// For everything.
    Full,
    ReadOnly,
    Admin,
    /// For everything, from the network.
    Tcp,
    /// The same, encrypted.
    Tls,
}

impl Role {
    /// What follows the daemon's name in the names of its sockets on this host.
    fn suffix(self) -> &'static str {
        match self {
            Self::Full | Self::Tcp | Self::Tls => "-sock",
            Self::ReadOnly => "-sock-ro",
            Self::Admin => "-admin-sock",
        }
    }

    pub fn is_of_this_host(self) -> bool {
        !matches!(self, Self::Tcp | Self::Tls)
    }

    /// The role of a socket that was handed over: by the name of its unit, or of itself.
    pub fn of(handed: &Handed) -> Option<Self> {
        const BY_UNIT: [(&str, Role); 5] = [
            ("-admin.socket", Role::Admin),
            ("-ro.socket", Role::ReadOnly),
            ("-tcp.socket", Role::Tcp),
            ("-tls.socket", Role::Tls),
            (".socket", Role::Full),
        ];
        const BY_PATH: [(&str, Role); 3] =
            [("-admin-sock", Role::Admin), ("-sock-ro", Role::ReadOnly), ("-sock", Role::Full)];
        let find = |rows: &[(&str, Self)], name: &str| {
            rows.iter().find(|(suffix, _)| name.ends_with(suffix)).map(|(_, role)| *role)
        };
        let address = rustix::net::getsockname(&handed.socket).ok();
        let address = address.and_then(|address| SocketAddrUnix::try_from(address).ok());
        let path = address.as_ref().and_then(|address| address.path_bytes()).map(String::from_utf8_lossy);
        path.and_then(|path| find(&BY_PATH, &path)).or_else(|| find(&BY_UNIT, &handed.name))
    }
}

/// How to make a socket.
#[derive(Debug, Clone)]
pub struct Plan {
    pub path: PathBuf,
    pub permissions: Permissions,
    pub group: Option<u32>,
    /// Clients that may wait to be let in.
    pub backlog: u32,
}

/// A socket on which clients are let in.
pub struct Listener {
    pub server: Arc<Server>,
    pub table: Arc<Table>,
    pub role: Role,
    pub scheme: Scheme,
    pub sasl: Arc<SaslRules>,
    /// For clients that come in by TLS.
    pub tls: Option<Arc<TlsDoor>>,
    pub socket: OwnedFd,
    /// To be removed in the end, if we made it.
    pub path: Option<PathBuf>,
}

/// Makes a socket for clients from the network: at an address, or at all that the host has.
pub fn network_socket(address: Option<&str>, port: &str) -> Result<OwnedFd> {
    let number: u16 = port
        .parse()
        .map_err(|_| Error::config_unsupported(format!("'{port}' is no port: name it by its number")))?;
    let made = match address {
        Some(address) => TcpListener::bind((address, number)),
        // A host may know no addresses of the newer kind.
        None => TcpListener::bind((Ipv6Addr::UNSPECIFIED, number))
            .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, number))),
    };
    let place = address.map_or_else(|| format!("port {port}"), |address| format!("'{address}' port {port}"));
    let made = made.map_err(|err| Error::system(err, format!("cannot listen on {place}")));
    made.map(OwnedFd::from).map_err(|err| err.domain(ErrorDomain::Rpc))
}

/// The number of a group.
pub fn group(name: &str) -> Result<u32> {
    let found = Group::from_name(name).map_err(|err| {
        Error::system(std::io::Error::from(err), format!("cannot look up the group '{name}' of the sockets"))
    })?;
    found.map(|group| group.gid.as_raw()).ok_or_else(|| {
        Error::internal(format!("the group '{name}' of the sockets ('unix_sock_group') does not exist"))
    })
}

/// Where the socket of a role is.
pub fn socket_path(folder: &Path, sockets: &str, role: Role) -> PathBuf {
    folder.join(format!("{sockets}{}", role.suffix()))
}

impl Plan {
    /// Makes the socket. Nobody can connect before it has its permissions.
    pub fn make(&self) -> Result<OwnedFd> {
        let failed = |what: &str, err: std::io::Error| {
            Error::system(err, format!("cannot {what} the socket '{}'", self.path.display()))
                .domain(ErrorDomain::Rpc)
        };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|err| failed("make the folder of", err))?;
        }
        match fs::remove_file(&self.path) {
            Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed("replace", err));
            }
            _ => {}
        }
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
            .map_err(|err| failed("make", err.into()))?;
        let address = SocketAddrUnix::new(&self.path).map_err(|err| failed("name", err.into()))?;
        bind(&socket, &address).map_err(|err| failed("bind", err.into()))?;
        let closed = chmod(&self.path, Mode::empty());
        closed.map_err(|err| failed("set the permissions of", err.into()))?;
        if let Some(group) = self.group {
            chown(&self.path, None, Some(rustix::fs::Gid::from_raw(group)))
                .map_err(|err| failed("set the group of", err.into()))?;
        }
        chmod(&self.path, Mode::from_raw_mode(self.permissions.0))
            .map_err(|err| failed("set the permissions of", err.into()))?;
        let backlog = i32::try_from(self.backlog).unwrap_or(i32::MAX);
        listen(&socket, backlog).map_err(|err| failed("listen on", err.into()))?;
        Ok(socket)
    }
}

/// A socket that the reactor watches.
enum Watched {
    Unix(tokio::net::UnixListener),
    Tcp(tokio::net::TcpListener),
}

impl Watched {
    /// A client's socket, and where it is if it is from the network.
    async fn accept(&self) -> io::Result<(OwnedFd, Option<SocketAddr>)> {
        match self {
            Self::Unix(listener) => Ok((listener.accept().await?.0.into_std()?.into(), None)),
            Self::Tcp(listener) => {
                let (client, address) = listener.accept().await?;
                client.set_nodelay(true)?;
                Ok((client.into_std()?.into(), Some(address)))
            }
        }
    }
}

impl Listener {
    fn watch(&self) -> io::Result<Watched> {
        let socket = self.socket.try_clone()?;
        rustix::io::ioctl_fionbio(&socket, true)?;
        Ok(match self.role.is_of_this_host() {
            true => Watched::Unix(tokio::net::UnixListener::from_std(socket.into())?),
            false => Watched::Tcp(tokio::net::TcpListener::from_std(socket.into())?),
        })
    }

    /// Lets clients in, as long as there is room for them; the others wait outside.
    pub async fn run(self: Arc<Self>, daemon: Arc<Daemon>) {
        let _removed_in_the_end = Removed(self.path.clone());
        let socket = match self.watch() {
            Ok(socket) => socket,
            Err(err) => return tracing::error!(%err, "a socket can't be watched"),
        };
        loop {
            self.server.has_room().await;
            match socket.accept().await {
                Ok((client, address)) => self.admit(&daemon, client, address),
                Err(err) => {
                    // Out of descriptors, say: it gets better when somebody leaves.
                    tracing::warn!(%err, "a client can't be let in");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, daemon: &Arc<Daemon>, socket: OwnedFd, address: Option<SocketAddr>) {
        match (self.role, &self.tls) {
            (Role::Tls, Some(door)) => self.shake_hands(daemon, door.clone(), socket, address),
            (Role::Tcp | Role::Tls, _) => {
                let entrance = self.entrance(VIR_CLIENT_TRANS_TCP, address, None);
                self.enter(daemon, entrance, Layered::new(TcpTransport::new(socket)));
            }
            _ => {
                let peer = Peer::of(&socket);
                let own = rustix::process::geteuid().as_raw();
                // Administration is for the daemon's own user, whatever the socket's permissions are.
                if self.role == Role::Admin && !peer.is_some_and(|peer| peer.user == 0 || peer.user == own) {
                    return tracing::warn!(?peer, "a client is not let in: it may not administrate");
                }
                let entrance = self.entrance(VIR_CLIENT_TRANS_UNIX, None, peer);
                take_long_replies(&socket);
                self.enter(daemon, entrance, Layered::new(UnixTransport::new(socket)));
            }
        }
    }

    fn entrance(&self, transport: u32, address: Option<SocketAddr>, peer: Option<Peer>) -> Entrance {
        Entrance {
            transport,
            read_only: self.role == Role::ReadOnly,
            local: transport == VIR_CLIENT_TRANS_UNIX,
            address,
            peer,
        }
    }

    /// A client, not served yet.
    fn client(&self, daemon: &Arc<Daemon>, entrance: Entrance, transport: &Layered) -> Client {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let local = rustix::net::getsockname(transport.descriptor()).ok();
        let local = local.map(|any| SocketAddr::try_from(any).unwrap_or(here));
        let ends = (local, entrance.address.or(Some(here)));
        let peer = entrance.peer.as_ref();
        let login = Login::new(self.scheme, peer, transport.clone(), ends, self.sasl.clone());
        Client::new(daemon.clone(), self.server.clone(), entrance, login, transport.clone())
    }

    /// Serves a client that has come in.
    fn enter(&self, daemon: &Arc<Daemon>, entrance: Entrance, transport: Layered) {
        let client = self.client(daemon, entrance, &transport);
        // Known before the next one is let in, or there could be one too many.
        self.server.add(&client);
        tokio::spawn(serve(client, Box::new(transport), self.table.clone()));
    }

    /// Serves a client once it has shown a certificate that will do. Until then it has a place of those without a login.
    fn shake_hands(
        self: &Arc<Self>,
        daemon: &Arc<Daemon>,
        door: Arc<TlsDoor>,
        socket: OwnedFd,
        address: Option<SocketAddr>,
    ) {
        let stranger = self.server.take_stranger();
        let (listener, daemon) = (self.clone(), daemon.clone());
        tokio::spawn(async move {
            let admitted = door.admit(TcpTransport::new(socket)).await;
            drop(stranger);
            match admitted {
                Ok((transport, name)) => {
                    let transport = Layered::new(transport);
                    let entrance = listener.entrance(VIR_CLIENT_TRANS_TLS, address, None);
                    let client = listener.client(&daemon, entrance, &transport);
                    client.login().set_certificate(name);
                    listener.server.add(&client);
                    serve(client, Box::new(transport), listener.table.clone()).await;
                }
                Err(err) => tracing::warn!(?address, %err, "a client is not let in"),
            }
        });
    }
}

/// Removes a socket's file when nobody listens any more.
struct Removed(Option<PathBuf>);

impl Drop for Removed {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// Lets a socket take long replies in one piece. More than the host's limit only root may ask for, and it goes without.
fn take_long_replies(socket: &OwnedFd) {
    let forced = set_socket_send_buffer_size_force(socket, SEND_BUFFER);
    if let Err(err) = forced.or_else(|_| set_socket_send_buffer_size(socket, SEND_BUFFER)) {
        tracing::debug!(%err, "a client's socket keeps the send buffer that it has");
    }
}
