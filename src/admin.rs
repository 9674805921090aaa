//! Administration of a daemon, as a caller holds it: connection, servers, clients.

use crate::connection::{CloseSlot, address};
use ferrovirt_core::abi::VIR_CONNECT_NO_ALIASES;
use ferrovirt_core::driver::{AdminClientId, AdminDriver};
use ferrovirt_core::{Error, ErrorDomain, Result, TypedParams};
use ferrovirt_driver_remote::RemoteAdmin;
use fluent_uri::UriRef;
use std::env;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

/// Called from the event loop with the connection and a `virConnectCloseReason`.
pub type AdminCloseCallback = Arc<CloseFn>;
type CloseFn = dyn Fn(&AdminConnection, i32) + Send + Sync;

/// A connection to a daemon. Cloning shares it.
#[derive(Clone)]
pub struct AdminConnection(Arc<ConnectionInner>);

struct ConnectionInner {
    uri: String,
    driver: Arc<dyn AdminDriver>,
    close: CloseSlot<CloseFn>,
}

/// A server in a daemon. Cloning shares the handle.
#[derive(Clone)]
pub struct AdminServer(Arc<ServerInner>);

struct ServerInner {
    connection: AdminConnection,
    name: String,
}

/// A client of a server. Cloning shares the handle.
#[derive(Clone)]
pub struct AdminClient(Arc<ClientInner>);

struct ClientInner {
    server: AdminServer,
    id: AdminClientId,
}

impl AdminConnection {
    /// Opens `uri`; `None` takes the default from the environment or `libvirt-admin.conf`, or the user's own libvirtd.
    pub fn open(uri: Option<&str>, flags: u32) -> Result<Self> {
        let config = address::client_config("libvirt-admin.conf")?;
        let environment = env::var("LIBVIRT_ADMIN_DEFAULT_URI").ok();
        let use_aliases = flags & VIR_CONNECT_NO_ALIASES == 0;
        let chosen = address::choose(uri, environment.as_deref(), &config, use_aliases)?;
        let privileged = rustix::process::geteuid().is_root();
        let own = if privileged { "libvirtd:///system" } else { "libvirtd:///session" };
        let uri = chosen.unwrap_or_else(|| own.to_owned());
        let socket = socket_of(&uri, &address::user_runtime_directory())?;
        Ok(Self::with_driver(&uri, Arc::new(RemoteAdmin::open(&socket, flags & !VIR_CONNECT_NO_ALIASES)?)))
    }

    /// A connection over a transport of the caller's.
    pub fn with_driver(uri: &str, driver: Arc<dyn AdminDriver>) -> Self {
        let inner = ConnectionInner { uri: uri.to_owned(), driver, close: CloseSlot::default() };
        Self(Arc::new(inner))
    }

