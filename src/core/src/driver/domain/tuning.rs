//! CPUs, memory, pinning, scheduling, NUMA, I/O threads, perf events.

use crate::{DomainId, TypedParams};

/// A set of host CPUs: CPU n is bit n mod 8 of byte n / 8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpuMap(Vec<u8>);

impl CpuMap {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn insert(&mut self, cpu: usize) {
        if self.0.len() <= cpu / 8 {
            self.0.resize(cpu / 8 + 1, 0);
        }
        self.0[cpu / 8] |= 1 << (cpu % 8);
    }

    pub fn contains(&self, cpu: usize) -> bool {
        self.0.get(cpu / 8).is_some_and(|byte| byte & (1 << (cpu % 8)) != 0)
    }

    /// The members, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 8).filter(|cpu| self.contains(*cpu))
    }

    /// The map as C passes it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for CpuMap {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl FromIterator<usize> for CpuMap {
    fn from_iter<I: IntoIterator<Item = usize>>(cpus: I) -> Self {
        let mut map = Self::new();
        cpus.into_iter().for_each(|cpu| map.insert(cpu));
        map
    }
}

/// What a virtual CPU of a running guest does (`virVcpuInfo`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VcpuInfo {
    pub number: u32,
    /// `virVcpuState`.
    pub state: i32,
    /// CPU time used, in nanoseconds.
    pub cpu_time: u64,
    /// The host CPU that it runs on, or a negative `virVcpuHostCpuState`.
    pub cpu: i32,
    /// The host CPUs that it may run on.
    pub affinity: CpuMap,
}

/// An I/O thread of a guest (`virDomainIOThreadInfo`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IoThreadInfo {
    pub id: u32,
    /// The host CPUs that it may run on.
    pub affinity: CpuMap,
}

/// A hypervisor's scheduler (`virDomainGetSchedulerType`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchedulerType {
    pub name: String,
    /// How many parameters it has.
    pub parameters: i32,
}

