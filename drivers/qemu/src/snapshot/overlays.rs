//! External snapshots: new images on top of the old ones, which from then on only are read.

use super::images::{self, Made};
use crate::command::{Part, Plugged, Pretend};
use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::{BlockdevAdd, BlockdevDel, Properties, Transaction};
use crate::tune::Guest;
use crate::vm::{Definition, Vm};
use crate::{launch, status};
use ferrovirt_conf::checkpoint::{CheckpointKind, DomainCheckpoint};
use ferrovirt_conf::domain::{
    BackingLayer, BackingStore, Disk, DiskDriver, Domain, ImageFormat, SnapshotLocation, StorageFormat,
};
use ferrovirt_conf::snapshot::{DomainSnapshot, SnapshotDisk};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorCode, Result};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// The disks that get a new image: their place, and what is wanted.
fn wanted<'a>(snapshot: &'a DomainSnapshot, model: &Domain) -> Result<Vec<(usize, &'a SnapshotDisk)>> {
    let chosen = snapshot.disks.iter().filter(|disk| disk.snapshot == Some(SnapshotLocation::External));
    chosen
        .map(|wanted| {
            let at = model.devices.disks.iter().position(|disk| disk.name() == Some(&wanted.name));
            at.map(|at| (at, wanted))
                .ok_or_else(|| Error::internal(format!("the domain has no disk '{}'", wanted.name)))
        })
        .collect()
}

fn path(disk: &SnapshotDisk) -> Result<&str> {
    let path = disk.source.location.is_local().then(|| disk.source.path()).flatten();
    path.ok_or_else(|| {
        let text = format!("the new image of disk '{}' must be a file of this host", disk.name);
        Error::new(ErrorCode::OperationUnsupported, text)
    })
}

/// Makes the new images.
fn make(model: &Domain, wanted: &[(usize, &SnapshotDisk)], reuse: bool) -> Result<Made> {
    let mut made = Made::default();
    for (at, new) in wanted {
        let disk = &model.devices.disks[*at];
        let (old, new) = (crate::images::local_path(disk)?, path(new)?);
        if reuse {
            if !Path::new(new).exists() {
                let text = format!("the image '{new}' that is to be used for a snapshot does not exist");
                return Err(Error::operation_failed(text));
            }
            continue;
        }
        let (base, format) = (old.display().to_string(), crate::images::format(disk).to_string());
        made.make(new, || images::overlay(new, &base, &format))?;
    }
    Ok(made)
}

/// Puts the new image in the place of the old one, which becomes what it is based on.
fn stack(disk: &mut Disk, new: &SnapshotDisk) {
    let format = crate::images::format(disk);
    let old = std::mem::replace(&mut disk.source, new.source.clone());
    let index = old.options.index;
    let below = BackingLayer {
        format: ImageFormat { kind: format, metadata_cache: None },
        source: old,
        index,
        backing: disk.backing.take(),
    };
    disk.backing = Some(BackingStore::Layer(Box::new(below)));
    disk.driver.get_or_insert_with(DiskDriver::default).format = Some(StorageFormat::Qcow2);
}

/// Of a guest that does not run.
pub fn take_at_rest(shared: &Shared, vm: &Vm, snapshot: &DomainSnapshot, reuse: bool) -> Result<()> {
    let definition = vm.view().current()?;
    let mut model = definition.model.clone();
    let wanted = wanted(snapshot, &model)?;
    let made = make(&model, &wanted, reuse)?;
    for (at, new) in wanted {
        let disk = &mut model.devices.disks[at];
        stack(disk, new);
        // The image itself says what it is based on.
        disk.backing = None;
    }
    shared.keep_definition(vm, model)?;
    made.keep();
    Ok(())
}

