//! The end of a backup: of one disk after the other, of all at somebody's wish, or of the guest.

use super::{Backup, Progress, Running, bitmap, job_id, params};
use crate::blockjob;
use crate::driver::Shared;
use crate::images;
use crate::live::Live;
use crate::qmp::{BlockDirtyBitmapRemove, NbdServerStop};
use crate::vm::Vm;
use ferrovirt_core::{DomainEvent, DomainEventKind, Error, Event, Result, abi, persist};
use std::fs;
use std::path::Path;

/// Ends a backup before its time. The end itself comes with events.
pub fn abort(shared: &Shared, live: &Live) -> Result<()> {
    let backup = {
        let mut running = live.backups.running.lock();
        let running = running.as_mut().ok_or_else(|| Error::operation_invalid("no backup is under way"))?;
        running.aborted = true;
        running.error = Some("the backup was aborted".into());
        running.backup.clone()
    };
    if backup.model.server.is_some() {
        stop_server(shared, live);
    }
    cancel_all(shared, live, &backup)
}

fn cancel_all(shared: &Shared, live: &Live, backup: &Backup) -> Result<()> {
    let mut first = Ok(());
    for (disk, _) in backup.copies() {
        let Some(job) = live.block_jobs.find(&job_id(disk)) else { continue };
        let cancelled = blockjob::cancel(shared, live, &job);
        // One that has ended meanwhile needs no end.
        if live.block_jobs.find(&job.id).is_some() {
            first = first.and(cancelled);
        }
    }
    first
}

/// Nobody can fetch anything any more.
pub fn stop_server(shared: &Shared, live: &Live) {
    if let Err(err) = live.ask(&shared.reactor, NbdServerStop {}) {
        tracing::warn!(%err, "the NBD server of a backup can't be stopped");
    }
}

impl Outcome<'_> {
    /// Nobody knows.
    pub fn lost() -> Self {
        Self { processed: 0, total: 0, failed: true, error: Some("QEMU does not know the job any more") }
    }
}

/// QEMU lets go of what the copy of a disk needed whose job is over; a file that is of no use goes.
pub fn clear_disk(shared: &Shared, live: &Live, name: &str, failed: bool) {
    if let Some(backup) = live.backups.current() {
        clear(shared, live, &backup, name, failed);
    }
}

/// All that follows from the end of the job on one of the disks is done; with the last of them the backup is over.
pub fn disk_ended(shared: &Shared, vm: &Vm, live: &Live, outcome: Outcome<'_>) {
    let (backup, is_last) = {
        let mut running = live.backups.running.lock();
        let Some(running) = running.as_mut() else { return };
        running.ended.add(outcome.processed, outcome.total);
        running.disks_ended += 1;
        if let Some(error) = outcome.error {
            running.error.get_or_insert_with(|| error.to_owned());
        }
        (running.backup.clone(), running.disks_ended >= running.backup.copies().count())
    };
    if !is_last {
        // A copy that lacks a disk is of no use.
        if outcome.failed
            && let Err(err) = cancel_all(shared, live, &backup)
        {
            tracing::warn!(%err, "the rest of a failed backup can't be cancelled");
        }
        return;
    }
    let Some(running) = live.backups.running.lock().take() else { return };
    if backup.model.server.is_some() && !running.aborted {
        stop_server(shared, live);
    }
    complete(shared, vm, live, &running, true);
}

/// How the job on a disk ended.
pub struct Outcome<'a> {
    pub processed: u64,
    pub total: u64,
    pub failed: bool,
    pub error: Option<&'a str>,
}

fn clear(shared: &Shared, live: &Live, backup: &Backup, name: &str, failed: bool) {
    let Some((_, copy)) = backup.copies().find(|(disk, _)| *disk == name) else { return };
    if backup.is_pull() && backup.model.server.is_some() {
        // The export holds the node.
        let command =
            crate::qmp::BlockExportDel { id: super::begin::export_id(name), mode: Some("hard".into()) };
        if let Err(err) = live.ask(&shared.reactor, command) {
            tracing::debug!(%err, "the export of a backup has gone already");
        }
    }
    blockjob::delete_nodes(shared, live, copy.index);
    let definition = live.definition();
    if let (Some(bitmap), Some(disk)) = (bitmap(name, copy), definition.model.devices.disk(name)) {
        let removed = images::node(live, shared, disk)
            .and_then(|node| live.ask(&shared.reactor, BlockDirtyBitmapRemove { node, name: bitmap }));
        if let Err(err) = removed {
            tracing::warn!(disk = name, %err, "what kept the changes for a backup was left behind");
        }
    }
    remove_store(backup, name, failed);
}

/// What was fetched from nobody needs any more, and a copy that is not whole neither.
fn remove_store(backup: &Backup, name: &str, failed: bool) {
    let Some((_, copy)) = backup.copies().find(|(disk, _)| *disk == name) else { return };
    let path = Path::new(copy.store.source().path().unwrap_or_default());
    let is_file = fs::symlink_metadata(path).is_ok_and(|there| there.is_file());
    if backup.reused.is_none()
        && is_file
        && (backup.is_pull() || failed)
        && let Err(err) = persist::remove(path)
    {
        tracing::warn!(path = %path.display(), %err, "a file of a backup was left behind");
    }
}

/// A backup whose guest has ended while nobody watched: what it wrote is not whole.
pub fn lost(backup: &Backup) {
    for (disk, _) in backup.copies() {
        remove_store(backup, disk, true);
    }
}

/// Remembers what came of a backup, and tells it.
fn complete(shared: &Shared, vm: &Vm, live: &Live, running: &Running, alive: bool) {
    let progress = if alive { running.ended } else { Progress::default() };
    let mut params = params(&running.backup, progress);
    // Who fetches says himself when he has all.
    let success = alive && (running.backup.is_pull() || running.error.is_none());
    params.add(abi::VIR_DOMAIN_JOB_SUCCESS, success);
    if alive && let Some(error) = &running.error {
        params.add(abi::VIR_DOMAIN_JOB_ERRMSG, error.as_str());
    }
    *live.backups.completed.lock() = Some(params.clone());
    let kind = DomainEventKind::JobCompleted { params };
    shared.events.publish(Event::Domain(DomainEvent { domain: vm.id(), kind }));
}

/// The guest has ended, and its backup with it.
pub fn end_with_guest(shared: &Shared, vm: &Vm, live: &Live) {
    let Some(running) = live.backups.running.lock().take() else { return };
    let unfinished: Vec<_> = running.backup.copies().map(|(disk, _)| disk.to_owned()).collect();
    for disk in unfinished {
        let failed = live.block_jobs.find(&job_id(&disk)).is_some();
        remove_store(&running.backup, &disk, failed);
    }
    complete(shared, vm, live, &running, false);
}