driver_trait! {
    /// CPUs, memory, pinning, scheduling, NUMA, I/O threads, perf events.
    ///
    /// `flags` are `virDomainModificationImpact` where nothing else is said.
    pub trait DomainTuning in Domain {
        /// In KiB.
        fn domain_get_max_memory(&self, domain: &DomainId) -> u64 = "virDomainGetMaxMemory";
        /// `memory` in KiB, `flags` are `virDomainMemoryModFlags`.
        fn domain_set_memory_flags(&self, domain: &DomainId, memory: u64, flags: u32) -> () = "virDomainSetMemoryFlags" writes;
        /// How often the balloon's statistics are asked for, in seconds; 0 never. `flags` are `virDomainMemoryModFlags`.
        fn domain_set_memory_stats_period(&self, domain: &DomainId, period: i32, flags: u32) -> () = "virDomainSetMemoryStatsPeriod" writes;
        fn domain_get_memory_parameters(&self, domain: &DomainId, flags: u32) -> TypedParams = "virDomainGetMemoryParameters";
        fn domain_set_memory_parameters(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> () = "virDomainSetMemoryParameters" writes;
        fn domain_get_numa_parameters(&self, domain: &DomainId, flags: u32) -> TypedParams = "virDomainGetNumaParameters";
        fn domain_set_numa_parameters(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> () = "virDomainSetNumaParameters" writes;
        fn domain_get_blkio_parameters(&self, domain: &DomainId, flags: u32) -> TypedParams = "virDomainGetBlkioParameters";
        fn domain_set_blkio_parameters(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> () = "virDomainSetBlkioParameters" writes;
        fn domain_get_perf_events(&self, domain: &DomainId, flags: u32) -> TypedParams = "virDomainGetPerfEvents";
        fn domain_set_perf_events(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> () = "virDomainSetPerfEvents" writes;
        fn domain_get_scheduler_type(&self, domain: &DomainId) -> SchedulerType = "virDomainGetSchedulerType";
        /// `flags` have `VIR_TYPED_PARAM_STRING_OKAY` unless the call was `virDomainGetSchedulerParameters`.
        fn domain_get_scheduler_parameters_flags(&self, domain: &DomainId, flags: u32) -> TypedParams = "virDomainGetSchedulerParametersFlags";
        fn domain_set_scheduler_parameters_flags(
            &self,
            domain: &DomainId,
            params: &TypedParams,
            flags: u32,
        ) -> () = "virDomainSetSchedulerParametersFlags" writes;

        /// `flags` are `virDomainVcpuFlags`.
        fn domain_set_vcpus_flags(&self, domain: &DomainId, count: u32, flags: u32) -> () = "virDomainSetVcpusFlags" writes;
        fn domain_get_vcpus_flags(&self, domain: &DomainId, flags: u32) -> u32 = "virDomainGetVcpusFlags";
        /// Turns the virtual CPUs of a list such as `1-3,5` on or off.
        fn domain_set_vcpu(&self, domain: &DomainId, vcpus: &str, enable: bool, flags: u32) -> () = "virDomainSetVcpu" writes;
        /// What the virtual CPUs of a running guest do: the first `max_info` at most.
        fn domain_get_vcpus(&self, domain: &DomainId, max_info: usize) -> Vec<VcpuInfo> = "virDomainGetVcpus";
        /// Of a running guest; by default that is the next call, with `VIR_DOMAIN_AFFECT_LIVE`.
        fn domain_pin_vcpu(&self, domain: &DomainId, vcpu: u32, cpus: &CpuMap) -> () = "virDomainPinVcpu" writes;
        fn domain_pin_vcpu_flags(&self, domain: &DomainId, vcpu: u32, cpus: &CpuMap, flags: u32) -> () = "virDomainPinVcpuFlags" writes;
        /// Where the virtual CPUs may run: the first `max_maps` at most, in their order.
        fn domain_get_vcpu_pin_info(&self, domain: &DomainId, max_maps: usize, flags: u32) -> Vec<CpuMap> = "virDomainGetVcpuPinInfo";
        fn domain_pin_emulator(&self, domain: &DomainId, cpus: &CpuMap, flags: u32) -> () = "virDomainPinEmulator" writes;
        /// Where the emulator's own threads may run; `None` where nothing is known of it.
        fn domain_get_emulator_pin_info(&self, domain: &DomainId, flags: u32) -> Option<CpuMap> = "virDomainGetEmulatorPinInfo";
        /// What the guest agent says of the virtual CPUs.
        fn domain_get_guest_vcpus(&self, domain: &DomainId, flags: u32) -> TypedParams = "virDomainGetGuestVcpus" writes;
        /// Has the guest agent turn virtual CPUs of a list such as `1-3,5` on or off.
        fn domain_set_guest_vcpus(&self, domain: &DomainId, vcpus: &str, enable: bool, flags: u32) -> () = "virDomainSetGuestVcpus" writes;

        fn domain_get_io_thread_info(&self, domain: &DomainId, flags: u32) -> Vec<IoThreadInfo> = "virDomainGetIOThreadInfo";
        fn domain_pin_io_thread(&self, domain: &DomainId, thread: u32, cpus: &CpuMap, flags: u32) -> () = "virDomainPinIOThread" writes;
        fn domain_add_io_thread(&self, domain: &DomainId, thread: u32, flags: u32) -> () = "virDomainAddIOThread" writes;
        fn domain_del_io_thread(&self, domain: &DomainId, thread: u32, flags: u32) -> () = "virDomainDelIOThread" writes;
        fn domain_set_io_thread_params(
            &self,
            domain: &DomainId,
            thread: u32,
            params: &TypedParams,
            flags: u32,
        ) -> () = "virDomainSetIOThreadParams" writes;

        fn domain_set_throttle_group(
            &self,
            domain: &DomainId,
            group: &str,
            params: &TypedParams,
            flags: u32,
        ) -> () = "virDomainSetThrottleGroup" writes;
        fn domain_del_throttle_group(&self, domain: &DomainId, group: &str, flags: u32) -> () = "virDomainDelThrottleGroup" writes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_map_has_cpu_9_in_the_second_bit_of_the_second_byte() {
        let map: CpuMap = [0, 9].into_iter().collect();
        assert_eq!(map.as_bytes(), [0b1, 0b10]);
        assert_eq!(map.iter().collect::<Vec<_>>(), [0, 9]);
        assert!(!map.contains(100));
    }
}