    /// A number that is the same for all clones of this handle and for no other live one.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub fn uri(&self) -> &str {
        &self.0.uri
    }

    fn driver(&self) -> &dyn AdminDriver {
        &*self.0.driver
    }

    pub fn is_alive(&self) -> Result<bool> {
        self.driver().admin_is_alive()
    }

    /// The version of the daemon's library.
    pub fn lib_version(&self) -> Result<u64> {
        self.driver().admin_get_lib_version()
    }

    /// Has `callback` called when the connection goes away. `token` is what it is unregistered by.
    pub fn register_close_callback(&self, token: usize, callback: AdminCloseCallback) -> Result<()> {
        self.0.close.set(token, callback)?;
        let connection: Weak<ConnectionInner> = Arc::downgrade(&self.0);
        let notice = Box::new(move |reason| {
            if let Some(connection) = connection.upgrade().map(AdminConnection)
                && let Some(callback) = connection.0.close.get()
            {
                callback(&connection, reason);
            }
        });
        self.driver().admin_register_close(notice).or_else(|err| {
            self.0.close.remove(token)?;
            Err(err)
        })
    }

    pub fn unregister_close_callback(&self, token: usize) -> Result<()> {
        self.0.close.remove(token)
    }

    pub fn list_servers(&self, flags: u32) -> Result<Vec<AdminServer>> {
        let names = self.driver().admin_list_servers(flags)?;
        Ok(names.into_iter().map(|name| AdminServer::new(self, name)).collect())
    }

    pub fn lookup_server(&self, name: &str, flags: u32) -> Result<AdminServer> {
        self.driver().admin_lookup_server(name, flags).map(|name| AdminServer::new(self, name))
    }

    /// How many outputs the log has, and their definitions.
    pub fn logging_outputs(&self, flags: u32) -> Result<(i32, String)> {
        self.driver().admin_get_logging_outputs(flags)
    }

    /// How many filters the log has, and their definitions.
    pub fn logging_filters(&self, flags: u32) -> Result<(i32, String)> {
        self.driver().admin_get_logging_filters(flags)
    }

    pub fn set_logging_outputs(&self, outputs: Option<&str>, flags: u32) -> Result<()> {
        self.driver().admin_set_logging_outputs(outputs, flags)
    }

    pub fn set_logging_filters(&self, filters: Option<&str>, flags: u32) -> Result<()> {
        self.driver().admin_set_logging_filters(filters, flags)
    }

    /// Ends the daemon after so many seconds without clients and guests; 0 for never.
    pub fn set_daemon_timeout(&self, timeout: u32, flags: u32) -> Result<()> {
        self.driver().admin_set_daemon_timeout(timeout, flags)
    }

    pub fn shut_daemon_down(&self, flags: u32) -> Result<()> {
        self.driver().admin_daemon_shutdown(flags)
    }
}

impl AdminServer {
    fn new(connection: &AdminConnection, name: String) -> Self {
        Self(Arc::new(ServerInner { connection: connection.clone(), name }))
    }

    pub fn connection(&self) -> &AdminConnection {
        &self.0.connection
    }

    /// A number that is the same for all clones of this handle and for no other live one.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    fn driver(&self) -> &dyn AdminDriver {
        self.0.connection.driver()
    }

    /// The pool of worker threads (`VIR_THREADPOOL_*`).
    pub fn threadpool_parameters(&self, flags: u32) -> Result<TypedParams> {
        self.driver().admin_get_threadpool_parameters(self.name(), flags)
    }

    pub fn set_threadpool_parameters(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().admin_set_threadpool_parameters(self.name(), params, flags)
    }

    pub fn list_clients(&self, flags: u32) -> Result<Vec<AdminClient>> {
        let ids = self.driver().admin_list_clients(self.name(), flags)?;
        Ok(ids.into_iter().map(|id| AdminClient::new(self, id)).collect())
    }

    pub fn lookup_client(&self, id: u64, flags: u32) -> Result<AdminClient> {
        self.driver().admin_lookup_client(self.name(), id, flags).map(|id| AdminClient::new(self, id))
    }

    /// How many clients there are and may be (`VIR_SERVER_CLIENTS_*`).
    pub fn client_limits(&self, flags: u32) -> Result<TypedParams> {
        self.driver().admin_get_client_limits(self.name(), flags)
    }

    pub fn set_client_limits(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().admin_set_client_limits(self.name(), params, flags)
    }

    /// Reads certificates and keys again.
    pub fn update_tls_files(&self, flags: u32) -> Result<()> {
        self.driver().admin_update_tls_files(self.name(), flags)
    }
}

impl AdminClient {
    fn new(server: &AdminServer, id: AdminClientId) -> Self {
        Self(Arc::new(ClientInner { server: server.clone(), id }))
    }

    pub fn server(&self) -> &AdminServer {
        &self.0.server
    }

    /// A number that is the same for all clones of this handle and for no other live one.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub fn id(&self) -> u64 {
        self.0.id.id
    }

    /// When it connected, in seconds since 1970.
    pub fn timestamp(&self) -> i64 {
        self.0.id.timestamp
    }

    /// `virClientTransport`.
    pub fn transport(&self) -> i32 {
        self.0.id.transport
    }

    /// Who it is (`VIR_CLIENT_INFO_*`).
    pub fn info(&self, flags: u32) -> Result<TypedParams> {
        self.server().driver().admin_client_get_info(self.server().name(), self.id(), flags)
    }

    /// Ends its connection.
    pub fn close(&self, flags: u32) -> Result<()> {
        self.server().driver().admin_client_close(self.server().name(), self.id(), flags)
    }
}

