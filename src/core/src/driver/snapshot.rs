//! Snapshots of domains.

use crate::{DomainId, DomainSnapshotId};

driver_trait! {
    /// Snapshots of domains.
    pub trait SnapshotDriver in DomainSnapshot {
        /// `flags` are `VIR_DOMAIN_SNAPSHOT_CREATE_*`.
        fn domain_snapshot_create_xml(&self, domain: &DomainId, xml: &str, flags: u32) -> DomainSnapshotId = "virDomainSnapshotCreateXML" writes;
        fn domain_snapshot_get_xml_desc(&self, snapshot: &DomainSnapshotId, flags: u32) -> String = "virDomainSnapshotGetXMLDesc";
        /// `flags` are `VIR_DOMAIN_SNAPSHOT_LIST_*`; bit 0 asks for those without a parent.
        fn domain_list_all_snapshots(&self, domain: &DomainId, flags: u32) -> Vec<DomainSnapshotId> = "virDomainListAllSnapshots";
        /// `flags` are `VIR_DOMAIN_SNAPSHOT_LIST_*`; bit 0 asks for all descendants.
        fn domain_snapshot_list_all_children(
            &self,
            snapshot: &DomainSnapshotId,
            flags: u32,
        ) -> Vec<DomainSnapshotId> = "virDomainSnapshotListAllChildren";
        fn domain_snapshot_lookup_by_name(
            &self,
            domain: &DomainId,
            name: &str,
            flags: u32,
        ) -> DomainSnapshotId = "virDomainSnapshotLookupByName";
        fn domain_has_current_snapshot(&self, domain: &DomainId, flags: u32) -> bool = "virDomainHasCurrentSnapshot";
        fn domain_snapshot_current(&self, domain: &DomainId, flags: u32) -> DomainSnapshotId = "virDomainSnapshotCurrent";
        fn domain_snapshot_get_parent(&self, snapshot: &DomainSnapshotId, flags: u32) -> DomainSnapshotId = "virDomainSnapshotGetParent";
        fn domain_snapshot_is_current(&self, snapshot: &DomainSnapshotId, flags: u32) -> bool = "virDomainSnapshotIsCurrent";
        fn domain_snapshot_has_metadata(&self, snapshot: &DomainSnapshotId, flags: u32) -> bool = "virDomainSnapshotHasMetadata";
        /// The domain's numeric id afterwards comes back: -1 where it is shut off.
        fn domain_revert_to_snapshot(&self, snapshot: &DomainSnapshotId, flags: u32) -> i32 = "virDomainRevertToSnapshot" writes;
        fn domain_snapshot_delete(&self, snapshot: &DomainSnapshotId, flags: u32) -> () = "virDomainSnapshotDelete" writes;
    }
}
