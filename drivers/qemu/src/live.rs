//! A running guest: its process, its monitor, and what must be given back when it ends.

use crate::agent::Agent;
use crate::backup::Backups;
use crate::blockjob::BlockJobs;
use crate::consoles::Consoles;
use crate::hotplug::Removals;
use crate::network::Plugs;
use crate::news::News;
use crate::qmp::Client;
use crate::reactor::Reactor;
use crate::tpm;
use crate::vm::Definition;
use arc_swap::ArcSwap;
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::{Error, ErrorCode, Result, abi};
use ferrovirt_host::cgroup::Cgroup;
use ferrovirt_host::process::Process;
use parking_lot::{Condvar, Mutex};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What exists only while a guest runs.
pub struct Live {
    pub id: i32,
    pub process: Arc<Process>,
    pub monitor: Client,
    definition: ArcSwap<Definition>,
    /// The vCPUs that are on, each with its thread.
    vcpu_threads: Mutex<Vec<(u32, u32)>>,
    /// The guest's control group, if something has needed it.
    pub group: OnceLock<Cgroup>,
    /// One at a time talks to the guest's agent.
    pub agent: Agent,
    /// The guest's place in the host's networks.
    pub plugs: Plugs,
    /// The process that is the guest's TPM.
    pub tpm: Option<tpm::Emulator>,
    pub consoles: Consoles,
    /// Who waits for the guest to let go of a device.
    pub removals: Removals,
    /// Who waits for a job of QEMU.
    pub news: News,
    /// What is under way on its disks.
    pub block_jobs: BlockJobs,
    pub backups: Backups,
    end: Mutex<End>,
    ended: Condvar,
}

/// Why a guest is ending, and whether it has ended.
#[derive(Default)]
struct End {
    cause: Option<StopCause>,
    done: bool,
    /// The next time the guest switches itself off, it is started anew: it was asked to reboot.
    restart: bool,
}

/// Why a guest stops running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// The guest has switched itself off.
    Shutdown,
    Destroyed,
    Crashed,
    /// A snapshot was gone back to, or stopped it.
    FromSnapshot,
    /// Its state was saved.
    Saved,
    /// It could not be started, or its process went away unasked.
    Failed,
}

impl StopCause {
    /// `virDomainShutoffReason`.
    pub fn reason(self) -> u32 {
        match self {
            Self::Shutdown => abi::VIR_DOMAIN_SHUTOFF_SHUTDOWN,
            Self::Destroyed => abi::VIR_DOMAIN_SHUTOFF_DESTROYED,
            Self::Crashed => abi::VIR_DOMAIN_SHUTOFF_CRASHED,
            Self::FromSnapshot => abi::VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT,
            Self::Saved => abi::VIR_DOMAIN_SHUTOFF_SAVED,
            Self::Failed => abi::VIR_DOMAIN_SHUTOFF_FAILED,
        }
    }

    /// `virDomainEventStoppedDetailType`.
    pub fn event_detail(self) -> u32 {
        match self {
            Self::Shutdown => abi::VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN,
            Self::Destroyed => abi::VIR_DOMAIN_EVENT_STOPPED_DESTROYED,
            Self::Crashed => abi::VIR_DOMAIN_EVENT_STOPPED_CRASHED,
            Self::FromSnapshot => abi::VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT,
            Self::Saved => abi::VIR_DOMAIN_EVENT_STOPPED_SAVED,
            Self::Failed => abi::VIR_DOMAIN_EVENT_STOPPED_FAILED,
        }
    }
}

/// The parts of a guest that has just come up.
pub struct Parts {
    pub id: i32,
    pub process: Arc<Process>,
    pub monitor: Client,
    pub definition: Arc<Definition>,
    pub vcpu_threads: Vec<(u32, u32)>,
    pub plugs: Plugs,
    pub tpm: Option<tpm::Emulator>,
}

impl Live {
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { id, process, monitor, definition, vcpu_threads, plugs, tpm } = parts;
        Arc::new(Self {
            id,
            process,
            monitor,
            definition: ArcSwap::new(definition),
            vcpu_threads: Mutex::new(vcpu_threads),
            group: OnceLock::new(),
            agent: Agent::default(),
            plugs,
            tpm,
            consoles: Consoles::default(),
            removals: Removals::default(),
            news: News::default(),
            block_jobs: BlockJobs::default(),
            backups: Backups::default(),
            end: Mutex::default(),
            ended: Condvar::new(),
        })
    }

    /// The description of the guest as it runs now.
    pub fn definition(&self) -> Arc<Definition> {
        self.definition.load_full()
    }

    /// Puts a changed description in force.
    pub fn redefine(&self, definition: Arc<Definition>) {
        self.definition.store(definition);
    }

    /// Changes the description in force. `change` may run more than once, on ever newer ones.
    pub fn alter(&self, change: impl Fn(&mut Domain)) {
        self.definition.rcu(|definition| {
            let mut model = definition.model.clone();
            change(&mut model);
            Definition::new(model)
        });
    }

    /// The vCPUs that are on, each with its thread.
    pub fn vcpu_threads(&self) -> Vec<(u32, u32)> {
        self.vcpu_threads.lock().clone()
    }

    /// Other vCPUs are on now.
    pub fn set_vcpu_threads(&self, threads: Vec<(u32, u32)>) {
        *self.vcpu_threads.lock() = threads;
    }

    /// Notes why the guest is about to end; the first cause stays.
    pub fn ending(&self, cause: StopCause) {
        self.end.lock().cause.get_or_insert(cause);
    }

    /// Whether the guest is to be started anew when it next switches itself off.
    pub fn restart_after_shutdown(&self, restart: bool) {
        self.end.lock().restart = restart;
    }

    /// Asks, once, whether the guest that has switched itself off is to be started anew.
    pub fn takes_restart(&self) -> bool {
        std::mem::take(&mut self.end.lock().restart)
    }

    /// Whether the guest is ending already.
    pub fn is_ending(&self) -> bool {
        self.end.lock().cause.is_some()
    }

    /// Why the guest ended; a process that went away unasked has failed.
    pub fn cause(&self) -> StopCause {
        self.end.lock().cause.unwrap_or(StopCause::Failed)
    }

    /// Everything of the guest has been given back; wakes whoever waits for that.
    pub fn has_ended(&self) {
        self.removals.give_up();
        self.end.lock().done = true;
        self.ended.notify_all();
    }

    /// Waits until everything of the guest has been given back; false if that takes longer than `patience`.
    pub fn wait_for_end(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut end = self.end.lock();
        while !end.done {
            if self.ended.wait_until(&mut end, deadline).timed_out() {
                return end.done;
            }
        }
        true
    }

    /// Runs a monitor command and waits for its reply.
    pub fn ask<C>(&self, reactor: &Reactor, command: C) -> Result<C::Reply>
    where
        C: crate::qmp::Command + Send + Sync + 'static,
    {
        let monitor = self.monitor.clone();
        reactor.call(async move { Ok(monitor.execute(&command).await?) }).map_err(|err| self.explain(err))
    }

    /// A monitor that is lost because the guest has ended is told as that.
    fn explain(&self, err: Error) -> Error {
        if self.monitor.lost().is_some() {
            Error::new(ErrorCode::OperationFailed, "the guest ended while the call was under way")
                .caused_by(err)
        } else {
            err
        }
    }
}
