//! A server in the daemon: its clients, how many there may be, and the workers that serve them.

use crate::client::Client;
use crate::workers::Workers;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// Tells those who accept that there may be room again.
    room: Notify,
}

struct Clients {
    limits: ClientLimits,
    all: BTreeMap<u64, Client>,
}

impl Server {
    pub fn new(
        name: &'static str,
        workers: Arc<Workers>,
        limits: ClientLimits,
        keepalive: KeepaliveSettings,
    ) -> Arc<Self> {
        let clients = Mutex::new(Clients { limits, all: BTreeMap::new() });
        let (next_id, room) = (AtomicU64::new(1), Notify::new());
        Arc::new(Self { name, workers, keepalive, clients, next_id, room })
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
        let clients = self.clients.lock();
        let anonymous = clients.all.values().filter(|client| !client.is_logged_in()).count();
        clients.all.len() as u64 >= u64::from(clients.limits.max)
            || anonymous as u64 >= u64::from(clients.limits.max_anonymous)
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

    /// How many clients there are, and how many of them have not logged in.
    pub fn count(&self) -> (usize, usize) {
        let clients = self.clients.lock();
        let anonymous = clients.all.values().filter(|client| !client.is_logged_in()).count();
        (clients.all.len(), anonymous)
    }
}
