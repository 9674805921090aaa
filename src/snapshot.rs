//! Snapshots: a domain's state at an instant, to which it can be taken back.

use crate::flags::{exclusive, requires};
use crate::{Connection, Domain};
use ferrovirt_core::abi::{VIR_DOMAIN_SNAPSHOT_CREATE_HALT, VIR_DOMAIN_SNAPSHOT_XML_SECURE};
use ferrovirt_core::driver::SnapshotDriver;
use ferrovirt_core::driver::read_only_refusal;
use ferrovirt_core::{DomainSnapshotId, Result};
use std::sync::Arc;

/// A snapshot of a domain. Cloning shares the handle.
#[derive(Clone)]
pub struct DomainSnapshot(Arc<Inner>);

struct Inner {
    domain: Domain,
    name: Arc<str>,
}

impl Domain {
    /// Takes a snapshot, or with `VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE` puts back what is known of an earlier one.
    pub fn create_snapshot(&self, xml: &str, flags: u32) -> Result<DomainSnapshot> {
        requires!(flags, VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE)?;
        exclusive!(flags, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE, VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA)?;
        exclusive!(flags, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE, VIR_DOMAIN_SNAPSHOT_CREATE_HALT)?;
        let create = || self.driver().domain_snapshot_create_xml(&self.id(), xml, flags);
        let halts = flags & VIR_DOMAIN_SNAPSHOT_CREATE_HALT != 0;
        let id = if halts { self.noting_a_stop(create)? } else { create()? };
        Ok(DomainSnapshot::new(self, id))
    }

    /// The domain's snapshots; `flags` are `VIR_DOMAIN_SNAPSHOT_LIST_*`, 0 for all.
    pub fn list_all_snapshots(&self, flags: u32) -> Result<Vec<DomainSnapshot>> {
        let ids = self.driver().domain_list_all_snapshots(&self.id(), flags)?;
        Ok(DomainSnapshot::all(self, ids))
    }

    /// The names of the domain's snapshots.
    pub fn snapshot_names(&self, flags: u32) -> Result<Vec<Arc<str>>> {
        Ok(names(self.driver().domain_list_all_snapshots(&self.id(), flags)?))
    }

    pub fn lookup_snapshot_by_name(&self, name: &str, flags: u32) -> Result<DomainSnapshot> {
        let id = self.driver().domain_snapshot_lookup_by_name(&self.id(), name, flags)?;
        Ok(DomainSnapshot::new(self, id))
    }

    pub fn has_current_snapshot(&self, flags: u32) -> Result<bool> {
        self.driver().domain_has_current_snapshot(&self.id(), flags)
    }

    /// The snapshot that the domain's state goes back to most directly.
    pub fn current_snapshot(&self, flags: u32) -> Result<DomainSnapshot> {
        let id = self.driver().domain_snapshot_current(&self.id(), flags)?;
        Ok(DomainSnapshot::new(self, id))
    }
}

impl DomainSnapshot {
    /// The object with this key, for one that is known already: no driver is asked.
    pub fn new(domain: &Domain, id: DomainSnapshotId) -> Self {
        Self(Arc::new(Inner { domain: domain.clone(), name: id.name }))
    }

    fn all(domain: &Domain, ids: Vec<DomainSnapshotId>) -> Vec<Self> {
        ids.into_iter().map(|id| Self::new(domain, id)).collect()
    }

    pub fn domain(&self) -> &Domain {
        &self.0.domain
    }

    pub fn connection(&self) -> &Connection {
        self.0.domain.connection()
    }

