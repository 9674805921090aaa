//! A server in the daemon: its clients, how many there may be, and the workers that serve them.

use crate::client::Client;
use crate::tls::TlsDoor;
use crate::workers::Workers;
use ferrovirt_core::{Error, ErrorDomain, Result};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;

/// How many clients there may be, and how much each may ask for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimits {
    pub max: u32,
    /// Of them, so many that have not logged in.
    pub max_anonymous: u32,
    pub max_requests: u32,
}

/// When a silent client is probed and given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepaliveSettings {
    /// `None` never probes.
    pub interval: Option<Duration>,
    pub count: u32,
}

/// One of the daemon's servers.
pub struct Server {
    /// What administrators know it by.
    pub name: &'static str,
    pub workers: Arc<Workers>,
    pub keepalive: KeepaliveSettings,
    clients: Mutex<Clients>,
    next_id: AtomicU64,
    /// How clients come in by TLS, where they can.
    tls: OnceLock<Arc<TlsDoor>>,
    /// Tells those who accept that there may be room again.
    room: Notify,
}

struct Clients {
    limits: ClientLimits,
    /// Who is still to show a certificate.
    strangers: usize,
    all: BTreeMap<u64, Client>,
}

impl Server {
    pub fn new(
        name: &'static str,
        workers: Arc<Workers>,
        limits: ClientLimits,
        keepalive: KeepaliveSettings,
    ) -> Arc<Self> {
        let clients = Mutex::new(Clients { limits, strangers: 0, all: BTreeMap::new() });
        let (next_id, tls, room) = (AtomicU64::new(1), OnceLock::new(), Notify::new());
        Arc::new(Self { name, workers, keepalive, clients, next_id, tls, room })
    }

    /// Clients can come in by TLS, too.
    pub fn set_tls(&self, door: Arc<TlsDoor>) {
        // It is set once, before the first client comes.
        let _ = self.tls.set(door);
    }

    /// Reads certificates and keys again, for clients that come from now on.
    pub fn update_tls_files(&self) -> Result<()> {
        let door = self.tls.get().ok_or_else(|| {
            let detail = format!("server '{}' serves no TLS clients: it has no files of theirs", self.name);
            Error::internal(detail).domain(ErrorDomain::Admin)
        })?;
        door.read_again()
    }

    pub fn limits(&self) -> ClientLimits {
        self.clients.lock().limits
    }

    pub fn set_limits(&self, limits: ClientLimits) {
        self.clients.lock().limits = limits;
        self.room.notify_waiters();
    }

    /// Waits until another client may come in.
    pub async fn has_room(&self) {
        loop {
            let changed = self.room.notified();
            if !self.is_full() {
                return;
            }
            changed.await;
        }
    }

    fn is_full(&self) -> bool {
        let (clients, anonymous) = self.count();
        let limits = self.limits();
        clients as u64 >= u64::from(limits.max) || anonymous as u64 >= u64::from(limits.max_anonymous)
    }

    /// A number for a new client.
    pub fn take_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub fn add(&self, client: &Client) {
        self.clients.lock().all.insert(client.id(), client.clone());
    }

    pub fn remove(&self, client: &Client) {
        self.clients.lock().all.remove(&client.id());
        self.room.notify_waiters();
    }

    /// A client has logged in: it is not anonymous any more.
    pub fn logged_in(&self) {
        self.room.notify_waiters();
    }

    /// All clients, by their numbers.
    pub fn clients(&self) -> Vec<Client> {
        self.clients.lock().all.values().cloned().collect()
    }

    pub fn client(&self, id: u64) -> Option<Client> {
        self.clients.lock().all.get(&id).cloned()
    }

    /// Whether workers are at something, or a client is still to be sent something.
    pub fn is_busy(&self) -> bool {
        let load = self.workers.load();
        load.queued > 0 || load.running > load.idle || self.clients().iter().any(Client::is_sent_something)
    }

    /// How many clients there are, and how many of them have not logged in.
    pub fn count(&self) -> (usize, usize) {
        let clients = self.clients.lock();
        let anonymous = clients.all.values().filter(|client| !client.is_logged_in()).count();
        (clients.all.len() + clients.strangers, anonymous + clients.strangers)
    }

    /// Somebody has come who is no client yet, but takes a place as one who has not logged in.
    pub fn take_stranger(self: &Arc<Self>) -> Stranger {
        self.clients.lock().strangers += 1;
        Stranger(self.clone())
    }
}

/// The place of somebody who is still to show who it is; free again when dropped.
pub struct Stranger(Arc<Server>);

impl Drop for Stranger {
    fn drop(&mut self) {
        self.0.clients.lock().strangers -= 1;
        self.0.room.notify_waiters();
    }
}