/// Of a guest that runs; its disks change over at one instant.
pub fn take_running(
    shared: &Arc<Shared>,
    vm: &Arc<Vm>,
    snapshot: &DomainSnapshot,
    reuse: bool,
    quiesce: bool,
) -> Result<()> {
    let live = vm.live()?;
    let before = live.definition();
    let wanted = wanted(snapshot, &before.model)?;
    if let Some(job) = wanted.iter().find_map(|(_, new)| live.block_jobs.on(&new.name)) {
        let text = format!("a job is under way on disk '{}', so it can get no new image", job.target);
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    let made = make(&before.model, &wanted, reuse)?;
    let mut model = before.model.clone();
    for (at, new) in &wanted {
        stack(&mut model.devices.disks[*at], new);
    }
    crate::command::number_images(&mut model);
    let guest = Guest { shared, vm, live: &live };
    let mut added = Vec::new();
    let outcome = change_over(&guest, (&before.model, &model), &wanted, quiesce, &mut added);
    if let Err(err) = outcome {
        for node_name in added.into_iter().rev() {
            if let Err(err) = live.ask(&shared.reactor, BlockdevDel { node_name: node_name.clone() }) {
                tracing::warn!(node = node_name, %err, "a node of a snapshot that failed was left behind");
            }
        }
        return Err(err);
    }
    made.keep();
    live.redefine(Definition::new(model));
    status::save(shared, vm)?;
    let Some(persistent) = &vm.view().persistent else { return Ok(()) };
    let mut kept = persistent.model.clone();
    for (at, new) in wanted {
        let target = before.model.devices.disks[at].name();
        let old = before.model.devices.disks[at].source.path();
        let same = |disk: &&mut Disk| disk.name() == target && disk.source.path() == old;
        if let Some(disk) = kept.devices.disks.iter_mut().find(same) {
            stack(disk, new);
            disk.backing = None;
        }
    }
    shared.keep_definition(vm, kept)
}

/// Adds the new images to QEMU, and has the disks use them.
fn change_over(
    guest: &Guest<'_>,
    (before, after): (&Domain, &Domain),
    wanted: &[(usize, &SnapshotDisk)],
    quiesce: bool,
    added: &mut Vec<String>,
) -> Result<()> {
    let Guest { shared, vm, live } = guest;
    let capabilities = shared.capabilities(before.devices.emulator.as_deref().unwrap_or_default())?;
    let mut actions = Vec::new();
    for (at, _) in wanted {
        let parts = launch::parts(
            shared.site(),
            after,
            &capabilities,
            Plugged::Medium(*at),
            &mut Pretend::default(),
        )?;
        let prefix = format!("libvirt-{}-", after.devices.disks[*at].source.options.index);
        let mut top = None;
        for part in parts {
            let Part::Blockdev(mut properties) = part else { continue };
            let name = node_name(&properties);
            if !name.starts_with(&prefix) {
                continue;
            }
            if properties.contains_key("backing") {
                // What it is based on, the change-over itself says.
                properties.insert("backing".into(), Value::Null);
            }
            live.ask(&shared.reactor, BlockdevAdd(properties))?;
            added.push(name.clone());
            top = Some(name);
        }
        let top = top.ok_or_else(|| Error::internal("a new image has no node"))?;
        let old = crate::images::node(live, shared, &before.devices.disks[*at])?;
        actions.push(json!({"type": "blockdev-snapshot", "data": {"node": old, "overlay": top}}));
    }
    let asked = match quiesce {
        true => Some(crate::agent::of(shared, vm, live)?),
        false => None,
    };
    if let Some(asked) = &asked {
        asked.ask("guest-fsfreeze-freeze", Value::Null)?;
    }
    let outcome = live.ask(&shared.reactor, Transaction { actions }).map(drop);
    if let Some(asked) = &asked
        && let Err(err) = asked.ask("guest-fsfreeze-thaw", Value::Null)
    {
        tracing::error!(domain = %vm.name(), %err, "the guest's file systems can't be thawed after a snapshot");
    }
    outcome
}

fn node_name(properties: &Properties) -> String {
    properties.get("node-name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What QEMU is told so that the disks of a running guest remember what is written from now on.
pub fn bitmap_actions(shared: &Shared, live: &Live, checkpoint: &DomainCheckpoint) -> Result<Vec<Value>> {
    let definition = live.definition();
    let mut actions = Vec::new();
    let remembering = checkpoint.disks.iter().filter(|disk| disk.kind == CheckpointKind::Bitmap);
    for wanted in remembering {
        let disk = crate::model::wanted_disk(&definition.model, &wanted.name)?;
        if crate::images::format(disk) != StorageFormat::Qcow2 {
            let text = format!("disk '{}' can't remember what is written: it is not 'qcow2'", wanted.name);
            return Err(Error::config_unsupported(text));
        }
        let node = crate::images::node(live, shared, disk)?;
        let name = wanted.bitmap.as_deref().unwrap_or(&checkpoint.name);
        actions.push(json!({
            "type": "block-dirty-bitmap-add",
            "data": {"node": node, "name": name, "persistent": true},
        }));
    }
    Ok(actions)
}
