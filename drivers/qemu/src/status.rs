//! The status of a running guest on disk: what another process needs to take the guest over, in libvirt's form.

use crate::backup::Backup;
use crate::blockjob::BlockJob;
use crate::driver::Shared;
use crate::layout::Paths;
use crate::vm::{View, Vm};
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, Result, abi};
use ferrovirt_xml::{XmlElement, XmlEnum};
use std::sync::Arc;

/// `<domstatus>`
#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "domstatus")]
pub struct Status {
    #[xml(attr)]
    pub state: StateName,
    #[xml(attr)]
    pub reason: String,
    #[xml(attr)]
    pub pid: u32,
    #[xml(attr = "monitor/@path")]
    pub monitor: String,
    #[xml(attr = "monitor/@type")]
    pub monitor_kind: MonitorKind,
    #[xml(child = "vcpus/vcpu")]
    pub vcpus: Vec<VcpuThread>,
    #[xml(attr = "libDir/@path")]
    pub lib_dir: Option<String>,
    #[xml(attr = "channelTargetDir/@path")]
    pub channel_dir: Option<String>,
    /// When the process was started, in clock ticks since boot: tells it from a later one with the same number.
    #[xml(attr = "process/@start")]
    pub start_time: Option<u64>,
    /// The process that is the guest's TPM, and when it was started.
    #[xml(attr = "tpmEmulator/@pid")]
    pub tpm_pid: Option<u32>,
    #[xml(attr = "tpmEmulator/@start")]
    pub tpm_start: Option<u64>,
    /// The network port of each interface that has one, by MAC address.
    #[xml(child = "networkPorts/port")]
    pub ports: Vec<StatusPort>,
    /// What is under way on disks.
    #[xml(child = "blockJobs/job")]
    pub block_jobs: Vec<BlockJob>,
    #[xml(child = "backup")]
    pub backup: Option<Backup>,
    #[xml(child)]
    pub domain: Domain,
}

/// The thread that runs a vCPU.
#[derive(Debug, Clone, PartialEq, XmlElement)]
pub struct VcpuThread {
    #[xml(attr)]
    pub id: u32,
    #[xml(attr)]
    pub pid: u32,
}

/// What an interface holds of a virtual network.
#[derive(Debug, Clone, PartialEq, XmlElement)]
pub struct StatusPort {
    #[xml(attr)]
    pub network: String,
    #[xml(attr = "networkUuid")]
    pub network_uuid: uuid::Uuid,
    #[xml(attr)]
    pub uuid: uuid::Uuid,
    #[xml(attr)]
    pub tap: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MonitorKind {
    Unix,
}

/// `virDomainState`, as the status file spells it; in the order of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum StateName {
    #[xml(name = "no state")]
    NoState,
    Running,
    Blocked,
    Paused,
    #[xml(name = "shutdown")]
    Shutdown,
    #[xml(name = "shutoff")]
    ShutOff,
    Crashed,
    #[xml(name = "pmsuspended")]
    PmSuspended,
}

/// The spellings of the reasons of the states that a running guest can be in; the number is the place.
const REASONS: [(u32, &[&str]); 5] = [
    (
        abi::VIR_DOMAIN_RUNNING,
        &[
            "unknown",
            "booted",
            "migrated",
            "restored",
            "from snapshot",
            "unpaused",
            "migration canceled",
            "save canceled",
            "wakeup",
            "crashed",
            "post-copy",
            "post-copy failed",
        ],
    ),
    (
        abi::VIR_DOMAIN_PAUSED,
        &[
            "unknown",
            "user",
            "migration",
            "save",
            "dump",
            "ioerror",
            "watchdog",
            "from snapshot",
            "shutdown",
            "snapshot",
            "panicked",
            "starting up",
            "post-copy",
            "post-copy failed",
            "api error",
        ],
    ),
    (abi::VIR_DOMAIN_SHUTDOWN, &["unknown", "user"]),
    (abi::VIR_DOMAIN_CRASHED, &["unknown", "panicked"]),
    (abi::VIR_DOMAIN_PMSUSPENDED, &["unknown"]),
];

