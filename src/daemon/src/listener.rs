//! Sockets that clients come in by.

use crate::activation::Handed;
use crate::auth::{Login, Scheme};
use crate::client::{Client, Entrance, serve};
use crate::config::Permissions;
use crate::daemon::Daemon;
use crate::handlers::Table;
use crate::peer::Peer;
use crate::server::Server;
use ferrovirt_core::abi::VIR_CLIENT_TRANS_UNIX;
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_rpc::frame::{Transport, UnixTransport};
use nix::unistd::Group;
use rustix::fs::{Mode, chmod, chown};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What a socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// For everything.
    Full,
    ReadOnly,
    Admin,
}

impl Role {
    /// What follows the daemon's name in the socket's name, or in that of its unit.
    fn suffix(self) -> &'static str {
        match self {
            Self::Full => "-sock",
            Self::ReadOnly => "-sock-ro",
            Self::Admin => "-admin-sock",
        }
    }

    /// The role of a socket that was handed over: by the name of its unit, or of itself.
    pub fn of(handed: &Handed) -> Option<Self> {
        let path = rustix::net::getsockname(&handed.socket).ok();
        let path = path.and_then(|address| SocketAddrUnix::try_from(address).ok());
        let path = path.and_then(|address| {
            address.path_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        });
        let named = |name: &str, admin: &str, read_only: &str, full: &str| {
            [(admin, Self::Admin), (read_only, Self::ReadOnly), (full, Self::Full)]
                .into_iter()
                .find(|(suffix, _)| name.ends_with(suffix))
                .map(|(_, role)| role)
        };
        let by_path = path.and_then(|path| named(&path, "-admin-sock", "-sock-ro", "-sock"));
        by_path.or_else(|| named(&handed.name, "-admin.socket", "-ro.socket", ".socket"))
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
    server: Arc<Server>,
    table: Arc<Table>,
    role: Role,
    scheme: Scheme,
    socket: UnixListener,
    /// To be removed in the end, if we made it.
    path: Option<PathBuf>,
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

impl Listener {
    /// Lets clients of `role` in on `socket`; `path` is removed in the end.
    pub fn new(
        server: Arc<Server>,
        table: Arc<Table>,
        role: Role,
        scheme: Scheme,
        socket: OwnedFd,
        path: Option<PathBuf>,
    ) -> Result<Self> {
        let socket = UnixListener::from(socket);
        socket
            .set_nonblocking(true)
            .map_err(|err| Error::system(err, "cannot set up a socket").domain(ErrorDomain::Rpc))?;
        Ok(Self { server, table, role, scheme, socket, path })
    }

    /// Lets clients in, as long as there is room for them; the others wait outside.
    pub async fn run(self, daemon: Arc<Daemon>) {
        let _removed_in_the_end = Removed(self.path.clone());
        let socket = self.socket.try_clone().and_then(tokio::net::UnixListener::from_std);
        let socket = match socket {
            Ok(socket) => socket,
            Err(err) => return tracing::error!(%err, "a socket can't be watched"),
        };
        loop {
            self.server.has_room().await;
            match socket.accept().await.and_then(|(client, _)| client.into_std()) {
                Ok(client) => self.admit(&daemon, client.into()),
                Err(err) => {
                    // Out of descriptors, say: it gets better when somebody leaves.
                    tracing::warn!(%err, "a client can't be let in");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn admit(&self, daemon: &Arc<Daemon>, socket: OwnedFd) {
        let peer = Peer::of(&socket);
        let own = rustix::process::geteuid().as_raw();
        // Administration is for the daemon's own user, whatever the socket's permissions are.
        if self.role == Role::Admin && !peer.is_some_and(|peer| peer.user == 0 || peer.user == own) {
            tracing::warn!(?peer, "a client is not let in: it may not administrate");
            return;
        }
        let entrance = Entrance {
            transport: VIR_CLIENT_TRANS_UNIX,
            read_only: self.role == Role::ReadOnly,
            secure: true,
            local: true,
            address: None,
            peer,
        };
        self.enter(daemon, entrance, Box::new(UnixTransport::new(socket)));
    }

    /// Serves a client that has come in, over whatever transport.
    fn enter(&self, daemon: &Arc<Daemon>, entrance: Entrance, transport: Box<dyn Transport>) {
        let login = Login::new(self.scheme, entrance.peer.as_ref());
        let client = Client::new(daemon.clone(), self.server.clone(), entrance, login);
        // Known before the next one is let in, or there could be one too many.
        self.server.add(&client);
        tokio::spawn(serve(client, transport, self.table.clone()));
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
