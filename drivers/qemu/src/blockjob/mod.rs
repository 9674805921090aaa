//! Jobs on the disks of a running guest: images are merged, flattened or copied while the guest goes on writing.
//!
//! QEMU tells by events how far a job is. What its end means for the guest's description was decided when it began, and
//! is kept in the status file, so that another process can see it through.

mod begin;
mod chain;
mod finish;

pub use begin::{Copy, add_nodes, commit, copy, pull};
pub use finish::{advance, delete_nodes, take_over};

use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::types::BlockJobInfo as Told;
use crate::qmp::{BlockJobSetSpeed, JobCancel, JobComplete, QueryBlockJobs};
use crate::vm::Vm;
use ferrovirt_conf::domain::Disk;
use ferrovirt_core::driver::BlockJobInfo;
use ferrovirt_core::{Error, ErrorCode, Result, abi};
use ferrovirt_xml::{XmlElement, XmlEnum};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the end of a job may take that somebody waits for.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum Kind {
    Pull,
    Copy,
    Commit,
    ActiveCommit,
    /// One disk of a backup, which has an end of its own.
    Backup,
}

impl Kind {
    /// `virDomainBlockJobType`.
    fn number(self) -> i32 {
        let number = match self {
            Self::Pull => abi::VIR_DOMAIN_BLOCK_JOB_TYPE_PULL,
            Self::Copy => abi::VIR_DOMAIN_BLOCK_JOB_TYPE_COPY,
            Self::Commit => abi::VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT,
            Self::ActiveCommit => abi::VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT,
            Self::Backup => abi::VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP,
        };
        number as i32
    }
}

/// How far a job is, and what is to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum Stage {
    Working,
    /// Both images are the same: the guest can be switched over.
    Ready,
    /// The guest is being switched over.
    Pivoting,
    Cancelled,
}

/// A job on a disk.
#[derive(Debug, Clone, PartialEq, Eq, XmlElement)]
#[xml(name = "job")]
pub struct BlockJob {
    #[xml(attr)]
    pub id: String,
    /// The disk, such as `vda`.
    #[xml(attr)]
    pub target: String,
    #[xml(attr)]
    pub kind: Kind,
    #[xml(attr)]
    pub stage: Stage,
    /// The image that stays below, by its path.
    #[xml(attr)]
    pub base: Option<String>,
    /// The first image that goes, by its path; none for the one that the guest writes to.
    #[xml(attr)]
    pub top: Option<String>,
}

/// The jobs of a guest, and who waits for their ends.
#[derive(Debug, Default)]
pub struct BlockJobs {
    jobs: Mutex<Vec<BlockJob>>,
    ended: Condvar,
}

impl BlockJobs {
    pub fn all(&self) -> Vec<BlockJob> {
        self.jobs.lock().clone()
    }

    pub fn on(&self, target: &str) -> Option<BlockJob> {
        self.jobs.lock().iter().find(|job| job.target == target).cloned()
    }

    pub fn find(&self, id: &str) -> Option<BlockJob> {
        self.jobs.lock().iter().find(|job| job.id == id).cloned()
    }

    pub fn add(&self, job: BlockJob) {
        self.jobs.lock().push(job);
    }

    fn set_stage(&self, id: &str, stage: Stage) {
        if let Some(job) = self.jobs.lock().iter_mut().find(|job| job.id == id) {
            job.stage = stage;
        }
    }

    /// The job is over, and all that follows from it is done.
    pub fn remove(&self, id: &str) {
        self.jobs.lock().retain(|job| job.id != id);
        self.ended.notify_all();
    }

    /// Waits for the end of a job; false if that takes too long.
    fn wait(&self, id: &str) -> bool {
        let deadline = Instant::now() + PATIENCE;
        let mut jobs = self.jobs.lock();
        while jobs.iter().any(|job| job.id == id) {
            if self.ended.wait_until(&mut jobs, deadline).timed_out() {
                return false;
            }
        }
        true
    }
}

