//! The driver: the host that its connections share, and how one is opened.

use crate::auth::{self, Account};
use crate::domain::Guest;
use crate::host::HostSetup;
use crate::interface::Interfaces;
use crate::network::Networks;
use crate::node_file;
use crate::nodedev::NodeDevices;
use crate::refuse;
use crate::storage::Pools;
use ferrovirt_core::driver::Authenticator;
use ferrovirt_core::store::Store;
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, EventHub, Result};
use parking_lot::Mutex;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Weak};

/// A host that exists in memory only. It is gone with its last connection.
pub struct Host {
    pub setup: HostSetup,
    pub guests: Store<Guest>,
    pub networks: Networks,
    pub interfaces: Interfaces,
    pub pools: Pools,
    pub devices: NodeDevices,
    pub accounts: Vec<Account>,
    pub events: Arc<EventHub>,
    /// Held while a guest changes its name: that is two steps in the store.
    pub renaming: Mutex<()>,
    next_id: AtomicI32,
}

impl Host {
    pub fn new(setup: HostSetup) -> Self {
        Self {
            setup,
            guests: Store::new(),
            networks: Networks::default(),
            interfaces: Interfaces::default(),
            pools: Pools::default(),
            devices: NodeDevices::default(),
            accounts: Vec::new(),
            events: Arc::new(EventHub::new()),
            renaming: Mutex::new(()),
            next_id: AtomicI32::new(1),
        }
    }

    /// The id for the next guest that starts.
    pub fn take_id(&self) -> i32 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// The guest behind a key.
    pub fn guest(&self, domain: &DomainId) -> Result<Arc<Guest>> {
        self.guests.by_uuid(domain.uuid).ok_or_else(|| {
            let text = format!("no domain with matching uuid '{}' ({})", domain.uuid, domain.name);
            refuse::error(ErrorCode::NoDomain, text)
        })
    }
}

/// A connection's view of a host.
#[derive(Clone)]
pub struct TestDriver {
    pub(crate) host: Arc<Host>,
}

impl TestDriver {
    /// Opens the host that the path of a `test:` URI means: `/default`, which all connections of this process share, or
    /// a file that describes one, which every connection has for itself.
    pub fn open(path: &str, authenticator: Option<&dyn Authenticator>) -> Result<Self> {
        let host = match path {
            "" | "/" => {
                let text = "the URI needs a path: test:///default, or that of a file that describes a host";
                return Err(refuse::invalid_arg(text));
            }
            "/default" => default_host()?,
            file => Arc::new(node_file::load(Path::new(file))?),
        };
        auth::check(&host.accounts, authenticator)?;
        Ok(Self { host })
    }
}

/// The host behind `test:///default`, made anew where nobody has it open.
fn default_host() -> Result<Arc<Host>> {
    static DEFAULT: Mutex<Weak<Host>> = Mutex::new(Weak::new());
    let mut known = DEFAULT.lock();
    if let Some(host) = known.upgrade() {
        return Ok(host);
    }
    let host = Arc::new(node_file::default_host().map_err(broken_default)?);
    *known = Arc::downgrade(&host);
    Ok(host)
}

fn broken_default(err: Error) -> Error {
    Error::internal("the description of the default host can't be read")
        .domain(ErrorDomain::Test)
        .caused_by(err)
}