    /// A number that is the same for all clones of this handle and for no other live one.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// The key that drivers find the snapshot by.
    pub fn id(&self) -> DomainSnapshotId {
        DomainSnapshotId { domain: self.0.domain.id(), name: self.0.name.clone() }
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    fn driver(&self) -> &dyn SnapshotDriver {
        self.0.domain.driver()
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        if flags & VIR_DOMAIN_SNAPSHOT_XML_SECURE != 0 && self.connection().is_read_only() {
            return Err(read_only_refusal("reading the secrets of a snapshot"));
        }
        self.driver().domain_snapshot_get_xml_desc(&self.id(), flags)
    }

    /// The snapshots that were taken on top of this one; `flags` are `VIR_DOMAIN_SNAPSHOT_LIST_*`.
    pub fn list_all_children(&self, flags: u32) -> Result<Vec<DomainSnapshot>> {
        let ids = self.driver().domain_snapshot_list_all_children(&self.id(), flags)?;
        Ok(Self::all(self.domain(), ids))
    }

    /// The names of the snapshots that were taken on top of this one.
    pub fn children_names(&self, flags: u32) -> Result<Vec<Arc<str>>> {
        Ok(names(self.driver().domain_snapshot_list_all_children(&self.id(), flags)?))
    }

    /// The snapshot that this one was taken on top of; an error where there is none.
    pub fn parent(&self, flags: u32) -> Result<DomainSnapshot> {
        let id = self.driver().domain_snapshot_get_parent(&self.id(), flags)?;
        Ok(Self::new(self.domain(), id))
    }

    pub fn is_current(&self, flags: u32) -> Result<bool> {
        self.driver().domain_snapshot_is_current(&self.id(), flags)
    }

    /// Whether the driver keeps anything about the snapshot that would be lost with the domain.
    pub fn has_metadata(&self, flags: u32) -> Result<bool> {
        self.driver().domain_snapshot_has_metadata(&self.id(), flags)
    }

    /// Takes the domain back to the snapshot.
    pub fn revert(&self, flags: u32) -> Result<()> {
        exclusive!(flags, VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING, VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED)?;
        let numeric_id = self.driver().domain_revert_to_snapshot(&self.id(), flags)?;
        self.domain().set_numeric_id(numeric_id);
        Ok(())
    }

    pub fn delete(&self, flags: u32) -> Result<()> {
        exclusive!(flags, VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN, VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY)?;
        self.driver().domain_snapshot_delete(&self.id(), flags)
    }
}

fn names(ids: Vec<DomainSnapshotId>) -> Vec<Arc<str>> {
    ids.into_iter().map(|id| id.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessMode;
    use crate::connection::test_domain;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_core::abi::{
        VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT, VIR_DOMAIN_SNAPSHOT_CREATE_HALT,
        VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE, VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
        VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
    };

    fn snapshot(access: AccessMode) -> DomainSnapshot {
        let domain = test_domain(access);
        DomainSnapshot::new(&domain, DomainSnapshotId { domain: domain.id(), name: "clean".into() })
    }

    #[test]
    fn what_only_a_redefinition_can_be_and_cannot_be() {
        let domain = test_domain(AccessMode::ReadWrite);
        let code = |flags| domain.create_snapshot("<x/>", flags).err().map(|err| err.code());
        let redefine = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
        assert_eq!(code(VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT), Some(ErrorCode::InvalidArg));
        assert_eq!(code(redefine | VIR_DOMAIN_SNAPSHOT_CREATE_HALT), Some(ErrorCode::InvalidArg));
        assert_eq!(code(redefine | VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT), Some(ErrorCode::NoSupport));
    }

    #[test]
    fn a_domain_goes_back_to_one_state() {
        let both = VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING | VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED;
        let snapshot = snapshot(AccessMode::ReadWrite);
        assert_eq!(snapshot.revert(both).unwrap_err().code(), ErrorCode::InvalidArg);
        assert_eq!(snapshot.revert(0).unwrap_err().code(), ErrorCode::NoSupport);
    }

    #[test]
    fn secrets_are_not_for_read_only_connections() {
        let code = |access| snapshot(access).xml_desc(VIR_DOMAIN_SNAPSHOT_XML_SECURE).unwrap_err().code();
        assert_eq!(code(AccessMode::ReadOnly), ErrorCode::OperationDenied);
        assert_eq!(code(AccessMode::ReadWrite), ErrorCode::NoSupport);
    }
}
