//! The control groups of a running guest. They are made when something first needs them: a guest without limits starts
//! without them.

use super::Guest;
use crate::driver::Shared;
use crate::live::Live;
use ferrovirt_conf::domain::{Domain, NumaMode};
use ferrovirt_conf::tuning::memory::UNLIMITED;
use ferrovirt_conf::tuning::numa;
use ferrovirt_conf::tuning::scheduler::{Setting, Threads};
use ferrovirt_conf::values::ScaledSize;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, Result, TypedParams};
use ferrovirt_host::KernelFiles;
use ferrovirt_host::cgroup::{Cgroup, Controller};
use std::fs;

/// The name of a guest's group, as libvirt has it.
pub fn name(shared: &Shared, id: i32, name: &str) -> String {
    let machine = shared.paths.machine_name(id, name);
    format!("{machine}.libvirt-qemu").replace('/', "_")
}

/// Removes what a guest that has ended had.
pub fn remove(shared: &Shared, id: i32, guest: &str) {
    let Some(group) = Cgroup::find(&KernelFiles::host(), &name(shared, id, guest)) else { return };
    // One that something runs in is another process's guest of the same name and number.
    if group.is_vacant()
        && let Err(err) = group.remove()
    {
        tracing::warn!(domain = guest, %err, "a control group of an ended guest was left behind");
    }
}

impl Live {
    /// The guest's group; made, with the guest moved into it, if there is none yet.
    pub fn cgroup(&self, shared: &Shared, guest: &str) -> Result<&Cgroup> {
        if let Some(group) = self.group.get() {
            return Ok(group);
        }
        let group = Cgroup::make(&KernelFiles::host(), &name(shared, self.id, guest));
        group.add_process(self.process.pid())?;
        Ok(self.group.get_or_init(|| group))
    }
}

