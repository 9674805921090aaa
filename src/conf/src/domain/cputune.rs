//! `<cputune>`: which host CPUs the guest's threads get, and how much of them.

use crate::domain::resctrl::{CacheTune, MemoryTune};
use crate::values::CpuSet;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// `<cputune>`. Periods and quotas are in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct CpuTune {
    #[xml(value, error = "XmlError@object")]
    pub shares: Option<u64>,
    /// Of each CPU.
    #[xml(value, error = "XmlError@object")]
    pub period: Option<u64>,
    #[xml(value, error = "XmlError@object")]
    pub quota: Option<i64>,
    /// Of the guest as a whole.
    #[xml(value = "global_period", error = "XmlError@object")]
    pub global_period: Option<u64>,
    #[xml(value = "global_quota", error = "XmlError@object")]
    pub global_quota: Option<i64>,
    #[xml(value = "emulator_period", error = "XmlError@object")]
    pub emulator_period: Option<u64>,
    #[xml(value = "emulator_quota", error = "XmlError@object")]
    pub emulator_quota: Option<i64>,
    #[xml(value = "iothread_period", error = "XmlError@object")]
    pub iothread_period: Option<u64>,
    #[xml(value = "iothread_quota", error = "XmlError@object")]
    pub iothread_quota: Option<i64>,
    #[xml(child = "vcpupin")]
    pub vcpu_pins: Vec<VcpuPin>,
    #[xml(attr = "emulatorpin/@cpuset")]
    pub emulator_pin: Option<CpuSet>,
    #[xml(child = "iothreadpin")]
    pub iothread_pins: Vec<IoThreadPin>,
    #[xml(child = "emulatorsched")]
    pub emulator_scheduler: Option<Scheduler>,
    #[xml(child = "vcpusched")]
    pub vcpu_schedulers: Vec<VcpuScheduler>,
    #[xml(child = "iothreadsched")]
    pub iothread_schedulers: Vec<IoThreadScheduler>,
    #[xml(child = "cachetune")]
    pub cache: Vec<CacheTune>,
    #[xml(child = "memorytune")]
    pub memory: Vec<MemoryTune>,
}

/// `<vcpupin>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct VcpuPin {
    #[xml(attr)]
    pub vcpu: u32,
    #[xml(attr, missing = "Internal")]
    pub cpuset: CpuSet,
}

/// `<iothreadpin>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct IoThreadPin {
    #[xml(attr = "iothread")]
    pub thread: NonZeroU32,
    #[xml(attr, missing = "Internal")]
    pub cpuset: CpuSet,
}

/// A scheduling policy of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Scheduler {
    #[xml(attr = "scheduler")]
    pub policy: SchedulerPolicy,
    /// Of `fifo` and `rr`.
    #[xml(attr)]
    pub priority: Option<i32>,
}

/// `<vcpusched>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct VcpuScheduler {
    #[xml(attr, missing = "XmlError@object")]
    pub vcpus: CpuSet,
    #[xml(flatten)]
    pub scheduler: Scheduler,
}

/// `<iothreadsched>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct IoThreadScheduler {
    #[xml(attr = "iothreads", missing = "XmlError@object")]
    pub threads: CpuSet,
    #[xml(flatten)]
    pub scheduler: Scheduler,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SchedulerPolicy {
    Batch,
    Idle,
    Fifo,
    Rr,
}

impl CpuTune {
    /// Takes out the names that allocations have on the host while the guest runs.
    pub fn strip_live(&mut self) {
        self.cache.iter_mut().for_each(|tune| tune.id = None);
        self.memory.iter_mut().for_each(|tune| tune.id = None);
    }

    /// Whether any thread has a place of its own.
    pub fn has_pins(&self) -> bool {
        !self.vcpu_pins.is_empty() || self.emulator_pin.is_some() || !self.iothread_pins.is_empty()
    }

    /// Drops groups of CPUs that the guest can't have.
    pub fn shrink(&mut self, max_vcpus: u32) -> Result<()> {
        CacheTune::shrink_all(&mut self.cache, max_vcpus)?;
        MemoryTune::shrink_all(&mut self.memory, &self.cache, max_vcpus)
    }

    /// Brings pins and schedulers into the order of what they are about, one a thread, and drops those of CPUs that the
    /// guest can't have.
    pub fn fill_defaults(&mut self, max_vcpus: u32, iothreads: &[NonZeroU32]) {
        let periods =
            [&mut self.period, &mut self.global_period, &mut self.emulator_period, &mut self.iothread_period];
        let quotas =
            [&mut self.quota, &mut self.global_quota, &mut self.emulator_quota, &mut self.iothread_quota];
        periods.into_iter().for_each(|period| *period = period.filter(|n| *n != 0));
        quotas.into_iter().for_each(|quota| *quota = quota.filter(|n| *n != 0));

        self.vcpu_pins.retain(|pin| pin.vcpu < max_vcpus);
        self.vcpu_pins.sort_by_key(|pin| pin.vcpu);
        let place = |id: u32| iothreads.iter().position(|thread| thread.get() == id);
        self.iothread_pins.sort_by_key(|pin| place(pin.thread.get()));
        self.emulator_scheduler.iter_mut().for_each(Scheduler::fill_defaults);

        let one = |id: u32| CpuSet::from_iter([id]);
        let split: Vec<_> = std::mem::take(&mut self.vcpu_schedulers);
        for VcpuScheduler { vcpus, mut scheduler } in split {
            scheduler.fill_defaults();
            self.vcpu_schedulers.extend(vcpus.iter().map(|id| VcpuScheduler { vcpus: one(id), scheduler }));
        }
        self.vcpu_schedulers.sort_by_key(|item| item.vcpus.last());
        let split: Vec<_> = std::mem::take(&mut self.iothread_schedulers);
        for IoThreadScheduler { threads, mut scheduler } in split {
            scheduler.fill_defaults();
            self.iothread_schedulers
                .extend(threads.iter().map(|id| IoThreadScheduler { threads: one(id), scheduler }));
        }
        self.iothread_schedulers.sort_by_key(|item| item.threads.last().and_then(place));
        CacheTune::fill_all(&mut self.cache);
        MemoryTune::fill_all(&mut self.memory, &self.cache);
    }

