//! A client: who it is, what it has open, what it is still to be sent.

pub(crate) mod socket;
mod task;

pub use task::serve;

use crate::access::Known;
use crate::access::polkit::Subject;
use crate::auth::Login;
use crate::daemon::Daemon;
use crate::events::Registrations;
use crate::identity;
use crate::outbox::Outbox;
use crate::peer::Peer;
use crate::server::Server;
use crate::streams::Streams;
use ferrovirt::Connection;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result, TypedParams};
use ferrovirt_rpc::frame::{Layered, OutgoingMessage};
use ferrovirt_rpc::procedure::{EventMessage, Object, Procedure, Row, Rule};
use ferrovirt_rpc::program::Program;
use ferrovirt_rpc::program::remote::ConnectOpen;
use ferrovirt_rpc::server::Caller;
use parking_lot::{Mutex, RwLock};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

/// How a client came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// `virClientTransport`.
    pub transport: u32,
    pub read_only: bool,
    /// The other end is on this host, and descriptors can be passed.
    pub local: bool,
    /// The address of the other end, of clients from the network.
    pub address: Option<SocketAddr>,
    pub peer: Option<Peer>,
}

/// A client. Cloning shares it.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

/// A client that may be gone.
#[derive(Clone)]
pub struct WeakClient(Weak<Inner>);

impl WeakClient {
    pub fn upgrade(&self) -> Option<Client> {
        self.0.upgrade().map(Client)
    }
}

/// Takes a client out of its server's when it is dropped, whatever happens before.
struct Left<'a>(&'a Client);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.0.server().remove(self.0);
        self.0.daemon().client_left();
    }
}

struct Inner {
    id: u64,
    since: i64,
    entrance: Entrance,
    server: Arc<Server>,
    daemon: Arc<Daemon>,
    login: Login,
    connection: RwLock<Option<Connection>>,
    /// For whom it acts, if it has said so; else it acts for itself.
    identity: Mutex<Option<TypedParams>>,
    outbox: Arc<Outbox>,
    streams: Streams,
    events: Registrations,
    /// Its calls that workers have.
    in_flight: AtomicU32,
    /// Further calls wait for one of those to end.
    holds_calls: AtomicBool,
    /// It has opened what it came for.
    opened: AtomicBool,
    /// It has asked for signs of life, and so knows how to answer them.
    knows_keepalive: AtomicBool,
}

