//! Statistics: numbers without meaning, but with the shape and the growth of real ones.

use super::{View, devices, disks, filter, lifecycle};
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_core::driver::{
    BlockStats, CpuStats, CpuStatsQuery, DomainStats, DomainStatsRecord, InterfaceStats, MemoryStat,
};
use ferrovirt_core::{DomainId, ErrorCode, Result, TypedParams, abi};

/// The time that every guest has used so far, in nanoseconds.
const CPU_TIME: u64 = 48_772_617_035;
const USER_TIME: u64 = 5_540_000_000;
const SYSTEM_TIME: u64 = 6_460_000_000;
/// What of a CPU's time the hypervisor took for itself.
const OVERHEAD: u64 = 1_234_567_890;

impl DomainStats for TestDriver {
    fn domain_memory_stats(
        &self,
        domain: &DomainId,
        max_stats: usize,
        flags: u32,
    ) -> Result<Vec<MemoryStat>> {
        refuse::flags(flags, 0, "virDomainMemoryStats")?;
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        if !super::memory::has_balloon(&view.definition.model) {
            return Ok(Vec::new());
        }
        let memory = view.definition.model.current_memory.0;
        let stats = [
            (abi::VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, memory),
            (abi::VIR_DOMAIN_MEMORY_STAT_SWAP_IN, 0),
            (abi::VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, 0),
            (abi::VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, 0),
            (abi::VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, 0),
            (abi::VIR_DOMAIN_MEMORY_STAT_UNUSED, memory / 2),
            (abi::VIR_DOMAIN_MEMORY_STAT_AVAILABLE, memory),
            (abi::VIR_DOMAIN_MEMORY_STAT_USABLE, memory / 2),
            (abi::VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, 627_319_920),
            (abi::VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, memory / 8),
            (abi::VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, 0),
            (abi::VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, 0),
            (abi::VIR_DOMAIN_MEMORY_STAT_RSS, memory / 2),
        ];
        let stats = stats.into_iter().take(max_stats);
        Ok(stats.map(|(tag, value)| MemoryStat { tag: tag as i32, value }).collect())
    }

    fn domain_block_stats(&self, domain: &DomainId, disk: &str) -> Result<BlockStats> {
        if disk.is_empty() {
            return Err(refuse::operation_unsupported("statistics of all disks together are not kept here"));
        }
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        if disks::find(&view.definition.model, disk, false).is_none() {
            return Err(refuse::invalid_arg(format!("the domain has no disk '{disk}'")));
        }
        let now = now();
        Ok(BlockStats {
            read_requests: now / 10,
            read_bytes: now / 20,
            write_requests: now / 30,
            write_bytes: now / 40,
            errors: now / 2_000_000,
        })
    }

    fn domain_interface_stats(&self, domain: &DomainId, device: &str) -> Result<InterfaceStats> {
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        devices::interface(&view.definition.model, device)?;
        let now = now();
        Ok(InterfaceStats {
            rx_bytes: now / 10,
            rx_packets: now / 100,
            rx_errors: now / 1_000_000,
            rx_dropped: now / 2_000_000,
            tx_bytes: now / 20,
            tx_packets: now / 110,
            tx_errors: now / 3_000_000,
            tx_dropped: now / 4_000_000,
        })
    }

    fn domain_get_cpu_stats(&self, domain: &DomainId, query: CpuStatsQuery, flags: u32) -> Result<CpuStats> {
        refuse::flags(flags, 0, "virDomainGetCPUStats")?;
        self.host.guest(domain)?.view().check_active()?;
        let cpus = self.host.setup.info.cores;
        match query {
            CpuStatsQuery::CpuCount => Ok(CpuStats { count: cpus, cpus: Vec::new() }),
            CpuStatsQuery::ParamCount { start: -1 } => Ok(CpuStats { count: 3, cpus: Vec::new() }),
            CpuStatsQuery::ParamCount { .. } => Ok(CpuStats { count: 2, cpus: Vec::new() }),
            CpuStatsQuery::Values { start: -1, params, .. } => {
                let all = [("cpu_time", CPU_TIME), ("user_time", USER_TIME), ("system_time", SYSTEM_TIME)];
                Ok(cpu_stats(vec![first(params, &all)]))
            }
            CpuStatsQuery::Values { start, cpus: wanted, params } => {
                let start = start as u32;
                if start >= cpus {
                    let text = format!("there is no CPU {start}; the last one is {}", cpus - 1);
                    return Err(refuse::invalid_arg(text));
                }
                let each = CPU_TIME / u64::from(cpus);
                let last = cpus.min(start.saturating_add(wanted));
                let of = |cpu: u32| {
                    let time = each + u64::from(cpu);
                    first(params, &[("cpu_time", time), ("vcpu_time", time - OVERHEAD)])
                };
                Ok(cpu_stats((start..last).map(of).collect()))
            }
        }
    }

