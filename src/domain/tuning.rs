//! CPUs, memory, pinning, scheduling, NUMA, I/O threads, perf events.
//!
//! `flags` are `virDomainModificationImpact` where nothing else is said.

use super::Domain;
use crate::arguments::without_string_okay;
use crate::flags::{exclusive, not_negative, one_state, positive, requires};
use ferrovirt_core::abi::{
    VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_MEM_MAXIMUM, VIR_DOMAIN_VCPU_GUEST, VIR_DOMAIN_VCPU_MAXIMUM,
    VIR_TYPED_PARAM_STRING_OKAY,
};
use ferrovirt_core::driver::{CpuMap, IoThreadInfo, SchedulerType, VcpuInfo};
use ferrovirt_core::{Error, ErrorCode, Result, TypedParams};
use std::ffi::c_ulong;

/// Memory, in KiB, that in bytes no longer fits what libvirt counts with: a signed 64-bit number, or C's `long`
/// where that is smaller.
const MEMORY_END: u64 = if size_of::<c_ulong>() < 8 { u32::MAX as u64 } else { i64::MAX as u64 } / 1024;

fn check_memory(memory: u64) -> Result<()> {
    positive(memory, "memory")?;
    if memory < MEMORY_END {
        return Ok(());
    }
    let detail = format!("memory of {memory} KiB is too much: it must be less than {MEMORY_END} KiB");
    Err(Error::new(ErrorCode::Overflow, detail))
}

impl Domain {
    /// In KiB.
    pub fn max_memory(&self) -> Result<u64> {
        self.driver().domain_get_max_memory(&self.id())
    }

    /// In KiB.
    pub fn set_max_memory(&self, memory: impl Into<u64>) -> Result<()> {
        self.set_memory_flags(memory, VIR_DOMAIN_MEM_MAXIMUM)
    }

    /// Changes the memory of the running guest, in KiB.
    pub fn set_memory(&self, memory: impl Into<u64>) -> Result<()> {
        self.set_memory_flags(memory, VIR_DOMAIN_AFFECT_LIVE)
    }

    /// `memory` in KiB, `flags` are `virDomainMemoryModFlags`.
    pub fn set_memory_flags(&self, memory: impl Into<u64>, flags: u32) -> Result<()> {
        let memory = memory.into();
        check_memory(memory)?;
        self.driver().domain_set_memory_flags(&self.id(), memory, flags)
    }

    /// How often the balloon's statistics are asked for, in seconds; 0 never.
    pub fn set_memory_stats_period(&self, period: i32, flags: u32) -> Result<()> {
        not_negative(period, "period")?;
        self.driver().domain_set_memory_stats_period(&self.id(), period, flags)
    }

    pub fn memory_parameters(&self, flags: u32) -> Result<TypedParams> {
        one_state(flags)?;
        self.driver().domain_get_memory_parameters(&self.id(), without_string_okay(flags))
    }

    pub fn set_memory_parameters(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_set_memory_parameters(&self.id(), params, flags)
    }

    pub fn numa_parameters(&self, flags: u32) -> Result<TypedParams> {
        self.driver().domain_get_numa_parameters(&self.id(), without_string_okay(flags))
    }

    pub fn set_numa_parameters(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_set_numa_parameters(&self.id(), params, flags)
    }

    pub fn blkio_parameters(&self, flags: u32) -> Result<TypedParams> {
        one_state(flags)?;
        self.driver().domain_get_blkio_parameters(&self.id(), without_string_okay(flags))
    }

    pub fn set_blkio_parameters(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_set_blkio_parameters(&self.id(), params, flags)
    }

    pub fn perf_events(&self, flags: u32) -> Result<TypedParams> {
        self.driver().domain_get_perf_events(&self.id(), without_string_okay(flags))
    }

    pub fn set_perf_events(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_set_perf_events(&self.id(), params, flags)
    }

    pub fn scheduler_type(&self) -> Result<SchedulerType> {
        self.driver().domain_get_scheduler_type(&self.id())
    }

    /// The parameters of the scheduler as they count now.
    pub fn scheduler_parameters(&self) -> Result<TypedParams> {
        self.driver().domain_get_scheduler_parameters_flags(&self.id(), 0)
    }

    /// The same for the state that `flags` choose.
    pub fn scheduler_parameters_flags(&self, flags: u32) -> Result<TypedParams> {
        one_state(flags)?;
        self.driver().domain_get_scheduler_parameters_flags(&self.id(), flags | VIR_TYPED_PARAM_STRING_OKAY)
    }

    pub fn set_scheduler_parameters(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_set_scheduler_parameters_flags(&self.id(), params, flags)
    }

    /// Changes the number of virtual CPUs of the running guest.
    pub fn set_vcpus(&self, count: u32) -> Result<()> {
        self.set_vcpus_flags(count, VIR_DOMAIN_AFFECT_LIVE)
    }

    /// `flags` are `virDomainVcpuFlags`.
    pub fn set_vcpus_flags(&self, count: u32, flags: u32) -> Result<()> {
        requires!(flags, VIR_DOMAIN_VCPU_MAXIMUM, VIR_DOMAIN_AFFECT_CONFIG)?;
        exclusive!(flags, VIR_DOMAIN_VCPU_GUEST, VIR_DOMAIN_AFFECT_CONFIG)?;
        positive(count, "nvcpus")?;
        self.driver().domain_set_vcpus_flags(&self.id(), count, flags)
    }