impl Client {
    /// A client that is sent what it is to know by `transport`.
    pub fn new(
        daemon: Arc<Daemon>,
        server: Arc<Server>,
        entrance: Entrance,
        login: Login,
        transport: Layered,
    ) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64);
        let outbox = Outbox::new(transport, daemon.unseen().clone());
        Self(Arc::new(Inner {
            id: server.take_id(),
            since,
            entrance,
            server,
            daemon,
            login,
            connection: RwLock::default(),
            identity: Mutex::default(),
            outbox,
            streams: Streams::default(),
            events: Registrations::default(),
            in_flight: AtomicU32::new(0),
            holds_calls: AtomicBool::new(false),
            opened: AtomicBool::new(false),
            knows_keepalive: AtomicBool::new(false),
        }))
    }

    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// A reference that does not keep the client.
    pub fn downgrade(&self) -> WeakClient {
        WeakClient(Arc::downgrade(&self.0))
    }

    /// When it came, in seconds since 1970.
    pub fn since(&self) -> i64 {
        self.0.since
    }

    pub fn entrance(&self) -> &Entrance {
        &self.0.entrance
    }

    pub fn server(&self) -> &Arc<Server> {
        &self.0.server
    }

    pub fn daemon(&self) -> &Arc<Daemon> {
        &self.0.daemon
    }

    pub fn login(&self) -> &Login {
        &self.0.login
    }

    /// The process that it acts for, for whoever decides what that may do.
    pub fn subject(&self) -> Option<Subject> {
        match &*self.0.identity.lock() {
            Some(params) => identity::subject(params),
            None => {
                let peer = self.0.entrance.peer.as_ref()?;
                Some(Subject { process: peer.process as u32, start: peer.start, user: peer.user })
            }
        }
    }

    /// For whom it acts, for other daemons.
    pub fn identity(&self) -> TypedParams {
        let told = self.0.identity.lock().clone();
        told.unwrap_or_else(|| identity::of_client(self))
    }

    pub fn is_logged_in(&self) -> bool {
        self.0.login.is_done()
    }

    /// It has come further in logging in, perhaps to the end.
    pub fn note_login(&self) {
        if self.is_logged_in() {
            self.0.server.logged_in();
        }
    }

    pub(crate) fn outbox(&self) -> &Arc<Outbox> {
        &self.0.outbox
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.0.streams
    }

    pub(crate) fn events(&self) -> &Registrations {
        &self.0.events
    }

    /// The connection that it has opened.
    pub fn connection(&self) -> Result<Connection> {
        let connection = self.0.connection.read().clone();
        connection.ok_or_else(|| {
            Error::internal("no connection is open: a client opens one before it calls anything else")
                .domain(ErrorDomain::Rpc)
        })
    }

    /// Whether it has opened what it came for: a connection, or the administration.
    pub fn has_opened(&self) -> bool {
        self.0.opened.load(Ordering::Relaxed)
    }

    pub fn note_opened(&self) {
        self.0.opened.store(true, Ordering::Relaxed);
    }

    /// Keeps the connection that was opened for it.
    pub fn set_connection(&self, connection: Connection) -> Result<()> {
        let mut slot = self.0.connection.write();
        if slot.is_some() {
            return Err(Error::internal("the client has a connection open already").domain(ErrorDomain::Rpc));
        }
        *slot = Some(connection);
        self.note_opened();
        Ok(())
    }

    /// Gives up everything that it has open.
    pub fn release(&self) {
        self.0.events.clear();
        self.0.streams.abort_all();
        let connection = self.0.connection.write().take();
        drop(connection);
    }

    /// Takes it out of its server's clients, when it has nothing open any more: who finds it gone finds so what it did.
    pub fn leave(&self) {
        let _left = Left(self);
        self.release();
    }

    /// From now on it acts for somebody else.
    pub fn set_identity(&self, params: TypedParams) {
        *self.0.identity.lock() = Some(params);
    }

    /// Sends a message that it did not ask for.
    pub fn send_event<E: EventMessage>(&self, event: &E) {
        match OutgoingMessage::event(event) {
            Ok(message) => self.0.outbox.tell(message),
            Err(err) => {
                tracing::warn!(client = self.0.id, event = E::ROW.name, %err, "an event can't be sent")
            }
        }
    }

    /// Whether something is still on its way to it.
    pub fn is_sent_something(&self) -> bool {
        !self.0.outbox.is_empty()
    }

    /// Ends its connection.
    pub fn close(&self, why: &'static str) {
        self.0.outbox.close(why);
    }

    /// It asks for signs of life: it is sent some, too.
    pub fn start_keepalive(&self) {
        self.0.knows_keepalive.store(true, Ordering::Relaxed);
        self.0.outbox.wake();
    }

    fn begin_request(&self) {
        self.0.in_flight.fetch_add(1, Ordering::SeqCst);
    }

    fn end_request(&self) {
        // One order of all: its task says that it holds calls and then counts, and this counts and then looks.
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
        if self.0.holds_calls.load(Ordering::SeqCst) {
            self.0.outbox.wake();
        }
    }

    fn requests(&self) -> u32 {
        self.0.in_flight.load(Ordering::SeqCst)
    }

    fn note_held(&self, any: bool) {
        self.0.holds_calls.store(any, Ordering::SeqCst);
    }
}

impl Caller for Client {
    fn is_read_only(&self) -> bool {
        self.0.entrance.read_only
    }

    fn is_controlled(&self) -> bool {
        self.0.daemon.access().is_ok_and(|access| access.is_controlled())
    }

    fn permit(&self, row: &'static Row, rules: &[&'static Rule], object: Option<Object>) -> Result<()> {
        // Which driver that is about is known once it is open.
        if *row == *ConnectOpen::ROW {
            return Ok(());
        }
        let connection = self.connection()?;
        let about = match &object {
            Some(object) => Known::looked_up(&connection, object)?,
            None => Known::connection(&connection)?,
        };
        self.0.daemon.access()?.check(self.subject(), rules, &about)
    }

    fn admit(&self, row: &'static Row) -> Result<()> {
        const LOGGING_IN: [&str; 5] =
            ["AuthList", "AuthSaslInit", "AuthSaslStart", "AuthSaslStep", "AuthPolkit"];
        if self.is_logged_in() || (row.program == Program::Remote && LOGGING_IN.contains(&row.name)) {
            return Ok(());
        }
        let detail = format!("{} is for clients that have logged in", row.name);
        Err(Error::new(ErrorCode::Rpc, detail).domain(ErrorDomain::Rpc))
    }
}
