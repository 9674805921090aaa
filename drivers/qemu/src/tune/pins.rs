//! On which CPUs of the host a guest's threads run.

use super::Guest;
use ferrovirt_conf::domain::{Domain, IoThreadPin};
use ferrovirt_conf::tuning::{iothreads, pins};
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::{Error, Result, TypedParams};
use ferrovirt_host::{KernelFiles, process, topology};
use std::num::NonZeroU32;

/// Refuses a vCPU that the definition doesn't have.
pub fn check_vcpu(model: &Domain, vcpu: u32) -> Result<()> {
    if vcpu < model.vcpu.max {
        return Ok(());
    }
    let text = format!("domain '{}' has {} vCPUs, so there is no vCPU {vcpu}", model.name, model.vcpu.max);
    Err(Error::invalid_arg(text))
}

impl Guest<'_> {
    pub fn pin_vcpu(&self, model: &mut Domain, vcpu: u32, cpus: &CpuSet) -> Result<()> {
        let threads = self.live.vcpu_threads();
        let Some((_, tid)) = threads.into_iter().find(|(known, _)| *known == vcpu) else {
            let text = format!("domain '{}' has no vCPU {vcpu} that is on", model.name);
            return Err(Error::invalid_arg(text));
        };
        process::set_thread_affinity(tid, cpus)?;
        pins::pin_vcpu(model, vcpu, cpus.clone());
        self.tell(format!("cputune.vcpupin{vcpu}"), cpus);
        Ok(())
    }

    pub fn pin_emulator(&self, model: &mut Domain, cpus: &CpuSet) -> Result<()> {
        process::set_thread_affinity(self.live.process.pid(), cpus)?;
        model.cputune.emulator_pin = Some(cpus.clone());
        self.tell("cputune.emulatorpin".to_owned(), cpus);
        Ok(())
    }

    pub fn pin_iothread(&self, model: &mut Domain, thread: NonZeroU32, cpus: &CpuSet) -> Result<()> {
        let running = super::iothreads::running(self.shared, self.live)?;
        let Some(found) = running.iter().find(|known| known.id == thread.get()) else {
            return Err(Error::invalid_arg(format!("domain '{}' has no I/O thread {thread}", model.name)));
        };
        process::set_thread_affinity(found.tid, cpus)?;
        let map = pins::map_of(cpus);
        iothreads::pin(model, thread.get(), &map)?;
        self.tell(format!("cputune.iothreadpin{thread}"), cpus);
        Ok(())
    }

    /// A thread that has just come into being may run where the description says, or anywhere: not just where the thread
    /// that made it is bound to.
    pub fn release_thread(&self, tid: u32, place: Option<&CpuSet>) -> Result<()> {
        match place {
            Some(cpus) => process::set_thread_affinity(tid, cpus),
            None => process::set_thread_affinity(tid, &topology::online(&KernelFiles::host())?),
        }
    }

    fn tell(&self, name: String, cpus: &CpuSet) {
        let mut params = TypedParams::new();
        params.add(name, cpus.to_string());
        self.announce(params);
    }

    /// Puts the pins of the description in force, at the start.
    pub fn apply_pins(&self, model: &Domain) -> Result<()> {
        if let Some(cpus) = pins::emulator(model) {
            process::set_thread_affinity(self.live.process.pid(), cpus)?;
        }
        for (vcpu, tid) in self.live.vcpu_threads() {
            if let Some(cpus) = pins::vcpu(model, vcpu) {
                process::set_thread_affinity(tid, cpus)?;
            }
        }
        if model.cputune.iothread_pins.is_empty() {
            return Ok(());
        }
        let running = super::iothreads::running(self.shared, self.live)?;
        for IoThreadPin { thread, cpuset } in &model.cputune.iothread_pins {
            if let Some(found) = running.iter().find(|known| known.id == thread.get()) {
                process::set_thread_affinity(found.tid, cpuset)?;
            }
        }
        Ok(())
    }
}
