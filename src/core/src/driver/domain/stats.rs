//! Statistics: CPU, memory, block, interface, and the grouped form.

use crate::{DomainId, TypedParams};

/// One number about a guest's memory (`virDomainMemoryStatStruct`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryStat {
    /// `virDomainMemoryStatTags`, which also says the unit.
    pub tag: i32,
    pub value: u64,
}

/// What a disk has done (`virDomainBlockStatsStruct`); -1 where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockStats {
    pub read_requests: i64,
    pub read_bytes: i64,
    pub write_requests: i64,
    pub write_bytes: i64,
    pub errors: i64,
}

impl Default for BlockStats {
    fn default() -> Self {
        Self { read_requests: -1, read_bytes: -1, write_requests: -1, write_bytes: -1, errors: -1 }
    }
}

/// What went through an interface, as the guest sees it (`virDomainInterfaceStatsStruct`); -1 where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceStats {
    pub rx_bytes: i64,
    pub rx_packets: i64,
    pub rx_errors: i64,
    pub rx_dropped: i64,
    pub tx_bytes: i64,
    pub tx_packets: i64,
    pub tx_errors: i64,
    pub tx_dropped: i64,
}

impl Default for InterfaceStats {
    fn default() -> Self {
        Self {
            rx_bytes: -1,
            rx_packets: -1,
            rx_errors: -1,
            rx_dropped: -1,
            tx_bytes: -1,
            tx_packets: -1,
            tx_errors: -1,
            tx_dropped: -1,
        }
    }
}

/// What `virDomainGetCPUStats` answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CpuStats {
    /// How many parameters a CPU has, or how many CPUs there are: what a call that only asks is told.
    pub count: u32,
    /// One list for each CPU asked for, in their order; empty ones for CPUs that are offline.
    pub cpus: Vec<TypedParams>,
}

/// What a caller of `domain_get_cpu_stats` wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CpuStatsQuery {
    /// How many host CPUs there are; only `count` is looked at.
    CpuCount,
    /// How many parameters there are for a CPU, or in total (`start` -1); only `count` is looked at.
    ParamCount { start: i32 },
    /// The parameters of `cpus` CPUs from `start`, or the total (`start` -1, `cpus` 1): at most `params` of each.
    Values { start: i32, cpus: u32, params: u32 },
}

/// The statistics of one domain, in groups by prefix of the name (`virDomainStatsRecord`).
#[derive(Debug, Clone, PartialEq)]
pub struct DomainStatsRecord {
    pub domain: DomainId,
    pub params: TypedParams,
}

driver_trait! {
    /// Statistics: CPU, memory, block, interface, and the grouped form.
    pub trait DomainStats in Domain {
        /// At most `max_stats` of them.
        fn domain_memory_stats(&self, domain: &DomainId, max_stats: usize, flags: u32) -> Vec<MemoryStat> = "virDomainMemoryStats";
        /// `disk` is a target name or a path; empty for all disks together, where the driver can say.
        fn domain_block_stats(&self, domain: &DomainId, disk: &str) -> BlockStats = "virDomainBlockStats";
        fn domain_block_stats_flags(&self, domain: &DomainId, disk: &str, flags: u32) -> TypedParams = "virDomainBlockStatsFlags";
        /// `device` is a target name or a MAC address.
        fn domain_interface_stats(&self, domain: &DomainId, device: &str) -> InterfaceStats = "virDomainInterfaceStats";
        fn domain_get_cpu_stats(&self, domain: &DomainId, query: CpuStatsQuery, flags: u32) -> CpuStats = "virDomainGetCPUStats";
        /// Statistics of the domains given, or of all; `stats` are `virDomainStatsTypes`, 0 for all groups there are;
        /// `flags` are `virConnectGetAllDomainStatsFlags`.
        fn connect_get_all_domain_stats(
            &self,
            domains: Option<&[DomainId]>,
            stats: u32,
            flags: u32,
        ) -> Vec<DomainStatsRecord> = "virConnectGetAllDomainStats";
    }
}