/// The daemon's socket for administrators.
fn socket_of(uri: &str, user_runtime: &std::path::Path) -> Result<PathBuf> {
    let unsupported = |why: String| Error::config_unsupported(why).domain(ErrorDomain::Admin);
    let parsed = UriRef::parse(uri).map_err(|err| {
        Error::internal(format!("cannot read the connection URI '{uri}': {err}")).domain(ErrorDomain::Uri)
    })?;
    let mut socket = None;
    let query = parsed.query().map_or("", |query| query.as_str());
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if name != "socket" {
            return Err(unsupported(format!(
                "'{uri}': the parameter '{name}' is unknown; there is 'socket'"
            )));
        }
        let value = fluent_uri::pct_enc::EStr::<fluent_uri::pct_enc::encoder::Query>::new(value);
        socket = value.map(|value| PathBuf::from(value.decode().to_string_lossy().into_owned()));
    }
    if let Some(socket) = socket {
        return Ok(socket);
    }
    let scheme = parsed.scheme().map(|scheme| scheme.as_str());
    let file = match scheme {
        None => {
            return Err(unsupported(format!(
                "'{uri}': a URI begins with a daemon's name, as in 'libvirtd:///system'"
            )));
        }
        Some("libvirtd") => "libvirt-admin-sock".to_owned(),
        Some(daemon) if daemon.starts_with("virt") => format!("{daemon}-admin-sock"),
        Some(other) => {
            return Err(unsupported(format!("'{uri}': '{other}' is no daemon; libvirtd and virt...d are")));
        }
    };
    match parsed.path().as_str() {
        "/system" => Ok(PathBuf::from("/run/libvirt").join(file)),
        "/session" => Ok(user_runtime.join(file)),
        other => {
            Err(unsupported(format!("'{uri}': the path must be '/system' or '/session', not '{other}'")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use std::path::Path;

    struct Daemon;

    impl AdminDriver for Daemon {
        fn admin_list_servers(&self, _flags: u32) -> Result<Vec<String>> {
            Ok(vec!["libvirtd".into(), "admin".into()])
        }
    }

    #[test]
    fn the_socket_follows_from_the_uri() {
        let socket = |uri| socket_of(uri, Path::new("/run/user/7/libvirt"));
        let is = |uri, path: &str| assert_eq!(socket(uri).unwrap(), Path::new(path));
        is("libvirtd:///system", "/run/libvirt/libvirt-admin-sock");
        is("virtqemud:///session", "/run/user/7/libvirt/virtqemud-admin-sock");
        is("libvirtd:///system?socket=/tmp/a%20b", "/tmp/a b");
        for wrong in ["qemu:///system", "/system", "libvirtd:///x", "libvirtd:///system?a=b"] {
            assert_eq!(socket(wrong).unwrap_err().code(), ErrorCode::ConfigUnsupported, "{wrong}");
        }
    }

    #[test]
    fn what_a_transport_can_not_do_is_said_in_libvirts_domain() {
        let conn = AdminConnection::with_driver("libvirtd:///system", Arc::new(Daemon));
        let servers = conn.list_servers(0).unwrap();
        assert_eq!(servers[1].name(), "admin");
        let err = servers[0].client_limits(0).unwrap_err();
        assert_eq!((err.code(), err.error_domain()), (ErrorCode::NoSupport, ErrorDomain::Admin));
        let err = conn.register_close_callback(1, Arc::new(|_, _| ())).unwrap_err();
        assert_eq!(err.code(), ErrorCode::NoSupport);
        assert!(conn.unregister_close_callback(1).is_err(), "nothing stays registered");
    }

    #[test]
    fn where_nobody_listens_the_socket_is_named() {
        let err = AdminConnection::open(Some("libvirtd:///system?socket=/nowhere/admin"), 0).err().unwrap();
        assert_eq!((err.code(), err.error_domain()), (ErrorCode::SystemError, ErrorDomain::Rpc));
        assert!(err.message().contains("/nowhere/admin"), "{err}");
    }
}
