//! What follows when a job on a disk gets further: QEMU tells, the guest's description follows.

use super::{BlockJob, Kind, Stage, chain};
use crate::backup;
use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::{BlockdevDel, JobDismiss, QueryJobs};
use crate::status;
use crate::vm::Vm;
use ferrovirt_conf::domain::{BackingLayer, BackingStore, Disk, MirrorState, StorageFormat};
use ferrovirt_core::{DomainEvent, DomainEventKind, Event, Result};
use std::sync::Arc;

/// `virConnectDomainEventBlockJobStatus`.
const COMPLETED: i32 = 0;
const FAILED: i32 = 1;
const CANCELED: i32 = 2;
const READY: i32 = 3;

/// A job is in another state. This blocks, so it is not for the reactor's thread.
pub fn advance(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, id: &str, state: &str) {
    let Some(job) = live.block_jobs.find(id) else { return };
    let outcome = match state {
        "ready" if job.stage == Stage::Working => ready(shared, vm, live, &job),
        "concluded" => conclude(shared, vm, live, &job),
        _ => return,
    };
    if let Err(err) = outcome {
        tracing::error!(job = id, %err, "a job on a disk can't be brought to its end");
    }
}

/// Jobs whose states nobody has heard of meanwhile.
pub fn take_over(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>) -> Result<()> {
    if live.block_jobs.all().is_empty() {
        return Ok(());
    }
    let told = live.ask(&shared.reactor, QueryJobs {})?;
    for job in live.block_jobs.all() {
        match told.iter().find(|known| known.id == job.id) {
            Some(known) => advance(shared, vm, live, &job.id, &known.status),
            // QEMU has forgotten it, which it does only when it is told to.
            None => {
                live.block_jobs.remove(&job.id);
                if job.kind == Kind::Backup {
                    backup::clear_disk(shared, live, &job.target, true);
                    backup::disk_ended(shared, vm, live, backup::Outcome::lost());
                }
            }
        }
    }
    Ok(())
}

fn ready(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, job: &BlockJob) -> Result<()> {
    live.block_jobs.set_stage(&job.id, Stage::Ready);
    live.alter(|model| {
        if let Some(mirror) = model.devices.disk_mut(&job.target).and_then(|disk| disk.mirror.as_mut()) {
            mirror.ready = Some(MirrorState::Yes);
        }
    });
    tell(shared, vm, live, job, READY);
    status::save(shared, vm)
}

fn tell(shared: &Shared, vm: &Vm, live: &Live, job: &BlockJob, status: i32) {
    let definition = live.definition();
    let disk = definition.model.devices.disk(&job.target);
    let path = disk.and_then(|disk| disk.source.path()).unwrap_or_default().to_owned();
    let kind =
        DomainEventKind::BlockJob { path, target: job.target.clone(), kind: job.kind.number(), status };
    shared.events.publish(Event::Domain(DomainEvent { domain: vm.id(), kind }));
}

fn conclude(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, job: &BlockJob) -> Result<()> {
    let told = live.ask(&shared.reactor, QueryJobs {})?;
    let found = told.into_iter().find(|known| known.id == job.id).unwrap_or_default();
    let error = found.error.as_deref();
    live.ask(&shared.reactor, JobDismiss { id: job.id.clone() })?;
    let status = match (job.stage, error) {
        (Stage::Cancelled, _) => CANCELED,
        (_, Some(error)) => {
            tracing::warn!(job = job.id, error, "a job on a disk failed");
            FAILED
        }
        (_, None) => COMPLETED,
    };
    if job.kind == Kind::Backup {
        let outcome = backup::Outcome {
            processed: found.current_progress,
            total: found.total_progress,
            failed: status != COMPLETED,
            error,
        };
        backup::clear_disk(shared, live, &job.target, outcome.failed);
        tell(shared, vm, live, job, status);
        live.block_jobs.remove(&job.id);
        backup::disk_ended(shared, vm, live, outcome);
        return status::save(shared, vm);
    }
    let done = match status {
        COMPLETED => succeed(shared, vm, live, job),
        _ => {
            drop_mirror(shared, live, &job.target);
            Ok(())
        }
    };
    tell(shared, vm, live, job, status);
    live.block_jobs.remove(&job.id);
    status::save(shared, vm)?;
    done
}