fn none(target: &str) -> Error {
    Error::invalid_arg(format!("no job is under way on disk '{target}'"))
}

fn told(shared: &Shared, live: &Live, id: &str) -> Result<Option<Told>> {
    let all = live.ask(&shared.reactor, QueryBlockJobs {})?;
    Ok(all.into_iter().find(|job| job.device == id))
}

/// The nodes of a disk's images, the one that the guest writes to first.
pub fn layers(shared: &Shared, live: &Live, disk: &Disk) -> Result<Vec<String>> {
    Ok(chain::of(shared, live, disk)?.into_iter().map(|layer| layer.node).collect())
}

/// Has QEMU end a job without a result.
pub fn cancel(shared: &Shared, live: &Live, job: &BlockJob) -> Result<()> {
    live.block_jobs.set_stage(&job.id, Stage::Cancelled);
    let asked = live.ask(&shared.reactor, JobCancel { id: job.id.clone() }).map(drop);
    asked.inspect_err(|_| live.block_jobs.set_stage(&job.id, job.stage))
}

/// How far the job on a disk is.
pub fn info(shared: &Shared, live: &Live, target: &str, bytes: bool) -> Result<Option<BlockJobInfo>> {
    let Some(job) = live.block_jobs.on(target) else { return Ok(None) };
    let told = told(shared, live, &job.id)?.unwrap_or_default();
    let bandwidth = if bytes { told.speed } else { told.speed.div_ceil(1 << 20) };
    // At the end of a job only the last byte tells that it is ready.
    let (current, end) = match (told.ready || job.stage != Stage::Working, told.len) {
        (true, 0) => (1, 1),
        (false, end) if told.offset == end => (end.saturating_sub(1), end.max(1)),
        (_, end) => (told.offset, end),
    };
    Ok(Some(BlockJobInfo { kind: job.kind.number(), bandwidth, current, end }))
}

/// Limits the job on a disk, in bytes a second.
pub fn set_speed(shared: &Shared, live: &Live, target: &str, speed: u64) -> Result<()> {
    let job = live.block_jobs.on(target).ok_or_else(|| none(target))?;
    live.ask(&shared.reactor, BlockJobSetSpeed { device: job.id, speed }).map(drop)
}

/// Ends the job on a disk: the guest is switched over, or goes on as before. The end itself comes with an event.
pub fn end(
    shared: &Arc<Shared>,
    vm: &Arc<Vm>,
    live: &Arc<Live>,
    target: &str,
    pivot: bool,
) -> Result<String> {
    let job = live.block_jobs.on(target).ok_or_else(|| none(target))?;
    if matches!(job.stage, Stage::Pivoting | Stage::Cancelled) {
        let text = format!("the job on disk '{target}' is being ended already");
        return Err(Error::operation_invalid(text));
    }
    if pivot && job.stage != Stage::Ready {
        let text = format!("the guest can't be switched over yet: the job on disk '{target}' is not ready");
        return Err(Error::new(ErrorCode::BlockCopyActive, text));
    }
    let stage = if pivot { Stage::Pivoting } else { Stage::Cancelled };
    live.block_jobs.set_stage(&job.id, stage);
    let asked = match pivot {
        true => live.ask(&shared.reactor, JobComplete { id: job.id.clone() }).map(drop),
        false => live.ask(&shared.reactor, JobCancel { id: job.id.clone() }).map(drop),
    };
    if let Err(err) = asked {
        live.block_jobs.set_stage(&job.id, job.stage);
        return Err(err);
    }
    crate::status::save(shared, vm)?;
    Ok(job.id)
}

/// Waits until a job that was ended is over.
pub fn wait(live: &Live, id: &str) -> Result<()> {
    match live.block_jobs.wait(id) {
        true => Ok(()),
        false => Err(Error::new(
            ErrorCode::OperationTimeout,
            format!("the job '{id}' has not ended within {} s", PATIENCE.as_secs()),
        )),
    }
}