    /// Refuses pins and schedulers that are there twice, empty, or about threads that don't exist.
    pub fn check(&self, max_vcpus: u32, iothreads: &[NonZeroU32]) -> Result<()> {
        let empty = |what: &str| Err(Error::config_unsupported(format!("the cpuset of <{what}> is empty")));
        for (index, pin) in self.vcpu_pins.iter().enumerate() {
            if pin.cpuset.is_empty() {
                return empty("vcpupin");
            }
            if self.vcpu_pins[..index].iter().any(|earlier| earlier.vcpu == pin.vcpu) {
                return Err(Error::internal(format!("CPU {} has more than one <vcpupin>", pin.vcpu)));
            }
        }
        if self.emulator_pin.as_ref().is_some_and(CpuSet::is_empty) {
            return empty("emulatorpin");
        }
        for (index, pin) in self.iothread_pins.iter().enumerate() {
            if !iothreads.contains(&pin.thread) {
                let text = format!("<iothreadpin> names I/O thread {}, which there is none", pin.thread);
                return Err(Error::config_unsupported(text));
            }
            if pin.cpuset.is_empty() {
                return empty("iothreadpin");
            }
            if self.iothread_pins[..index].iter().any(|earlier| earlier.thread == pin.thread) {
                return Err(Error::internal(format!(
                    "I/O thread {} has more than one <iothreadpin>",
                    pin.thread
                )));
            }
        }
        self.validate_schedulers(max_vcpus, iothreads)?;
        CacheTune::validate_all(&self.cache)?;
        MemoryTune::validate_all(&self.memory, &self.cache)
    }

    fn validate_schedulers(&self, max_vcpus: u32, iothreads: &[NonZeroU32]) -> Result<()> {
        if let Some(scheduler) = &self.emulator_scheduler {
            scheduler.validate("emulatorsched")?;
        }
        let mut seen = CpuSet::new();
        for VcpuScheduler { vcpus, scheduler } in &self.vcpu_schedulers {
            scheduler.validate("vcpusched")?;
            one_scheduler_each("vcpusched", vcpus, &mut seen)?;
            if vcpus.last().is_some_and(|id| id >= max_vcpus) {
                let text = format!("<vcpusched vcpus='{vcpus}'> names CPUs beyond the {max_vcpus} there are");
                return Err(Error::config_unsupported(text));
            }
        }
        let mut seen = CpuSet::new();
        for IoThreadScheduler { threads, scheduler } in &self.iothread_schedulers {
            scheduler.validate("iothreadsched")?;
            one_scheduler_each("iothreadsched", threads, &mut seen)?;
            let exists = |id| iothreads.iter().any(|thread| thread.get() == id);
            if let Some(id) = threads.iter().find(|id| !exists(*id)) {
                let text = format!("<iothreadsched> names I/O thread {id}, which there is none");
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    /// Refuses periods and quotas that no kernel takes.
    pub fn validate(&self) -> Result<()> {
        let periods = [
            ("period", self.period),
            ("global_period", self.global_period),
            ("emulator_period", self.emulator_period),
            ("iothread_period", self.iothread_period),
        ];
        for (name, period) in periods {
            if period.is_some_and(|period| period != 0 && !(1_000..=1_000_000).contains(&period)) {
                let text = format!("<{name}> of <cputune> must be from 1000 to 1000000 microseconds");
                return Err(Error::config_unsupported(text));
            }
        }
        let quotas = [
            ("quota", self.quota),
            ("global_quota", self.global_quota),
            ("emulator_quota", self.emulator_quota),
            ("iothread_quota", self.iothread_quota),
        ];
        // The kernel counts in nanoseconds, with 20 bits less than a word.
        const MOST: i64 = 17_592_186_044_415;
        for (name, quota) in quotas {
            if quota.is_some_and(|quota| quota > 0 && !(1_000..=MOST).contains(&quota)) {
                let text =
                    format!("<{name}> of <cputune> must be negative or from 1000 to {MOST} microseconds");
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }
}

fn one_scheduler_each(element: &str, ids: &CpuSet, seen: &mut CpuSet) -> Result<()> {
    if ids.is_empty() {
        return Err(Error::config_unsupported(format!("<{element}> names no threads")));
    }
    if ids.overlaps(seen) {
        let text = format!("<{element}> names '{ids}', some of which another one names, too");
        return Err(Error::new(ErrorCode::XmlDetail, text));
    }
    ids.iter().for_each(|id| seen.insert(id));
    Ok(())
}

impl Scheduler {
    fn takes_priority(self) -> bool {
        matches!(self.policy, SchedulerPolicy::Fifo | SchedulerPolicy::Rr)
    }

    fn fill_defaults(&mut self) {
        self.priority = self.priority.filter(|_| self.takes_priority());
    }

    fn validate(self, element: &str) -> Result<()> {
        if self.takes_priority() && self.priority.is_none() {
            let text = format!("<{element} scheduler='{}'> needs a priority", self.policy);
            return Err(Error::xml(text).domain(ErrorDomain::Xml));
        }
        Ok(())
    }
}