/// The images changed as they were to; the description follows.
fn succeed(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, job: &BlockJob) -> Result<()> {
    let before = live.definition();
    let old = before.model.devices.disk(&job.target).cloned();
    let Some(old) = old else { return Ok(()) };
    live.alter(|model| {
        if let Some(disk) = model.devices.disk_mut(&job.target) {
            apply(disk, job);
        }
    });
    let after = live.definition();
    let Some(new) = after.model.devices.disk(&job.target) else {
        return Ok(());
    };
    let kept = numbers(new);
    for index in numbers(&old).into_iter().filter(|index| !kept.contains(index)) {
        delete_nodes(shared, live, index);
    }
    if new.source.path() == old.source.path() {
        return Ok(());
    }
    // The next start is to find what the guest writes to.
    let Some(persistent) = &vm.view().persistent else { return Ok(()) };
    let mut model = persistent.model.clone();
    let same = model.devices.disk_mut(&job.target).filter(|disk| disk.source.path() == old.source.path());
    let Some(disk) = same else { return Ok(()) };
    disk.source = new.source.clone();
    disk.source.options.index = 0;
    disk.backing = None;
    disk.driver.get_or_insert_default().format = Some(crate::images::format(new));
    shared.keep_definition(vm, model)
}

fn apply(disk: &mut Disk, job: &BlockJob) {
    let mirror = disk.mirror.take();
    match job.kind {
        Kind::Pull => {
            // A chain that was never described needs no other description.
            if disk.backing.is_some() || job.base.is_none() {
                disk.backing = chain::above_removed(disk, job.base.as_deref());
            }
        }
        Kind::Commit => {
            if let (Some(top), Some(base)) = (&job.top, &job.base) {
                chain::cut(disk, top, base);
            }
        }
        Kind::ActiveCommit => {
            if let Some(base) = &job.base {
                let format = mirror.and_then(|mirror| mirror.format).map_or(StorageFormat::Raw, |f| f.kind);
                chain::settle(disk, base, format);
            }
        }
        // The disk is as it was.
        Kind::Backup => {}
        Kind::Copy => {
            if let Some(mirror) = mirror {
                disk.source = mirror.source;
                disk.backing = mirror.backing;
                if let (Some(format), Some(driver)) = (mirror.format, &mut disk.driver) {
                    driver.format = Some(format.kind);
                }
            }
        }
    }
}

/// The numbers of a disk's images.
fn numbers(disk: &Disk) -> Vec<u32> {
    let layers = disk.backing.iter().flat_map(BackingStore::layers);
    let below = layers.map(BackingLayer::number);
    let copy = disk.mirror.iter().map(|mirror| mirror.source.options.index);
    let all = std::iter::once(disk.source.options.index).chain(below).chain(copy);
    all.filter(|index| *index != 0).collect()
}

/// Has QEMU forget the image with this number.
pub fn delete_nodes(shared: &Shared, live: &Live, index: u32) {
    for what in ["format", "storage"] {
        let node_name = format!("libvirt-{index}-{what}");
        if let Err(err) = live.ask(&shared.reactor, BlockdevDel { node_name: node_name.clone() }) {
            tracing::debug!(node = node_name, %err, "QEMU has no such node, or still needs it");
        }
    }
}

/// Nothing came of a copy: its image is no business of the guest's any more.
pub fn drop_mirror(shared: &Shared, live: &Live, target: &str) {
    let before = live.definition();
    let disk = before.model.devices.disk(target);
    let index = disk.and_then(|disk| disk.mirror.as_ref()).map_or(0, |mirror| mirror.source.options.index);
    live.alter(|model| {
        if let Some(disk) = model.devices.disk_mut(target) {
            disk.mirror = None;
        }
    });
    if index != 0 {
        delete_nodes(shared, live, index);
    }
}
