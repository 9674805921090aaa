//! Finding running guests again that an earlier process has left behind.

use crate::driver::Shared;
use crate::live::{Live, Parts};
use crate::network::Plugs;
use crate::qmp::{self, types::RunState};
use crate::qmp::{Client, EventStream, Options, QueryStatus};
use crate::status::{self, Status};
use crate::vm::{Definition, Vm};
use crate::{backup, blockjob, definitions, model, network, stop, tpm, tune, watch};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, Result, abi, persist};
use ferrovirt_host::KernelFiles;
use ferrovirt_host::cgroup::Cgroup;
use ferrovirt_host::process::{Process, ProcessId};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long an old guest's monitor may take to answer before the guest counts as hung.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes over every guest that has a status file; what has ended meanwhile is cleared away.
pub fn find_running(shared: &Arc<Shared>) -> Result<()> {
    for path in persist::list(&shared.paths.state(), "xml")? {
        if let Err(err) = take_over(shared, &path) {
            tracing::error!(path = %path.display(), %err, "a guest of an earlier run can't be taken over");
        }
    }
    Ok(())
}

fn take_over(shared: &Arc<Shared>, path: &Path) -> Result<()> {
    let Some(text) = persist::read_optional(path)? else { return Ok(()) };
    let status = status::read(&text)?;
    let (vm, _) = definitions::claim(shared, &status.domain)?;
    let id = status.domain.id.and_then(|id| i32::try_from(id).ok()).unwrap_or(0);
    shared.reserve_id(id);
    for port in displays_of(&status) {
        shared.graphics_ports.note(port);
    }
    match running(&status)? {
        Some(process) => attach(shared, &vm, status, Arc::new(process), id),
        None => {
            tracing::info!(domain = %vm.name(), "the guest ended while nobody watched");
            clear_away(shared, &vm, &status, id);
            Ok(())
        }
    }
}

fn displays_of(status: &Status) -> Vec<u16> {
    status.domain.devices.graphics.iter().flat_map(model::display_ports).collect()
}

/// The guest's process, if it still runs.
fn running(status: &Status) -> Result<Option<Process>> {
    match status.start_time {
        Some(start_time) => Process::attach_to(ProcessId { pid: status.pid, start_time }),
        // A status that libvirt wrote does not have it.
        None => Process::attach(status.pid),
    }
}

fn attach(shared: &Arc<Shared>, vm: &Arc<Vm>, status: Status, process: Arc<Process>, id: i32) -> Result<()> {
    let monitor_path = PathBuf::from(&status.monitor);
    let connected = shared.reactor.call(async move { Ok(connect(&monitor_path).await) })?;
    let (monitor, events, now_in) = match connected {
        Ok(connected) => connected,
        Err(err) => {
            tracing::error!(domain = %vm.name(), %err, "the guest's monitor does not answer; the guest is ended");
            process.kill(Signal::KILL)?;
            process.wait()?;
            clear_away(shared, vm, &status, id);
            return Ok(());
        }
    };
    let plugs = network::take_over(shared, &status);
    let tpm = tpm_emulator(&status);
    let (state, reason) = now(&status, now_in.running);
    let block_jobs = status.block_jobs;
    let backup = status.backup;
    let parts = Parts {
        id,
        process,
        monitor,
        vcpu_threads: status.vcpus.iter().map(|vcpu| (vcpu.id, vcpu.pid)).collect(),
        definition: Definition::new(status.domain),
        plugs,
        tpm,
    };
    let live = Live::new(parts);
    block_jobs.into_iter().for_each(|job| live.block_jobs.add(job));
    live.backups.take_over(backup, &live.block_jobs);
    let group = Cgroup::find(&KernelFiles::host(), &tune::cgroups::name(shared, id, &vm.name()));
    if let Some(group) = group.filter(|group| group.holds(live.process.pid())) {
        live.group.get_or_init(|| group);
    }
    vm.change(|view| {
        view.live = Some(live.clone());
        (view.state, view.reason) = (state, reason);
    });
    shared.domains.set_id(vm, id);
    tracing::info!(domain = %vm.name(), id, "guest found again");
    let reactor = shared.reactor.handle()?;
    if now_in.status == RunState::Shutdown {
        // It switched itself off while nobody watched: what its definition says of that is still to be done.
        let (shared, vm, live) = (shared.clone(), vm.clone(), live.clone());
        reactor.spawn(async move { watch::shut_down(&shared, &vm, &live, true).await });
    }
    reactor.spawn(watch::follow(shared.clone(), vm.clone(), live, events));
    status::save(shared, vm)?;
    // What happened to jobs meanwhile nobody has been told.
    blockjob::take_over(shared, vm, &vm.live()?)
}

/// The process that is the guest's TPM, if it still runs.
fn tpm_emulator(status: &Status) -> Option<tpm::Emulator> {
    let id = ProcessId { pid: status.tpm_pid?, start_time: status.tpm_start? };
    let found =
        Process::attach_to(id).inspect_err(|err| tracing::warn!(%err, "a TPM's emulator can't be found"));
    found.ok().flatten().map(|process| tpm::Emulator { process })
}

/// The state that the guest is in by QEMU's word; the reason that was noted holds as long as the state does.
fn now(status: &Status, runs: bool) -> (i32, i32) {
    let noted = status.state();
    let running = abi::VIR_DOMAIN_RUNNING as i32;
    match (runs, noted.0 == running) {
        (true, false) => (running, abi::VIR_DOMAIN_RUNNING_UNPAUSED as i32),
        (false, true) => (abi::VIR_DOMAIN_PAUSED as i32, abi::VIR_DOMAIN_PAUSED_UNKNOWN as i32),
        _ => noted,
    }
}

async fn connect(path: &Path) -> Result<(Client, EventStream, qmp::types::Status)> {
    let options = Options { deadline: PATIENCE, ..Options::default() };
    let (monitor, events) = Client::connect(path, options).await?;
    let status = monitor.execute(&QueryStatus {}).await.map_err(Error::from)?;
    Ok((monitor.with_deadline(Options::default().deadline), events, status))
}

/// Gives back what a guest held that has ended unwatched.
fn clear_away(shared: &Arc<Shared>, vm: &Arc<Vm>, status: &Status, id: i32) {
    let plugs: Plugs = network::leftovers(status);
    stop::give_back(shared, &vm.name(), id, &plugs, &status.domain, tpm_emulator(status).as_ref());
    status::remove(&shared.paths, &vm.name());
    if let Some(backup) = &status.backup {
        backup::lost(backup);
    }
    vm.set_state(abi::VIR_DOMAIN_SHUTOFF, abi::VIR_DOMAIN_SHUTOFF_CRASHED);
    if vm.view().persistent.is_none() {
        tpm::forget(&shared.paths, &status.domain, tpm::Fate::AsDefined);
        shared.domains.remove(vm);
    }
}