impl Guest<'_> {
    /// The guest's group, in which there must be this controller.
    pub fn cgroup(&self, controller: Controller) -> Result<&Cgroup> {
        let group = self.live.cgroup(self.shared, &self.vm.name())?;
        match group.has(controller) {
            true => Ok(group),
            false => {
                let text = format!("the cgroup controller '{}' is not mounted", controller.name());
                Err(Error::operation_invalid(text))
            }
        }
    }

    /// The groups of these threads; made, with the threads moved there, if there are none yet.
    pub fn thread_groups(&self, threads: Threads) -> Result<Vec<Cgroup>> {
        let group = self.cgroup(Controller::Cpu)?;
        let mut groups = Vec::new();
        match threads {
            Threads::Global => groups.push(group.clone()),
            Threads::Vcpu => {
                for (vcpu, tid) in self.live.vcpu_threads() {
                    groups.push(with_threads(group, &format!("vcpu{vcpu}"), [tid])?);
                }
            }
            Threads::IoThread => {
                for thread in super::iothreads::running(self.shared, self.live)? {
                    groups.push(with_threads(group, &format!("iothread{}", thread.id), [thread.tid])?);
                }
            }
            Threads::Emulator => groups.push(with_threads(group, "emulator", self.emulator_threads()?)?),
        }
        Ok(groups)
    }

    /// The process's threads that are neither vCPUs nor I/O threads.
    fn emulator_threads(&self) -> Result<Vec<u32>> {
        let pid = self.live.process.pid();
        let vcpus: Vec<u32> = self.live.vcpu_threads().into_iter().map(|(_, tid)| tid).collect();
        let iothreads = super::iothreads::running(self.shared, self.live)?;
        let path = format!("/proc/{pid}/task");
        let entries = fs::read_dir(&path)
            .map_err(|err| Error::system(err, format_args!("cannot list the threads in '{path}'")))?;
        let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        Ok(numbers
            .filter(|tid| !vcpus.contains(tid) && !iothreads.iter().any(|thread| thread.tid == *tid))
            .collect())
    }

    /// Puts a setting of the scheduler in force.
    pub fn schedule(&self, setting: Setting) -> Result<()> {
        match setting {
            Setting::Shares(shares) => {
                self.cgroup(Controller::Cpu)?.set(Controller::Cpu, "cpu.shares", &shares.to_string())
            }
            Setting::Period(_, 0) | Setting::Quota(_, 0) => Ok(()),
            Setting::Period(threads, period) => self.limit(threads, "cpu.cfs_period_us", &period.to_string()),
            Setting::Quota(threads, quota) => self.limit(threads, "cpu.cfs_quota_us", &quota.to_string()),
        }
    }

    fn limit(&self, threads: Threads, file: &str, value: &str) -> Result<()> {
        self.thread_groups(threads)?.iter().try_for_each(|group| group.set(Controller::Cpu, file, value))
    }

    /// The scheduler's parameters as the kernel has them.
    pub fn scheduler(&self) -> Result<Domain> {
        let mut told = Domain::default();
        let group = self.cgroup(Controller::Cpu)?;
        Setting::Shares(group.number(Controller::Cpu, "cpu.shares")?).put(&mut told.cputune);
        for threads in [Threads::Vcpu, Threads::Emulator, Threads::Global, Threads::IoThread] {
            // Without threads of that kind the guest's own group stands for them.
            let groups = self.thread_groups(threads)?;
            let group = groups.first().unwrap_or(group);
            let period = group.number(Controller::Cpu, "cpu.cfs_period_us")?;
            let quota = group.number(Controller::Cpu, "cpu.cfs_quota_us")?;
            Setting::Period(threads, period).put(&mut told.cputune);
            Setting::Quota(threads, if quota == -1 { NO_QUOTA } else { quota }).put(&mut told.cputune);
        }
        Ok(told)
    }

    /// Has memory come from other NUMA nodes from now on.
    pub fn place_memory(&self, model: &mut Domain, params: &TypedParams) -> Result<()> {
        let group = self.cgroup(Controller::CpuSet)?;
        let before = model.numatune.memory.clone().unwrap_or_default();
        numa::set_numa(model, true, params)?;
        let after = model.numatune.memory.clone().unwrap_or_default();
        if params.get("numa_nodeset").is_none() || before.nodeset == after.nodeset {
            return Ok(());
        }
        if after.mode.unwrap_or_default() != NumaMode::Restrictive && model.numatune.memory.is_some() {
            let text = "the NUMA nodes of a running guest can change only in the mode 'restrictive'";
            return Err(Error::operation_invalid(text));
        }
        let nodes = after.nodeset.map(|nodes| nodes.to_string()).unwrap_or_default();
        group.set(Controller::CpuSet, "cpuset.mems", &nodes)
    }

    /// Puts limits of memory in force, in an order in which none is above the one that holds it.
    pub fn limit_memory(&self, model: &Domain, params: &TypedParams) -> Result<()> {
        let group = self.cgroup(Controller::Memory)?;
        let write = |file: &str, kib: u64| {
            let value = if kib >= UNLIMITED { "-1".to_owned() } else { kib.saturating_mul(1024).to_string() };
            group.set(Controller::Memory, file, &value)
        };
        let hard = params.get_ullong("hard_limit")?;
        let swap = params.get_ullong("swap_hard_limit")?;
        if let Some(soft) = params.get_ullong("soft_limit")? {
            write(SOFT, soft)?;
        }
        let now = model.memtune.hard_limit.map_or(UNLIMITED, |size| size.0);
        let sinks = hard.is_some_and(|hard| hard < now);
        if let Some(hard) = hard.filter(|_| sinks) {
            write(HARD, hard)?;
        }
        if let Some(swap) = swap {
            write(SWAP, swap)?;
        }
        match hard.filter(|_| !sinks) {
            Some(hard) => write(HARD, hard),
            None => Ok(()),
        }
    }

    /// The limits of memory as the kernel has them.
    pub fn memory_limits(&self) -> Result<Domain> {
        let group = self.cgroup(Controller::Memory)?;
        let mut told = Domain::default();
        let read = |file: &str| -> Result<Option<ScaledSize>> {
            let kib = group.number::<u64>(Controller::Memory, file)? / 1024;
            Ok((kib < UNLIMITED / 1024).then_some(ScaledSize(kib)))
        };
        told.memtune.hard_limit = read(HARD)?;
        told.memtune.soft_limit = read(SOFT)?;
        // Kernels without accounting of swap have no such limit.
        if group.knows(Controller::Memory, SWAP) {
            told.memtune.swap_hard_limit = read(SWAP)?;
        }
        Ok(told)
    }
}

const HARD: &str = "memory.limit_in_bytes";
const SOFT: &str = "memory.soft_limit_in_bytes";
const SWAP: &str = "memory.memsw.limit_in_bytes";

/// What stands for no quota where the kernel says -1.
const NO_QUOTA: i64 = 17_592_186_044_415;

fn with_threads(group: &Cgroup, name: &str, tids: impl IntoIterator<Item = u32>) -> Result<Cgroup> {
    let child = group.make_child(name)?;
    for tid in tids {
        child.add_thread(tid)?;
    }
    Ok(child)
}
