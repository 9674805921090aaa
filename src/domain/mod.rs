//! Domains, as a caller holds them.

mod block;
mod config;
mod console;
mod devices;
mod guest;
mod jobs;
mod lifecycle;
mod lookup;
mod migration;
mod stats;
#[cfg(test)]
mod tests;
mod tuning;

pub use guest::ssh_keys_flags;
pub use jobs::running_or_paused;
pub use migration::MigrationTarget;
pub use stats::cpu_stats_query;

use crate::Connection;
use ferrovirt_core::driver::{Feature, HypervisorDriver};
use ferrovirt_core::{DomainId, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use uuid::Uuid;

/// A domain: a guest that runs or could. Cloning shares the handle.
#[derive(Clone)]
pub struct Domain(Arc<DomainInner>);

struct DomainInner {
    connection: Connection,
    /// What it was called when the handle was made: a rename leaves handles as they are.
    name: Arc<str>,
    uuid: Uuid,
    /// -1 while shut off, as far as this handle knows: starting and stopping through it keep it fresh.
    id: AtomicI32,
}

impl Domain {
    pub(crate) fn new(connection: &Connection, id: DomainId) -> Self {
        let inner = DomainInner {
            connection: connection.clone(),
            name: id.name,
            uuid: id.uuid,
            id: AtomicI32::new(id.id),
        };
        Self(Arc::new(inner))
    }

    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// A number that is the same for all clones of this handle and for no other live one.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// The key that drivers find the domain by, with the numeric id as it is known now.
    pub fn id(&self) -> DomainId {
        DomainId { name: self.name(), uuid: self.0.uuid, id: self.numeric_id() }
    }

    pub fn name(&self) -> Arc<str> {
        self.0.name.clone()
    }

    pub fn uuid(&self) -> Uuid {
        self.0.uuid
    }

    /// The number of the running guest; -1 while it is shut off, as far as this handle knows.
    pub fn numeric_id(&self) -> i32 {
        self.0.id.load(Ordering::Relaxed)
    }

    /// What a start, a stop or a look-up has told of the numeric id.
    pub(crate) fn set_numeric_id(&self, id: i32) {
        self.0.id.store(id, Ordering::Relaxed);
    }

    /// Runs a call that may stop the guest, and forgets the numeric id if it did. A driver in this process tells at once;
    /// a daemon is not asked.
    pub(crate) fn noting_a_stop<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let local = matches!(self.connection().supports(Feature::Remote), Ok(false));
        let runs = || self.is_active().unwrap_or(false);
        let ran = local && self.numeric_id() != -1 && runs();
        let answer = call()?;
        if ran && !runs() {
            self.set_numeric_id(-1);
        }
        Ok(answer)
    }

    pub(crate) fn driver(&self) -> &dyn HypervisorDriver {
        &*self.0.connection.drivers().hypervisor
    }
}
