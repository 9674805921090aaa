//! Removing snapshots and checkpoints.

use super::{change_checkpoints, change_snapshots, images, internal};
use crate::driver::Shared;
use crate::qmp::Transaction;
use crate::vm::Vm;
use ferrovirt_conf::checkpoint::CheckpointKind;
use ferrovirt_conf::domain::SnapshotLocation;
use ferrovirt_conf::snapshot::DomainSnapshot;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorCode, Result, abi};
use serde_json::json;
use std::sync::Arc;

/// Removes a snapshot, those that follow it, or only these. The caller holds the guest's job.
pub fn delete(shared: &Arc<Shared>, vm: &Arc<Vm>, name: &str, flags: u32) -> Result<()> {
    let children = flags & abi::VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN != 0;
    let only_children = flags & abi::VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY != 0;
    let before = vm.view().snapshots.clone();
    let mut after = (*before).clone();
    after.remove(name, children, only_children);
    if flags & abi::VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY == 0 {
        let going: Vec<_> = before.names().filter(|name| after.find(name).is_none()).collect();
        let going = going.into_iter().filter_map(|name| before.find(name).cloned());
        let going: Vec<Arc<DomainSnapshot>> = going.collect();
        if let Some(external) = going.iter().find(|snapshot| snapshot.is_external()) {
            let text = format!(
                "snapshot '{}' is external: what it holds would have to go into another image, which is not done here; \
                 remove only its metadata",
                external.name
            );
            return Err(Error::new(ErrorCode::OperationUnsupported, text));
        }
        for snapshot in going {
            remove_from_images(shared, vm, &snapshot)?;
        }
    }
    change_snapshots(shared, vm, |all| {
        *all = after;
        Ok(())
    })
}

fn remove_from_images(shared: &Arc<Shared>, vm: &Arc<Vm>, snapshot: &DomainSnapshot) -> Result<()> {
    if !snapshot.disks.iter().any(|disk| disk.snapshot == Some(SnapshotLocation::Internal)) {
        return Ok(());
    }
    match &vm.view().live {
        Some(live) => internal::delete(shared, live, &snapshot.name),
        None => {
            let definition = vm.view().current()?;
            images::each(&definition.model, |path| images::delete(path, &snapshot.name))
        }
    }
}

/// Removes a checkpoint, those that follow it, or only these.
pub fn delete_checkpoint(shared: &Arc<Shared>, vm: &Arc<Vm>, name: &str, flags: u32) -> Result<()> {
    let children = flags & abi::VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN != 0;
    let only_children = flags & abi::VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY != 0;
    let before = vm.view().checkpoints.clone();
    let mut after = (*before).clone();
    after.remove(name, children, only_children);
    if flags & abi::VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY == 0 {
        let live = vm.view().live.clone().ok_or_else(|| {
            let text = format!("the checkpoints of domain '{}' can be removed only while it runs", vm.name());
            Error::new(ErrorCode::OperationUnsupported, text)
        })?;
        let definition = live.definition();
        let going: Vec<_> = before.names().filter(|name| after.find(name).is_none()).collect();
        let mut actions = Vec::new();
        for checkpoint in going.into_iter().filter_map(|name| before.find(name)) {
            // What was remembered since goes to the one before, so that it still tells all.
            let parent = checkpoint.parent.as_deref().and_then(|parent| after.find(parent));
            for wanted in checkpoint.disks.iter().filter(|disk| disk.kind == CheckpointKind::Bitmap) {
                let Some(disk) = definition.model.devices.disk(&wanted.name) else { continue };
                let node = crate::images::node(&live, shared, disk)?;
                let bitmap = wanted.bitmap.as_deref().unwrap_or(&checkpoint.name);
                let of_parent = parent.and_then(|parent| {
                    let disk = parent.disks.iter().find(|disk| disk.name == wanted.name)?;
                    Some(disk.bitmap.clone().unwrap_or_else(|| parent.name.clone()))
                });
                if let Some(target) = of_parent {
                    actions.push(json!({
                        "type": "block-dirty-bitmap-merge",
                        "data": {"node": node, "target": target, "bitmaps": [bitmap]},
                    }));
                }
                actions.push(json!({
                    "type": "block-dirty-bitmap-remove",
                    "data": {"node": node, "name": bitmap},
                }));
            }
        }
        live.ask(&shared.reactor, Transaction { actions })?;
    }
    change_checkpoints(shared, vm, |all| {
        *all = after;
        Ok(())
    })
}
