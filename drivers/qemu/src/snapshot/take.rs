//! Making snapshots and checkpoints, or taking in such as were made before.

use super::{change_checkpoints, change_snapshots, images, internal, overlays, read_domain};
use crate::definitions;
use crate::driver::Shared;
use crate::live::StopCause;
use crate::qmp::Transaction;
use crate::stop;
use crate::vm::Vm;
use ferrovirt_conf::checkpoint::DomainCheckpoint;
use ferrovirt_conf::domain::{Disk, SnapshotLocation, StorageFormat};
use ferrovirt_conf::moments::{checkpoints, snapshots};
use ferrovirt_conf::snapshot::{DomainSnapshot, SnapshotState};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorCode, Result, abi};
use std::sync::Arc;

const REDEFINE: u32 = abi::VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
const DISK_ONLY: u32 = abi::VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY;

/// Makes a snapshot, or takes one in; its name comes back. The caller holds the guest's job, here and below.
pub fn create(shared: &Arc<Shared>, vm: &Arc<Vm>, xml: &str, flags: u32) -> Result<String> {
    let view = vm.view();
    if view.persistent.is_none() && flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_HALT != 0 {
        let text =
            format!("domain '{}' is transient: it would be gone if its snapshot stopped it", vm.name());
        return Err(Error::operation_invalid(text));
    }
    let redefined = flags & REDEFINE != 0;
    if flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE != 0 {
        DomainSnapshot::check_strict(xml)?;
    }
    let snapshot = DomainSnapshot::from_xml(xml, redefined, &read_domain(shared))?;
    let name = snapshot.name.clone();
    if redefined {
        change_snapshots(shared, vm, |all| {
            snapshots::redefine(all, snapshot, Some(vm.uuid()))?;
            if flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT != 0 {
                all.set_current(Some(&name));
            }
            Ok(())
        })?;
        return Ok(name);
    }
    take(shared, vm, snapshot, flags)?;
    if flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_HALT != 0
        && let Some(live) = &vm.view().live
    {
        live.ending(StopCause::FromSnapshot);
        stop::destroy(vm, live, false)?;
    }
    Ok(name)
}

fn take(shared: &Arc<Shared>, vm: &Arc<Vm>, mut snapshot: DomainSnapshot, flags: u32) -> Result<()> {
    let view = vm.view();
    if view.snapshots.find(&snapshot.name).is_some() {
        let text = format!("domain '{}' has a snapshot '{}' already", vm.name(), snapshot.name);
        return Err(Error::operation_failed(text).domain(ferrovirt_core::ErrorDomain::Domain));
    }
    if let Some(live) = &view.live {
        live.backups.refuse_others()?;
    }
    align(shared, vm, &mut snapshot, flags)?;
    let definition = view.current()?;
    let how = prepare(&snapshot, &definition.model.devices.disks, view.is_active())?;
    if !view.checkpoints.is_empty() && !view.is_active() && how == How::External {
        let text = "external snapshots of a domain that has checkpoints can be taken only while it runs";
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    snapshot.parent = view.snapshots.current().map(|current| current.name.clone());
    let reuse = flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT != 0;
    match (&view.live, how) {
        (Some(_), How::External) => {
            let quiesce = flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE != 0;
            overlays::take_running(shared, vm, &snapshot, reuse, quiesce)?;
        }
        (Some(live), How::Internal) => internal::save(shared, vm, live, &snapshot)?,
        (None, How::External) => overlays::take_at_rest(shared, vm, &snapshot, reuse)?,
        (None, How::Internal) => images::each(&definition.model, |path| images::take(path, &snapshot.name))?,
    }
    if flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA != 0 {
        return Ok(());
    }
    let name = snapshot.name.clone();
    change_snapshots(shared, vm, |all| {
        all.add(snapshot)?;
        all.set_current(Some(&name));
        Ok(())
    })
}

/// Which way a snapshot goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// Into the images themselves.
    Internal,
    /// New images on top of the old ones.
    External,
}

