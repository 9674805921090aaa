//! Snapshots and checkpoints: which calls there are, and what flags they know.

use crate::driver::QemuDriver;
use crate::snapshot;
use ferrovirt_conf::checkpoint::{CheckpointXml, DomainCheckpoint};
use ferrovirt_conf::moments::{Asked, OfDomain, checkpoints, snapshots};
use ferrovirt_conf::snapshot::DomainSnapshot;
use ferrovirt_core::driver::{CheckpointDriver, SnapshotDriver};
use ferrovirt_core::{DomainCheckpointId, DomainId, DomainSnapshotId, Error, ErrorDomain, Result, abi};
use std::sync::Arc;

fn own(err: Error) -> Error {
    err.or_domain(ErrorDomain::Qemu)
}

impl QemuDriver {
    /// Asks something of a domain's snapshots.
    fn snapshots<T>(
        &self,
        domain: &DomainId,
        ask: impl FnOnce(OfDomain<'_, DomainSnapshot>) -> Result<T>,
    ) -> Result<T> {
        let view = self.shared.find(domain)?.view();
        ask(OfDomain { domain, moments: &view.snapshots }).map_err(own)
    }

    /// Asks something of a domain's checkpoints.
    fn checkpoints<T>(
        &self,
        domain: &DomainId,
        ask: impl FnOnce(OfDomain<'_, DomainCheckpoint>) -> Result<T>,
    ) -> Result<T> {
        let view = self.shared.find(domain)?.view();
        ask(OfDomain { domain, moments: &view.checkpoints }).map_err(own)
    }

    fn snapshot(&self, id: &DomainSnapshotId) -> Result<Arc<DomainSnapshot>> {
        self.snapshots(&id.domain, |all| all.find(&id.name))
    }

    fn checkpoint(&self, id: &DomainCheckpointId) -> Result<Arc<DomainCheckpoint>> {
        self.checkpoints(&id.domain, |all| all.find(&id.name))
    }
}

const CREATE: u32 = abi::VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE
    | abi::VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT
    | abi::VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA
    | abi::VIR_DOMAIN_SNAPSHOT_CREATE_HALT
    | abi::VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY
    | abi::VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT
    | abi::VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE
    | abi::VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC
    | abi::VIR_DOMAIN_SNAPSHOT_CREATE_LIVE
    | abi::VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE;

impl SnapshotDriver for QemuDriver {
    fn domain_snapshot_create_xml(
        &self,
        domain: &DomainId,
        xml: &str,
        flags: u32,
    ) -> Result<DomainSnapshotId> {
        super::refuse_flags(flags, CREATE, "virDomainSnapshotCreateXML")?;
        let needs = |flag: u32, other: u32| flags & flag != 0 && flags & other == 0;
        if needs(abi::VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE, abi::VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY) {
            let text = "file systems are frozen only for a snapshot of the disks alone (DISK_ONLY)";
            return Err(own(Error::invalid_arg(text)));
        }
        let both = abi::VIR_DOMAIN_SNAPSHOT_CREATE_LIVE | abi::VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
        if flags & both == both {
            return Err(own(Error::invalid_arg(
                "a snapshot that is redefined is not taken, live or otherwise",
            )));
        }
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("snapshot")?;
        let name = snapshot::create(&self.shared, &vm, xml, flags).map_err(own)?;
        Ok(DomainSnapshot::id(domain, &name))
    }

    fn domain_snapshot_get_xml_desc(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<String> {
        let secure = abi::VIR_DOMAIN_SNAPSHOT_XML_SECURE;
        super::refuse_flags(flags, secure, "virDomainSnapshotGetXMLDesc")?;
        Ok(self.snapshot(snapshot)?.to_xml(snapshot.domain.uuid, flags & secure != 0))
    }

    fn domain_list_all_snapshots(&self, domain: &DomainId, flags: u32) -> Result<Vec<DomainSnapshotId>> {
        super::refuse_flags(flags, snapshots::LIST_FLAGS, "virDomainListAllSnapshots")?;
        self.snapshots(domain, |all| all.list(flags))
    }

    fn domain_snapshot_list_all_children(
        &self,
        snapshot: &DomainSnapshotId,
        flags: u32,
    ) -> Result<Vec<DomainSnapshotId>> {
        super::refuse_flags(flags, snapshots::LIST_FLAGS, "virDomainSnapshotListAllChildren")?;
        self.snapshots(&snapshot.domain, |all| all.children(&snapshot.name, flags))
    }

    fn domain_snapshot_lookup_by_name(
        &self,
        domain: &DomainId,
        name: &str,
        flags: u32,
    ) -> Result<DomainSnapshotId> {
        super::refuse_flags(flags, 0, "virDomainSnapshotLookupByName")?;
        self.snapshots(domain, |all| all.lookup(name))
    }

    fn domain_has_current_snapshot(&self, domain: &DomainId, flags: u32) -> Result<bool> {
        super::refuse_flags(flags, 0, "virDomainHasCurrentSnapshot")?;
        Ok(self.shared.find(domain)?.view().snapshots.current().is_some())
    }

    fn domain_snapshot_current(&self, domain: &DomainId, flags: u32) -> Result<DomainSnapshotId> {
        super::refuse_flags(flags, 0, "virDomainSnapshotCurrent")?;
        self.snapshots(domain, |all| all.current())
    }

    fn domain_snapshot_get_parent(
        &self,
        snapshot: &DomainSnapshotId,
        flags: u32,
    ) -> Result<DomainSnapshotId> {
        super::refuse_flags(flags, 0, "virDomainSnapshotGetParent")?;
        self.snapshots(&snapshot.domain, |all| all.parent(&snapshot.name))
    }

    fn domain_snapshot_is_current(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<bool> {
        super::refuse_flags(flags, 0, "virDomainSnapshotIsCurrent")?;
        self.snapshots(&snapshot.domain, |all| all.is_current(&snapshot.name))
    }

    fn domain_snapshot_has_metadata(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<bool> {
        super::refuse_flags(flags, 0, "virDomainSnapshotHasMetadata")?;
        self.snapshot(snapshot).map(|_| true)
    }

    fn domain_revert_to_snapshot(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<i32> {
        let known = abi::VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING
            | abi::VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED
            | abi::VIR_DOMAIN_SNAPSHOT_REVERT_FORCE;
        super::refuse_flags(flags, known, "virDomainRevertToSnapshot")?;
        let vm = self.shared.find(&snapshot.domain)?;
        let _job = vm.job.begin("revert to snapshot")?;
        let found = self.snapshot(snapshot)?;
        snapshot::revert(&self.shared, &vm, &found, flags).map_err(own)
    }

    fn domain_snapshot_delete(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN
            | abi::VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY
            | abi::VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY;
        super::refuse_flags(flags, known, "virDomainSnapshotDelete")?;
        let vm = self.shared.find(&snapshot.domain)?;
        let _job = vm.job.begin("delete snapshot")?;
        self.snapshot(snapshot)?;
        snapshot::delete(&self.shared, &vm, &snapshot.name, flags).map_err(own)
    }
}

impl CheckpointDriver for QemuDriver {
    fn domain_checkpoint_create_xml(
        &self,
        domain: &DomainId,
        xml: &str,
        flags: u32,
    ) -> Result<DomainCheckpointId> {
        let known = abi::VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE
            | abi::VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE
            | abi::VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE;
        super::refuse_flags(flags, known, "virDomainCheckpointCreateXML")?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("checkpoint")?;
        let name = snapshot::create_checkpoint(&self.shared, &vm, xml, flags).map_err(own)?;
        Ok(DomainCheckpoint::id(domain, &name))
    }

    fn domain_checkpoint_get_xml_desc(&self, checkpoint: &DomainCheckpointId, flags: u32) -> Result<String> {
        let secure = abi::VIR_DOMAIN_CHECKPOINT_XML_SECURE;
        let no_domain = abi::VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN;
        super::refuse_flags(flags, secure | no_domain, "virDomainCheckpointGetXMLDesc")?;
        let what =
            CheckpointXml { secure: flags & secure != 0, no_domain: flags & no_domain != 0, sizes: None };
        Ok(self.checkpoint(checkpoint)?.to_xml(what))
    }

    fn domain_list_all_checkpoints(&self, domain: &DomainId, flags: u32) -> Result<Vec<DomainCheckpointId>> {
        super::refuse_flags(flags, checkpoints::LIST_FLAGS, "virDomainListAllCheckpoints")?;
        self.checkpoints(domain, |all| all.list(flags))
    }

    fn domain_checkpoint_list_all_children(
        &self,
        checkpoint: &DomainCheckpointId,
        flags: u32,
    ) -> Result<Vec<DomainCheckpointId>> {
        super::refuse_flags(flags, checkpoints::LIST_FLAGS, "virDomainCheckpointListAllChildren")?;
        self.checkpoints(&checkpoint.domain, |all| all.children(&checkpoint.name, flags))
    }

    fn domain_checkpoint_lookup_by_name(
        &self,
        domain: &DomainId,
        name: &str,
        flags: u32,
    ) -> Result<DomainCheckpointId> {
        super::refuse_flags(flags, 0, "virDomainCheckpointLookupByName")?;
        self.checkpoints(domain, |all| all.lookup(name))
    }

    fn domain_checkpoint_get_parent(
        &self,
        checkpoint: &DomainCheckpointId,
        flags: u32,
    ) -> Result<DomainCheckpointId> {
        super::refuse_flags(flags, 0, "virDomainCheckpointGetParent")?;
        self.checkpoints(&checkpoint.domain, |all| all.parent(&checkpoint.name))
    }

    fn domain_checkpoint_delete(&self, checkpoint: &DomainCheckpointId, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN
            | abi::VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY
            | abi::VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY;
        super::refuse_flags(flags, known, "virDomainCheckpointDelete")?;
        let vm = self.shared.find(&checkpoint.domain)?;
        let _job = vm.job.begin("delete checkpoint")?;
        self.checkpoint(checkpoint)?;
        snapshot::delete_checkpoint(&self.shared, &vm, &checkpoint.name, flags).map_err(own)
    }
}
