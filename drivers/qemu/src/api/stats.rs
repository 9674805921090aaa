//! Statistics: memory, disks, interfaces, CPUs, and the grouped form.

use super::refuse_flags;
use crate::driver::QemuDriver;
use crate::live::Live;
use crate::model;
use crate::qmp::QueryBlockstats;
use crate::stats;
use crate::tune::iotune::model_names;
use crate::vm::{View, Vm};
use ferrovirt_core::driver::{
    BlockStats, CpuStats, CpuStatsQuery, DomainStats, DomainStatsRecord, InterfaceStats, MemoryStat,
};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, TypedParams, abi};
use std::sync::Arc;

impl DomainStats for QemuDriver {
    fn domain_memory_stats(
        &self,
        domain: &DomainId,
        max_stats: usize,
        flags: u32,
    ) -> Result<Vec<MemoryStat>> {
        refuse_flags(flags, 0, "virDomainMemoryStats")?;
        self.changing(domain, "memory statistics", |_, live| {
            let mut told = stats::memory(&self.shared, live)?;
            told.truncate(max_stats);
            Ok(told)
        })
    }

    fn domain_block_stats(&self, domain: &DomainId, disk: &str) -> Result<BlockStats> {
        self.changing(domain, "block statistics", |vm, live| {
            let mut total =
                BlockStats { read_requests: 0, read_bytes: 0, write_requests: 0, write_bytes: 0, errors: -1 };
            for (_, stats) in self.block_counters(vm, live, disk)? {
                total.read_requests += signed(stats.rd_operations);
                total.read_bytes += signed(stats.rd_bytes);
                total.write_requests += signed(stats.wr_operations);
                total.write_bytes += signed(stats.wr_bytes);
            }
            Ok(total)
        })
    }

    fn domain_block_stats_flags(&self, domain: &DomainId, disk: &str, flags: u32) -> Result<TypedParams> {
        refuse_flags(flags, abi::VIR_TYPED_PARAM_STRING_OKAY, "virDomainBlockStatsFlags")?;
        self.changing(domain, "block statistics", |vm, live| {
            let mut sums = [0i64; 8];
            for (_, stats) in self.block_counters(vm, live, disk)? {
                let counters = [
                    stats.wr_bytes,
                    stats.wr_operations,
                    stats.rd_bytes,
                    stats.rd_operations,
                    stats.flush_operations,
                    stats.wr_total_time_ns,
                    stats.rd_total_time_ns,
                    stats.flush_total_time_ns,
                ];
                sums.iter_mut().zip(counters).for_each(|(sum, counter)| *sum += signed(counter));
            }
            let names = [
                abi::VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES,
                abi::VIR_DOMAIN_BLOCK_STATS_WRITE_REQ,
                abi::VIR_DOMAIN_BLOCK_STATS_READ_BYTES,
                abi::VIR_DOMAIN_BLOCK_STATS_READ_REQ,
                abi::VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ,
                abi::VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES,
                abi::VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES,
                abi::VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES,
            ];
            Ok(names.iter().zip(sums).map(|(name, sum)| (name.to_string(), sum.into())).collect())
        })
    }

    fn domain_interface_stats(&self, domain: &DomainId, device: &str) -> Result<InterfaceStats> {
        let vm = self.shared.find(domain)?;
        let live = vm.live()?;
        let definition = live.definition();
        let tap = model::tap_of(&definition.model, device).ok_or_else(|| {
            Error::invalid_arg(format!("domain '{}' has no interface '{device}'", vm.name()))
        })?;
        stats::interface(&self.shared, tap)
    }

    fn domain_get_cpu_stats(&self, domain: &DomainId, query: CpuStatsQuery, flags: u32) -> Result<CpuStats> {
        refuse_flags(flags, abi::VIR_TYPED_PARAM_STRING_OKAY, "virDomainGetCPUStats")?;
        let live = self.shared.find(domain)?.live()?;
        let values = match query {
            CpuStatsQuery::ParamCount { start: -1 } => {
                return Ok(CpuStats { count: 3, cpus: Vec::new() });
            }
            CpuStatsQuery::Values { start: -1, params, .. } => params as usize,
            _ => {
                let text = "how much of each CPU of the host a guest has used is not counted here: ask for the total";
                return Err(Error::operation_invalid(text).domain(ErrorDomain::Qemu));
            }
        };
        let times = live.process.times()?;
        let all = [("cpu_time", times.total()), ("user_time", times.user), ("system_time", times.system)];
        let told: TypedParams =
            all.into_iter().take(values).map(|(name, value)| (name.to_owned(), value.into())).collect();
        Ok(CpuStats { count: told.len() as u32, cpus: vec![told] })
    }

    fn connect_get_all_domain_stats(
        &self,
        domains: Option<&[DomainId]>,
        wanted: u32,
        flags: u32,
    ) -> Result<Vec<DomainStatsRecord>> {
        let groups = if wanted == 0 { stats::GROUPS } else { wanted };
        if flags & abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS != 0 && groups & !stats::GROUPS != 0 {
            let text = format!("the statistics groups {:#x} are not known here", groups & !stats::GROUPS);
            return Err(Error::new(ErrorCode::ArgumentUnsupported, text).domain(ErrorDomain::Qemu));
        }
        let guests: Vec<Arc<Vm>> = match domains {
            Some(named) => named.iter().map(|id| self.shared.find(id)).collect::<Result<_>>()?,
            None => self.shared.domains.all(),
        };
        let passes = |view: &View| super::lookup::passes(view, flags & LIST_FLAGS);
        let rows = guests.iter().filter_map(|vm| {
            let view = vm.view();
            passes(&view).then(|| DomainStatsRecord {
                domain: vm.id(),
                params: stats::gather(&self.shared, vm, &view, groups, flags),
            })
        });
        Ok(rows.collect())
    }
}

const LIST_FLAGS: u32 = abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE
    | abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE
    | abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT
    | abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT
    | abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING
    | abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED
    | abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF
    | abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER;

impl QemuDriver {
    /// The counters of a disk, named by its target or its source; of all disks where the name is empty.
    fn block_counters(
        &self,
        vm: &Vm,
        live: &Live,
        disk: &str,
    ) -> Result<Vec<(String, crate::qmp::types::BlockCounters)>> {
        let definition = live.definition();
        let model = &definition.model;
        let aliases: Vec<String> =
            if disk.is_empty() {
                model.devices.disks.iter().filter_map(|disk| disk.info.alias.clone()).collect()
            } else {
                let found = model::disk(model, disk).and_then(|disk| disk.info.alias.clone());
                vec![found.ok_or_else(|| {
                    Error::invalid_arg(format!("domain '{}' has no disk '{disk}'", vm.name()))
                })?]
            };
        let all = live.ask(&self.shared.reactor, QueryBlockstats::default())?;
        let mut found = Vec::new();
        for alias in aliases {
            let names_it =
                |qdev: &Option<String>| qdev.as_deref().is_some_and(|qdev| model_names(qdev, &alias));
            if let Some(stats) = all.iter().find(|stats| names_it(&stats.qdev)) {
                found.push((alias, stats.stats.clone()));
            }
        }
        Ok(found)
    }
}

fn signed(counter: u64) -> i64 {
    i64::try_from(counter).unwrap_or(i64::MAX)
}
