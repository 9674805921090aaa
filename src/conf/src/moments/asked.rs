//! What callers ask of a domain's moments, whatever the kind and the driver.

use super::{Moment, Moments, checkpoints, snapshots};
use crate::checkpoint::DomainCheckpoint;
use crate::snapshot::DomainSnapshot;
use ferrovirt_core::{DomainCheckpointId, DomainId, DomainSnapshotId, Error, ErrorCode, Result};
use std::sync::Arc;

/// A kind of moments that callers hold handles of.
pub trait Asked: Moment {
    /// The key of a handle.
    type Id;
    /// What is told of one that is not there.
    const MISSING: ErrorCode;

    fn id(domain: &DomainId, name: &str) -> Self::Id;

    /// Those that the flags of a list ask for, all of them or those after `from`.
    fn list<'a>(all: &'a Moments<Self>, from: Option<&str>, flags: u32) -> Vec<&'a Self>;
}

impl Asked for DomainSnapshot {
    type Id = DomainSnapshotId;
    const MISSING: ErrorCode = ErrorCode::NoDomainSnapshot;

    fn id(domain: &DomainId, name: &str) -> DomainSnapshotId {
        DomainSnapshotId { domain: domain.clone(), name: name.into() }
    }

    fn list<'a>(all: &'a Moments<Self>, from: Option<&str>, flags: u32) -> Vec<&'a Self> {
        snapshots::list(all, from, flags).collect()
    }
}

impl Asked for DomainCheckpoint {
    type Id = DomainCheckpointId;
    const MISSING: ErrorCode = ErrorCode::NoDomainCheckpoint;

    fn id(domain: &DomainId, name: &str) -> DomainCheckpointId {
        DomainCheckpointId { domain: domain.clone(), name: name.into() }
    }

    fn list<'a>(all: &'a Moments<Self>, from: Option<&str>, flags: u32) -> Vec<&'a Self> {
        checkpoints::list(all, from, flags).collect()
    }
}

/// The moments of one kind that a domain has. Errors have no domain of their own yet.
pub struct OfDomain<'a, M> {
    pub domain: &'a DomainId,
    pub moments: &'a Moments<M>,
}

impl<M: Asked> OfDomain<'_, M> {
    pub fn find(&self, name: &str) -> Result<Arc<M>> {
        let missing = || Error::new(M::MISSING, format!("no domain {} with matching name '{name}'", M::WHAT));
        self.moments.find(name).cloned().ok_or_else(missing)
    }

    pub fn lookup(&self, name: &str) -> Result<M::Id> {
        self.find(name).map(|_| M::id(self.domain, name))
    }

    pub fn list(&self, flags: u32) -> Result<Vec<M::Id>> {
        Ok(self.ids(None, flags))
    }

    /// Those that came after one that must be there.
    pub fn children(&self, of: &str, flags: u32) -> Result<Vec<M::Id>> {
        self.find(of)?;
        Ok(self.ids(Some(of), flags))
    }

    pub fn current(&self) -> Result<M::Id> {
        let current = self.moments.current().ok_or_else(|| {
            Error::new(M::MISSING, format!("domain '{}' has no current {}", self.domain.name, M::WHAT))
        })?;
        Ok(M::id(self.domain, current.name()))
    }

    pub fn is_current(&self, name: &str) -> Result<bool> {
        self.find(name)?;
        Ok(self.moments.current().is_some_and(|current| current.name() == name))
    }

    pub fn parent(&self, of: &str) -> Result<M::Id> {
        let found = self.find(of)?;
        let parent = found.parent().map(|parent| M::id(self.domain, parent));
        parent.ok_or_else(|| Error::new(M::MISSING, format!("{} '{of}' does not have a parent", M::WHAT)))
    }

    fn ids(&self, from: Option<&str>, flags: u32) -> Vec<M::Id> {
        M::list(self.moments, from, flags).into_iter().map(|found| M::id(self.domain, found.name())).collect()
    }
}