fn reasons(state: i32) -> &'static [&'static str] {
    REASONS.iter().find(|(known, _)| *known as i32 == state).map_or(&["unknown"], |(_, names)| names)
}

impl Status {
    /// The number of the state, and of its reason.
    pub fn state(&self) -> (i32, i32) {
        let state = StateName::ALL.iter().position(|name| *name == self.state).unwrap_or(0) as i32;
        let reason = reasons(state).iter().position(|name| *name == self.reason).unwrap_or(0) as i32;
        (state, reason)
    }
}

/// Writes the guest's status, if it still runs.
pub fn save(shared: &Shared, vm: &Arc<Vm>) -> Result<()> {
    let _noting = vm.noting.lock();
    let view = vm.view();
    let Some(live) = view.live.clone() else { return Ok(()) };
    let name = vm.name();
    let tpm = live.tpm.as_ref().and_then(|tpm| tpm.process.id().ok());
    let status = Status {
        state: StateName::ALL[usize::try_from(view.state).unwrap_or(0).min(StateName::ALL.len() - 1)],
        reason: reason_name(&view),
        pid: live.process.pid(),
        monitor: shared.paths.monitor(live.id, &name).display().to_string(),
        monitor_kind: MonitorKind::Unix,
        vcpus: live.vcpu_threads().into_iter().map(|(id, pid)| VcpuThread { id, pid }).collect(),
        lib_dir: Some(shared.paths.guest(live.id, &name).display().to_string()),
        channel_dir: Some(shared.paths.channels(live.id, &name).display().to_string()),
        start_time: live.process.id().ok().map(|id| id.start_time),
        tpm_pid: tpm.map(|tpm| tpm.pid),
        tpm_start: tpm.map(|tpm| tpm.start_time),
        ports: live.plugs.for_status(),
        block_jobs: live.block_jobs.all(),
        backup: live.backups.current(),
        domain: live.definition().model.clone(),
    };
    let text = ferrovirt_xml::to_string(&status);
    let path = shared.paths.status(&name);
    persist::write_atomic(&path, text.as_bytes(), 0o600, Durability::Process)
}

/// The guest has ended, and has no status any more.
pub fn remove(paths: &Paths, name: &str) {
    if let Err(err) = persist::remove(&paths.status(name)) {
        tracing::warn!(domain = name, %err, "the status of an ended guest was left behind");
    }
}

fn reason_name(view: &View) -> String {
    let names = reasons(view.state);
    let at = usize::try_from(view.reason).unwrap_or(0);
    names.get(at).unwrap_or(&"unknown").to_string()
}

/// As [`save`], off the reactor's thread and without a caller who could be told of a failure.
pub fn save_later(shared: &Arc<Shared>, vm: &Arc<Vm>) {
    let (shared, vm) = (shared.clone(), vm.clone());
    let work = move || {
        if let Err(err) = save(&shared, &vm) {
            tracing::error!(domain = %vm.name(), %err, "the guest's status can't be kept");
        }
    };
    // The handle is the runtime's own: dropping it lets the work go on.
    drop(tokio::task::spawn_blocking(work));
}

/// Reads a status file.
pub fn read(text: &str) -> Result<Status> {
    let document = ferrovirt_xml::Document::parse(text, "domain_status")?;
    let status: Status = document.read()?;
    if status.domain.uuid.is_none() {
        return Err(Error::xml("the status file's domain has no uuid"));
    }
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_reasons_are_told_by_libvirts_names() {
        let text = "<domstatus state='paused' reason='user' pid='77'><monitor path='/m' type='unix'/>\
                    <domain type='qemu' id='3'><name>a</name><uuid>00000000-0000-0000-0000-000000000001</uuid>\
                    <memory>1024</memory><os><type>hvm</type></os></domain></domstatus>";
        let status = read(text).unwrap();
        assert_eq!(status.state(), (abi::VIR_DOMAIN_PAUSED as i32, abi::VIR_DOMAIN_PAUSED_USER as i32));
        assert_eq!((status.pid, status.domain.id), (77, Some(3)));
    }
}