    /// `flags` are `virDomainVcpuFlags`; asking the guest needs write access.
    pub fn vcpus_flags(&self, flags: u32) -> Result<u32> {
        if flags & VIR_DOMAIN_VCPU_GUEST != 0 && self.connection().is_read_only() {
            return Err(Error::new(
                ErrorCode::OperationDenied,
                "the connection is read-only, and asking the guest agent needs write access",
            ));
        }
        one_state(flags)?;
        self.driver().domain_get_vcpus_flags(&self.id(), flags)
    }

    /// How many virtual CPUs the running guest may have.
    pub fn max_vcpus(&self) -> Result<u32> {
        self.vcpus_flags(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_VCPU_MAXIMUM)
    }

    /// Turns the virtual CPUs of a list such as `1-3,5` on or off.
    pub fn set_vcpu(&self, vcpus: &str, enable: bool, flags: u32) -> Result<()> {
        self.driver().domain_set_vcpu(&self.id(), vcpus, enable, flags)
    }

    /// What the virtual CPUs of the running guest do: the first `max_info` at most.
    pub fn vcpus(&self, max_info: usize) -> Result<Vec<VcpuInfo>> {
        positive(max_info, "maxinfo")?;
        self.driver().domain_get_vcpus(&self.id(), max_info)
    }

    pub fn pin_vcpu(&self, vcpu: u32, cpus: &CpuMap) -> Result<()> {
        match self.driver().domain_pin_vcpu(&self.id(), vcpu, cpus) {
            Err(err) if err.code() == ErrorCode::NoSupport => {
                self.pin_vcpu_flags(vcpu, cpus, VIR_DOMAIN_AFFECT_LIVE)
            }
            answer => answer,
        }
    }

    pub fn pin_vcpu_flags(&self, vcpu: u32, cpus: &CpuMap, flags: u32) -> Result<()> {
        self.driver().domain_pin_vcpu_flags(&self.id(), vcpu, cpus, flags)
    }

    /// Where the virtual CPUs may run: the first `max_maps` at most, in their order.
    pub fn vcpu_pin_info(&self, max_maps: usize, flags: u32) -> Result<Vec<CpuMap>> {
        positive(max_maps, "ncpumaps")?;
        one_state(flags)?;
        self.driver().domain_get_vcpu_pin_info(&self.id(), max_maps, flags)
    }

    pub fn pin_emulator(&self, cpus: &CpuMap, flags: u32) -> Result<()> {
        self.driver().domain_pin_emulator(&self.id(), cpus, flags)
    }

    /// Where the emulator's own threads may run; `None` where nothing is known of it.
    pub fn emulator_pin_info(&self, flags: u32) -> Result<Option<CpuMap>> {
        one_state(flags)?;
        self.driver().domain_get_emulator_pin_info(&self.id(), flags)
    }

    /// What the guest agent says of the virtual CPUs.
    pub fn guest_vcpus(&self, flags: u32) -> Result<TypedParams> {
        self.driver().domain_get_guest_vcpus(&self.id(), flags)
    }

    /// Has the guest agent turn virtual CPUs of a list such as `1-3,5` on or off.
    pub fn set_guest_vcpus(&self, vcpus: &str, enable: bool, flags: u32) -> Result<()> {
        self.driver().domain_set_guest_vcpus(&self.id(), vcpus, enable, flags)
    }

    pub fn io_thread_info(&self, flags: u32) -> Result<Vec<IoThreadInfo>> {
        one_state(flags)?;
        self.driver().domain_get_io_thread_info(&self.id(), flags)
    }

    pub fn pin_io_thread(&self, thread: u32, cpus: &CpuMap, flags: u32) -> Result<()> {
        self.driver().domain_pin_io_thread(&self.id(), thread, cpus, flags)
    }

    pub fn add_io_thread(&self, thread: u32, flags: u32) -> Result<()> {
        self.driver().domain_add_io_thread(&self.id(), thread, flags)
    }

    pub fn del_io_thread(&self, thread: u32, flags: u32) -> Result<()> {
        positive(thread, "iothread_id")?;
        self.driver().domain_del_io_thread(&self.id(), thread, flags)
    }

    pub fn set_io_thread_params(&self, thread: u32, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_set_io_thread_params(&self.id(), thread, params, flags)
    }

    /// Creates a group of disks that share limits, or changes its limits.
    pub fn set_throttle_group(&self, group: &str, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_set_throttle_group(&self.id(), group, params, flags)
    }

    pub fn del_throttle_group(&self, group: &str, flags: u32) -> Result<()> {
        self.driver().domain_del_throttle_group(&self.id(), group, flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_neither_nothing_nor_more_than_can_be_counted() {
        assert_eq!(check_memory(0).unwrap_err().code(), ErrorCode::InvalidArg);
        assert!(check_memory(1).is_ok());
        assert!(check_memory(MEMORY_END - 1).is_ok());
        assert_eq!(check_memory(MEMORY_END).unwrap_err().code(), ErrorCode::Overflow);
    }
}
