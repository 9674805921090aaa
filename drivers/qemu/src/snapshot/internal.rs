//! Internal snapshots of running guests: jobs of QEMU that save to the images, load from them, or delete there.

use super::images::snapshot_disks;
use crate::driver::Shared;
use crate::images;
use crate::live::Live;
use crate::qmp::{JobDismiss, QueryJobs, SnapshotDelete, SnapshotLoad, SnapshotSave};
use crate::vm::Vm;
use ferrovirt_conf::snapshot::DomainSnapshot;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, Result};
use std::sync::Arc;
use std::time::Duration;

/// How often a job is looked at.
const PACE: Duration = Duration::from_millis(20);

/// The nodes that hold snapshots; the first one holds the memory as well.
fn nodes(shared: &Shared, live: &Live) -> Result<Vec<String>> {
    let definition = live.definition();
    let nodes: Vec<String> = snapshot_disks(&definition.model)
        .map(|disk| images::node(live, shared, disk))
        .collect::<Result<_>>()?;
    match nodes.is_empty() {
        true => Err(Error::config_unsupported("the domain has no disk that could hold a snapshot")),
        false => Ok(nodes),
    }
}

/// Saves the guest as it is.
pub fn save(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, snapshot: &DomainSnapshot) -> Result<()> {
    let devices = nodes(shared, live)?;
    let job_id = format!("snapsave-{}", snapshot.name);
    let command = SnapshotSave {
        job_id: job_id.clone(),
        tag: snapshot.name.clone(),
        vmstate: devices[0].clone(),
        devices,
    };
    live.ask(&shared.reactor, command)?;
    finish(shared, live, &job_id)
        .map_err(|err| err.context(format!("the snapshot of domain '{}' was not taken", vm.name())))
}

/// Brings the guest, which does not run at that moment, to a snapshot.
pub fn load(shared: &Shared, live: &Live, name: &str) -> Result<()> {
    let devices = nodes(shared, live)?;
    let job_id = format!("snapload-{name}");
    let command =
        SnapshotLoad { job_id: job_id.clone(), tag: name.to_owned(), vmstate: devices[0].clone(), devices };
    live.ask(&shared.reactor, command)?;
    finish(shared, live, &job_id)
}

/// Removes a snapshot from the images of a running guest.
pub fn delete(shared: &Shared, live: &Live, name: &str) -> Result<()> {
    let devices = nodes(shared, live)?;
    let job_id = format!("snapdelete-{name}");
    live.ask(&shared.reactor, SnapshotDelete { job_id: job_id.clone(), tag: name.to_owned(), devices })?;
    finish(shared, live, &job_id)
}

/// Waits for a job's end, and clears it away.
fn finish(shared: &Shared, live: &Live, id: &str) -> Result<()> {
    let monitor = live.monitor.clone();
    let id = id.to_owned();
    shared.reactor.call(async move {
        loop {
            let jobs = monitor.execute(&QueryJobs {}).await?;
            let Some(job) = jobs.into_iter().find(|job| job.id == id) else { return Ok(()) };
            if job.status == "concluded" {
                monitor.execute(&JobDismiss { id: id.clone() }).await?;
                return match job.error {
                    None => Ok(()),
                    Some(error) => Err(Error::operation_failed(error)),
                };
            }
            tokio::time::sleep(PACE).await;
        }
    })
}