/// Decides what of the guest is taken, and how.
fn align(shared: &Shared, vm: &Arc<Vm>, snapshot: &mut DomainSnapshot, flags: u32) -> Result<()> {
    let view = vm.view();
    let active = view.is_active();
    let disks_only = flags & DISK_ONLY != 0;
    if (disks_only || !active) && snapshot.memory.is_some_and(|memory| memory != SnapshotLocation::No) {
        return Err(Error::xml(
            "a guest that is off, or of which only the disks are taken, has no memory to keep",
        )
        .domain(ferrovirt_core::ErrorDomain::DomainSnapshot));
    }
    let model = definitions::at_rest(shared, &view.current()?.model);
    snapshot.domain = Some(Box::new(model));
    if active && let Some(persistent) = &view.persistent {
        snapshot.inactive_domain = Some(Box::new(persistent.model.clone()));
    }
    let external = SnapshotLocation::External;
    let wants_external = disks_only
        || snapshot.memory == Some(external)
        || snapshot.disks.iter().any(|disk| disk.snapshot == Some(external) || disk.source.path().is_some());
    snapshot.state = SnapshotState::from_number(view.state as u32);
    if wants_external {
        if disks_only {
            snapshot.state = Some(if active { SnapshotState::DiskSnapshot } else { SnapshotState::Shutoff });
            snapshot.memory = Some(SnapshotLocation::No);
        } else if snapshot.memory.is_none() {
            snapshot.memory = Some(SnapshotLocation::No);
        }
        return snapshot.align_disks(None, external);
    }
    if active && snapshot.memory == Some(SnapshotLocation::No) {
        let text = "an internal snapshot of a running domain must hold its memory";
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    snapshot.memory = Some(if active { SnapshotLocation::Internal } else { SnapshotLocation::No });
    snapshot.align_disks(None, SnapshotLocation::Internal)
}

/// Whether the snapshot can be had as it is wanted.
fn prepare(snapshot: &DomainSnapshot, disks: &[Disk], active: bool) -> Result<How> {
    let refuse = |text: String| Err(Error::config_unsupported(text));
    let (mut internal, mut external, mut left_out) = (false, false, false);
    for (wanted, disk) in snapshot.disks.iter().zip(disks) {
        match wanted.snapshot {
            Some(SnapshotLocation::Internal) => {
                internal = true;
                if snapshot.state == Some(SnapshotState::DiskSnapshot) {
                    let name = &wanted.name;
                    return refuse(format!(
                        "disk '{name}' of a running domain can be snapshot only externally"
                    ));
                }
                let format = crate::images::format(disk);
                if format != StorageFormat::Qcow2 {
                    let text = format!(
                        "disk '{}' can hold no internal snapshot: its format is '{format}', not 'qcow2'",
                        wanted.name
                    );
                    return refuse(text);
                }
            }
            Some(SnapshotLocation::External) => external = true,
            Some(SnapshotLocation::Manual) => {
                let text = format!("disk '{}' can't be snapshot by hand here", wanted.name);
                return Err(Error::new(ErrorCode::OperationUnsupported, text));
            }
            _ => left_out |= !disk.source.is_empty() && !disk.readonly,
        }
    }
    let memory = snapshot.memory.unwrap_or(SnapshotLocation::No);
    if !internal && !external && memory == SnapshotLocation::No {
        return refuse("nothing is chosen for the snapshot".into());
    }
    if memory == SnapshotLocation::Internal && !internal || internal && left_out {
        return refuse("an internal snapshot must hold all of the domain's disks".into());
    }
    if snapshot.state == Some(SnapshotState::DiskSnapshot) && !external {
        return refuse("a snapshot of the disks alone needs at least one".into());
    }
    let inside = internal || memory == SnapshotLocation::Internal;
    let outside = external || memory == SnapshotLocation::External;
    let mixed = inside && outside;
    if mixed {
        return refuse("a snapshot is either internal or external in all its parts".into());
    }
    if active && memory == SnapshotLocation::External {
        let text = "snapshots with memory in a file of its own can't be taken here; save the domain instead";
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    Ok(if external { How::External } else { How::Internal })
}

/// Takes in a checkpoint that was made before; its name comes back.
pub fn create_checkpoint(shared: &Arc<Shared>, vm: &Arc<Vm>, xml: &str, flags: u32) -> Result<String> {
    let view = vm.view();
    let redefined = flags & abi::VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE != 0;
    if !redefined && !view.is_active() {
        let text =
            format!("domain '{}' does not run, and only a running one can make a checkpoint", vm.name());
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    if redefined {
        let checkpoint = DomainCheckpoint::from_xml(xml, true, &read_domain(shared))?;
        let name = checkpoint.name.clone();
        change_checkpoints(shared, vm, |all| {
            if checkpoints::redefine(all, checkpoint, Some(vm.uuid()))? {
                all.set_current(Some(&name));
            }
            Ok(())
        })?;
        return Ok(name);
    }
    let live = vm.live()?;
    let mut checkpoint = new_checkpoint(shared, vm, xml)?;
    checkpoint.align_disks()?;
    let actions = overlays::bitmap_actions(shared, &live, &checkpoint)?;
    live.ask(&shared.reactor, Transaction { actions })?;
    let name = checkpoint.name.clone();
    keep_checkpoint(shared, vm, checkpoint)?;
    Ok(name)
}

/// Reads the description of a checkpoint that is to be made of a running guest; its disks are not decided yet.
pub fn new_checkpoint(shared: &Shared, vm: &Arc<Vm>, xml: &str) -> Result<DomainCheckpoint> {
    let mut checkpoint = DomainCheckpoint::from_xml(xml, false, &read_domain(shared))?;
    let view = vm.view();
    if view.checkpoints.find(&checkpoint.name).is_some() {
        let text = format!("domain '{}' has a checkpoint '{}' already", vm.name(), checkpoint.name);
        return Err(Error::operation_failed(text));
    }
    let model = definitions::at_rest(shared, &vm.live()?.definition().model);
    checkpoint.domain = Some(Box::new(model));
    checkpoint.parent = view.checkpoints.current().map(|current| current.name.clone());
    Ok(checkpoint)
}

/// Remembers a checkpoint that has been made: it is the one that the guest is at.
pub fn keep_checkpoint(shared: &Shared, vm: &Arc<Vm>, checkpoint: DomainCheckpoint) -> Result<()> {
    let name = checkpoint.name.clone();
    change_checkpoints(shared, vm, |all| {
        all.add(checkpoint)?;
        all.set_current(Some(&name));
        Ok(())
    })
}
