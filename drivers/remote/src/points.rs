//! Snapshots and checkpoints of domains.

use crate::RemoteDriver;
use crate::forward::forward;
use ferrovirt_core::driver::{CheckpointDriver, SnapshotDriver};
use ferrovirt_core::{DomainCheckpointId, DomainId, DomainSnapshotId, Result};
use ferrovirt_rpc::program::remote::*;

impl SnapshotDriver for RemoteDriver {
    forward! {
        fn domain_snapshot_create_xml(domain: &DomainId, xml: &str, flags: u32) -> DomainSnapshotId =
            DomainSnapshotCreateXml { dom: domain.clone(), xml_desc: xml.into(), flags };
        fn domain_snapshot_get_xml_desc(snapshot: &DomainSnapshotId, flags: u32) -> String =
            DomainSnapshotGetXmlDesc { snap: snapshot.clone(), flags };
        fn domain_list_all_snapshots(domain: &DomainId, flags: u32) -> Vec<DomainSnapshotId> =
            DomainListAllSnapshots { dom: domain.clone(), need_results: 1, flags } => |reply| reply.snapshots.0;
        fn domain_snapshot_list_all_children(snapshot: &DomainSnapshotId, flags: u32) -> Vec<DomainSnapshotId> =
            DomainSnapshotListAllChildren { snapshot: snapshot.clone(), need_results: 1, flags }
            => |reply| reply.snapshots.0;
        fn domain_snapshot_lookup_by_name(domain: &DomainId, name: &str, flags: u32) -> DomainSnapshotId =
            DomainSnapshotLookupByName { dom: domain.clone(), name: name.into(), flags };
        fn domain_has_current_snapshot(domain: &DomainId, flags: u32) -> bool =
            DomainHasCurrentSnapshot { dom: domain.clone(), flags };
        fn domain_snapshot_current(domain: &DomainId, flags: u32) -> DomainSnapshotId =
            DomainSnapshotCurrent { dom: domain.clone(), flags };
        fn domain_snapshot_get_parent(snapshot: &DomainSnapshotId, flags: u32) -> DomainSnapshotId =
            DomainSnapshotGetParent { snap: snapshot.clone(), flags };
        fn domain_snapshot_is_current(snapshot: &DomainSnapshotId, flags: u32) -> bool =
            DomainSnapshotIsCurrent { snap: snapshot.clone(), flags };
        fn domain_snapshot_has_metadata(snapshot: &DomainSnapshotId, flags: u32) -> bool =
            DomainSnapshotHasMetadata { snap: snapshot.clone(), flags };
        fn domain_snapshot_delete(snapshot: &DomainSnapshotId, flags: u32) -> () =
            DomainSnapshotDelete { snap: snapshot.clone(), flags };
    }

    /// The wire's answer does not tell the id that the domain then has.
    fn domain_revert_to_snapshot(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<i32> {
        self.call(&DomainRevertToSnapshot { snap: snapshot.clone(), flags })?;
        Ok(self.call(&DomainLookupByUuid { uuid: snapshot.domain.uuid })?.id)
    }
}

impl CheckpointDriver for RemoteDriver {
    forward! {
        fn domain_checkpoint_create_xml(domain: &DomainId, xml: &str, flags: u32) -> DomainCheckpointId =
            DomainCheckpointCreateXml { dom: domain.clone(), xml_desc: xml.into(), flags };
        fn domain_checkpoint_get_xml_desc(checkpoint: &DomainCheckpointId, flags: u32) -> String =
            DomainCheckpointGetXmlDesc { checkpoint: checkpoint.clone(), flags };
        fn domain_list_all_checkpoints(domain: &DomainId, flags: u32) -> Vec<DomainCheckpointId> =
            DomainListAllCheckpoints { dom: domain.clone(), need_results: 1, flags } => |reply| reply.checkpoints.0;
        fn domain_checkpoint_list_all_children(checkpoint: &DomainCheckpointId, flags: u32) -> Vec<DomainCheckpointId> =
            DomainCheckpointListAllChildren { checkpoint: checkpoint.clone(), need_results: 1, flags }
            => |reply| reply.checkpoints.0;
        fn domain_checkpoint_lookup_by_name(domain: &DomainId, name: &str, flags: u32) -> DomainCheckpointId =
            DomainCheckpointLookupByName { dom: domain.clone(), name: name.into(), flags };
        fn domain_checkpoint_get_parent(checkpoint: &DomainCheckpointId, flags: u32) -> DomainCheckpointId =
            DomainCheckpointGetParent { checkpoint: checkpoint.clone(), flags };
        fn domain_checkpoint_delete(checkpoint: &DomainCheckpointId, flags: u32) -> () =
            DomainCheckpointDelete { checkpoint: checkpoint.clone(), flags };
    }
}