    fn connect_get_all_domain_stats(
        &self,
        domains: Option<&[DomainId]>,
        stats: u32,
        flags: u32,
    ) -> Result<Vec<DomainStatsRecord>> {
        let enforce = abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS;
        let other = abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
            | abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING
            | enforce;
        refuse::flags(flags, LIST_FLAGS | other, "virConnectGetAllDomainStats")?;
        let known = abi::VIR_DOMAIN_STATS_STATE | abi::VIR_DOMAIN_STATS_IOTHREAD;
        if flags & enforce != 0 && stats & !known != 0 {
            let text = format!("statistics of the types {:#x} are not kept here", stats & !known);
            return Err(refuse::error(ErrorCode::ArgumentUnsupported, text));
        }
        let stats = if stats == 0 { known } else { stats };
        let guests = match domains {
            None => self.host.guests.all(),
            // A domain that is gone meanwhile is left out, as a list would.
            Some(domains) => {
                domains.iter().filter_map(|domain| self.host.guests.by_uuid(domain.uuid)).collect()
            }
        };
        let records = guests.iter().filter_map(|guest| {
            let view = guest.view();
            let wanted = filter::passes(&view, flags & LIST_FLAGS);
            wanted.then(|| DomainStatsRecord { domain: guest.id_in(&view), params: grouped(&view, stats) })
        });
        Ok(records.collect())
    }
}

const LIST_FLAGS: u32 = abi::VIR_CONNECT_LIST_DOMAINS_ACTIVE
    | abi::VIR_CONNECT_LIST_DOMAINS_INACTIVE
    | abi::VIR_CONNECT_LIST_DOMAINS_PERSISTENT
    | abi::VIR_CONNECT_LIST_DOMAINS_TRANSIENT
    | abi::VIR_CONNECT_LIST_DOMAINS_RUNNING
    | abi::VIR_CONNECT_LIST_DOMAINS_PAUSED
    | abi::VIR_CONNECT_LIST_DOMAINS_SHUTOFF
    | abi::VIR_CONNECT_LIST_DOMAINS_OTHER;

/// Microseconds since 1970, as statistics count.
pub fn now() -> i64 {
    lifecycle::now_micros().try_into().unwrap_or(i64::MAX)
}

fn cpu_stats(cpus: Vec<TypedParams>) -> CpuStats {
    CpuStats { count: cpus.first().map_or(0, TypedParams::len) as u32, cpus }
}

fn first(most: u32, values: &[(&str, u64)]) -> TypedParams {
    let mut params = TypedParams::new();
    values.iter().take(most as usize).for_each(|(name, value)| params.add(*name, *value));
    params
}

fn grouped(view: &View, stats: u32) -> TypedParams {
    let mut params = TypedParams::new();
    if stats & abi::VIR_DOMAIN_STATS_STATE != 0 {
        params.add("state.state", view.state as i32);
        params.add("state.reason", view.reason as i32);
    }
    let threads = &view.polling;
    if stats & abi::VIR_DOMAIN_STATS_IOTHREAD != 0 && view.is_active() && !threads.is_empty() {
        params.add("iothread.count", threads.len() as u32);
        for polling in threads {
            let name = |what| format!("iothread.{}.{what}", polling.thread);
            params.add(name("poll-max-ns"), polling.max_ns);
            params.add(name("poll-grow"), polling.grow);
            params.add(name("poll-shrink"), polling.shrink);
        }
    }
    params
}
