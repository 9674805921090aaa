//! A connection: which drivers serve it, what it may do, who listens to its events.

pub(crate) mod address;
mod close;
mod drivers;
mod embedded;
#[cfg(test)]
mod idle;
mod local;
mod neighbours;
mod no_guests;
mod open;
mod remote;

pub use close::CloseCallback;
pub use drivers::Drivers;
pub use ferrovirt_driver_remote::Acting;
#[cfg(test)]
pub(crate) use idle::{test_connection, test_connection_to, test_domain};
pub use local::{LocalHost, Subjects};
pub use neighbours::Neighbours;
pub use open::{AccessMode, OpenOptions};

use crate::events::EventRegistry;
use close::CloseFn;
pub(crate) use close::CloseSlot;
use ferrovirt_core::Result;
use std::sync::Arc;

/// A connection to a host. Cloning shares it; it closes when the last clone and the last object on it are gone.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

struct Inner {
    uri: String,
    access: AccessMode,
    drivers: Drivers,
    events: EventRegistry,
    close: CloseSlot<CloseFn>,
}

impl Connection {
    /// Opens `uri`; `None` takes the default from the environment or the configuration, or probes.
    pub fn open(uri: Option<&str>) -> Result<Self> {
        OpenOptions::new().open(uri)
    }

    /// A connection that these drivers serve, for programs that bring their own.
    pub fn new(uri: String, access: AccessMode, drivers: Drivers) -> Self {
        let drivers = match access {
            AccessMode::ReadOnly => drivers.read_only(),
            AccessMode::ReadWrite => drivers,
        };
        let (events, close) = Default::default();
        Self(Arc::new(Inner { uri, access, drivers, events, close }))
    }

    /// The URI that was asked for, completed.
    pub fn requested_uri(&self) -> &str {
        &self.0.uri
    }

    /// Whether calls that change something are refused.
    pub fn is_read_only(&self) -> bool {
        self.0.access == AccessMode::ReadOnly
    }

    /// A number that is the same for all clones of this connection and for no other live one.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// The drivers that serve this connection, for programs that listen to their events by themselves.
    pub fn drivers(&self) -> &Drivers {
        &self.0.drivers
    }

    pub(crate) fn events(&self) -> &EventRegistry {
        &self.0.events
    }
}
