//! Checkpoints of domains: instants from which on disks remember what was written.

use crate::{DomainCheckpointId, DomainId};

driver_trait! {
    /// Checkpoints of domains: instants from which on disks remember what was written.
    pub trait CheckpointDriver in DomainCheckpoint {
        /// `flags` are `VIR_DOMAIN_CHECKPOINT_CREATE_*`.
        fn domain_checkpoint_create_xml(
            &self,
            domain: &DomainId,
            xml: &str,
            flags: u32,
        ) -> DomainCheckpointId = "virDomainCheckpointCreateXML" writes;
        fn domain_checkpoint_get_xml_desc(&self, checkpoint: &DomainCheckpointId, flags: u32) -> String = "virDomainCheckpointGetXMLDesc";
        /// `flags` are `VIR_DOMAIN_CHECKPOINT_LIST_*`; bit 0 asks for those without a parent.
        fn domain_list_all_checkpoints(&self, domain: &DomainId, flags: u32) -> Vec<DomainCheckpointId> = "virDomainListAllCheckpoints";
        /// `flags` are `VIR_DOMAIN_CHECKPOINT_LIST_*`; bit 0 asks for all descendants.
        fn domain_checkpoint_list_all_children(
            &self,
            checkpoint: &DomainCheckpointId,
            flags: u32,
        ) -> Vec<DomainCheckpointId> = "virDomainCheckpointListAllChildren";
        fn domain_checkpoint_lookup_by_name(
            &self,
            domain: &DomainId,
            name: &str,
            flags: u32,
        ) -> DomainCheckpointId = "virDomainCheckpointLookupByName";
        fn domain_checkpoint_get_parent(
            &self,
            checkpoint: &DomainCheckpointId,
            flags: u32,
        ) -> DomainCheckpointId = "virDomainCheckpointGetParent";
        fn domain_checkpoint_delete(&self, checkpoint: &DomainCheckpointId, flags: u32) -> () = "virDomainCheckpointDelete" writes;
    }
}
