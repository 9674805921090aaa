//! Checkpoints: instants from which on a domain's disks remember what was written.

use crate::flags::{exclusive, requires};
use crate::{Connection, Domain};
use ferrovirt_core::abi::VIR_DOMAIN_CHECKPOINT_XML_SECURE;
use ferrovirt_core::driver::CheckpointDriver;
use ferrovirt_core::driver::read_only_refusal;
use ferrovirt_core::{DomainCheckpointId, Result};
use std::sync::Arc;

/// A checkpoint of a domain. Cloning shares the handle.
#[derive(Clone)]
pub struct DomainCheckpoint(Arc<Inner>);

struct Inner {
    domain: Domain,
    name: Arc<str>,
}

impl Domain {
    /// Makes a checkpoint, or with `VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE` puts back what is known of an earlier one.
    pub fn create_checkpoint(&self, xml: &str, flags: u32) -> Result<DomainCheckpoint> {
        exclusive!(flags, VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE, VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE)?;
        requires!(
            flags,
            VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE,
            VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE
        )?;
        let id = self.driver().domain_checkpoint_create_xml(&self.id(), xml, flags)?;
        Ok(DomainCheckpoint::new(self, id))
    }

    /// The domain's checkpoints; `flags` are `VIR_DOMAIN_CHECKPOINT_LIST_*`, 0 for all.
    pub fn list_all_checkpoints(&self, flags: u32) -> Result<Vec<DomainCheckpoint>> {
        let ids = self.driver().domain_list_all_checkpoints(&self.id(), flags)?;
        Ok(DomainCheckpoint::all(self, ids))
    }

    pub fn lookup_checkpoint_by_name(&self, name: &str, flags: u32) -> Result<DomainCheckpoint> {
        let id = self.driver().domain_checkpoint_lookup_by_name(&self.id(), name, flags)?;
        Ok(DomainCheckpoint::new(self, id))
    }
}

impl DomainCheckpoint {
    /// The object with this key, for one that is known already: no driver is asked.
    pub fn new(domain: &Domain, id: DomainCheckpointId) -> Self {
        Self(Arc::new(Inner { domain: domain.clone(), name: id.name }))
    }

    fn all(domain: &Domain, ids: Vec<DomainCheckpointId>) -> Vec<Self> {
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

    /// The key that drivers find the checkpoint by.
    pub fn id(&self) -> DomainCheckpointId {
        DomainCheckpointId { domain: self.0.domain.id(), name: self.0.name.clone() }
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    fn driver(&self) -> &dyn CheckpointDriver {
        self.0.domain.driver()
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        if flags & VIR_DOMAIN_CHECKPOINT_XML_SECURE != 0 && self.connection().is_read_only() {
            return Err(read_only_refusal("reading the secrets of a checkpoint"));
        }
        self.driver().domain_checkpoint_get_xml_desc(&self.id(), flags)
    }

    /// The checkpoints that were made on top of this one; `flags` are `VIR_DOMAIN_CHECKPOINT_LIST_*`.
    pub fn list_all_children(&self, flags: u32) -> Result<Vec<DomainCheckpoint>> {
        let ids = self.driver().domain_checkpoint_list_all_children(&self.id(), flags)?;
        Ok(Self::all(self.domain(), ids))
    }

    /// The checkpoint that this one was made on top of; an error where there is none.
    pub fn parent(&self, flags: u32) -> Result<DomainCheckpoint> {
        let id = self.driver().domain_checkpoint_get_parent(&self.id(), flags)?;
        Ok(Self::new(self.domain(), id))
    }

    /// Removes the checkpoint; what it remembers is handed to its parent.
    pub fn delete(&self, flags: u32) -> Result<()> {
        exclusive!(flags, VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN, VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY)?;
        self.driver().domain_checkpoint_delete(&self.id(), flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessMode;
    use crate::connection::test_domain;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_core::abi::{
        VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE, VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE,
        VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE,
    };

    #[test]
    fn what_only_a_redefinition_can_be_and_cannot_be() {
        let domain = test_domain(AccessMode::ReadWrite);
        let code = |flags| domain.create_checkpoint("<x/>", flags).err().map(|err| err.code());
        let redefine = VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE;
        assert_eq!(code(VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE), Some(ErrorCode::InvalidArg));
        assert_eq!(code(redefine | VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE), Some(ErrorCode::InvalidArg));
        assert_eq!(code(redefine), Some(ErrorCode::NoSupport));
    }

    #[test]
    fn secrets_are_not_for_read_only_connections() {
        let domain = test_domain(AccessMode::ReadOnly);
        let id = DomainCheckpointId { domain: domain.id(), name: "monday".into() };
        let err = DomainCheckpoint::new(&domain, id).xml_desc(VIR_DOMAIN_CHECKPOINT_XML_SECURE).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationDenied);
    }
}
