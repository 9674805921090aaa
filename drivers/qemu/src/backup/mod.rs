//! Backups of the disks of a running guest: QEMU writes a copy as of one instant, or offers it to whoever fetches it, while
//! the guest goes on writing.

mod begin;
mod finish;

pub use begin::begin;
pub use finish::{Outcome, abort, clear_disk, disk_ended, end_with_guest, lost};

use crate::blockjob::BlockJobs;
use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::QueryJobs;
use ferrovirt_conf::backup::{BackupCopy, BackupMode, DomainBackup};
use ferrovirt_core::driver::{JobInfo, JobProgress, JobStats};
use ferrovirt_core::{Error, ErrorCode, Result, TypedParams, abi};
use ferrovirt_xml::{XmlElement, YesNo};
use parking_lot::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// A backup that is under way, as the status file has it.
#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "backup")]
pub struct Backup {
    /// In milliseconds since 1970.
    #[xml(attr)]
    started: u64,
    /// The files were there before.
    #[xml(attr)]
    reused: Option<YesNo>,
    #[xml(child)]
    model: DomainBackup,
}

impl Backup {
    fn is_pull(&self) -> bool {
        self.model.mode == BackupMode::Pull
    }

    /// The disks that are copied, by name.
    fn copies(&self) -> impl Iterator<Item = (&str, &BackupCopy)> {
        self.model.disks.iter().filter_map(|disk| Some((disk.name.as_str(), disk.copy.as_ref()?)))
    }

    fn elapsed(&self) -> u64 {
        now().saturating_sub(self.started)
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn job_id(disk: &str) -> String {
    format!("backup-{disk}")
}

/// What keeps the changes of a disk that an incremental backup copies; nothing for a full one.
fn bitmap(disk: &str, copy: &BackupCopy) -> Option<String> {
    copy.incremental.as_ref()?;
    Some(copy.export_bitmap.clone().unwrap_or_else(|| job_id(disk)))
}

/// How much has been copied, in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    processed: u64,
    total: u64,
}

impl Progress {
    fn add(&mut self, processed: u64, total: u64) {
        self.processed += processed;
        self.total += total;
    }
}

/// A backup under way, and what came of its disks so far.
#[derive(Debug)]
struct Running {
    backup: Backup,
    ended: Progress,
    disks_ended: usize,
    aborted: bool,
    error: Option<String>,
}

/// A guest's backup, and what is remembered of the last one.
#[derive(Debug, Default)]
pub struct Backups {
    running: Mutex<Option<Running>>,
    completed: Mutex<Option<TypedParams>>,
}

impl Backups {
    pub fn current(&self) -> Option<Backup> {
        self.running.lock().as_ref().map(|running| running.backup.clone())
    }

    /// Takes up a backup that an earlier process has begun.
    pub fn take_over(&self, backup: Option<Backup>, jobs: &BlockJobs) {
        let running = backup.map(|backup| {
            let under_way = backup.copies().filter(|(disk, _)| jobs.find(&job_id(disk)).is_some()).count();
            let disks_ended = backup.copies().count() - under_way;
            Running { disks_ended, ..Running::new(backup) }
        });
        *self.running.lock() = running;
    }

    /// Refuses what can't be done while a backup is under way.
    pub fn refuse_others(&self) -> Result<()> {
        match self.running.lock().is_some() {
            false => Ok(()),
            true => Err(Error::new(
                ErrorCode::OperationTimeout,
                "a backup of the domain is under way, which this would disturb; wait for it or abort it",
            )),
        }
    }

    /// The highest number of an image that is written to.
    fn highest_index(&self) -> u32 {
        let running = self.running.lock();
        let copies = running.iter().flat_map(|running| running.backup.copies());
        copies.map(|(_, copy)| copy.index).max().unwrap_or(0)
    }

    /// The description of what is under way.
    pub fn describe(&self) -> Result<String> {
        self.current()
            .map(|backup| backup.model.to_xml())
            .ok_or_else(|| Error::new(ErrorCode::NoDomainBackup, "no backup of the domain is under way"))
    }

    /// What the last job of this guest came to; it is told once, unless it is to be kept.
    pub fn completed(&self, keep: bool) -> JobStats {
        let mut completed = self.completed.lock();
        let params = if keep { completed.clone() } else { completed.take() };
        let kind = if params.is_some() { abi::VIR_DOMAIN_JOB_COMPLETED } else { abi::VIR_DOMAIN_JOB_NONE };
        JobStats { kind: kind as i32, params: params.unwrap_or_default() }
    }
}

impl Running {
    fn new(backup: Backup) -> Self {
        Self { backup, ended: Progress::default(), disks_ended: 0, aborted: false, error: None }
    }
}

/// How far the backup under way is, if there is one.
pub fn info(shared: &Shared, live: &Live) -> Result<Option<JobInfo>> {
    let Some((backup, progress)) = progress(shared, live)? else { return Ok(None) };
    let mut info = JobInfo {
        kind: abi::VIR_DOMAIN_JOB_UNBOUNDED as i32,
        time_elapsed: backup.elapsed(),
        ..JobInfo::default()
    };
    if !backup.is_pull() {
        let Progress { processed, total } = progress;
        info.files = JobProgress { total, processed, remaining: total.saturating_sub(processed) };
        info.data = info.files;
    }
    Ok(Some(info))
}

/// The same by named values.
pub fn stats(shared: &Shared, live: &Live) -> Result<Option<JobStats>> {
    let Some((backup, progress)) = progress(shared, live)? else { return Ok(None) };
    let params = params(&backup, progress);
    Ok(Some(JobStats { kind: abi::VIR_DOMAIN_JOB_UNBOUNDED as i32, params }))
}

fn progress(shared: &Shared, live: &Live) -> Result<Option<(Backup, Progress)>> {
    let Some((backup, mut progress)) =
        live.backups.running.lock().as_ref().map(|running| (running.backup.clone(), running.ended))
    else {
        return Ok(None);
    };
    let told = live.ask(&shared.reactor, QueryJobs {})?;
    for (disk, _) in backup.copies() {
        if let Some(job) = told.iter().find(|job| job.id == job_id(disk)) {
            progress.add(job.current_progress, job.total_progress);
        }
    }
    Ok(Some((backup, progress)))
}

fn params(backup: &Backup, progress: Progress) -> TypedParams {
    let mut params = TypedParams::new();
    params.add(abi::VIR_DOMAIN_JOB_OPERATION, abi::VIR_DOMAIN_JOB_OPERATION_BACKUP as i32);
    params.add(abi::VIR_DOMAIN_JOB_TIME_ELAPSED, backup.elapsed());
    let Progress { processed, total } = progress;
    if total == 0 {
        return params;
    }
    if backup.is_pull() {
        params.add(abi::VIR_DOMAIN_JOB_DISK_TEMP_USED, processed);
        params.add(abi::VIR_DOMAIN_JOB_DISK_TEMP_TOTAL, total);
    } else {
        params.add(abi::VIR_DOMAIN_JOB_DISK_TOTAL, total);
        params.add(abi::VIR_DOMAIN_JOB_DISK_PROCESSED, processed);
        params.add(abi::VIR_DOMAIN_JOB_DISK_REMAINING, total.saturating_sub(processed));
    }
    params
}
