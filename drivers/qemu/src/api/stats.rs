//! Statistics: what the kernel counts for a guest's process and taps, and what QEMU counts for its disks.

use crate::driver::QemuDriver;
use crate::live::Live;
use crate::model;
use crate::qmp::{QueryBalloon, QueryBlockstats};
use crate::vm::{View, Vm};
use ferrovirt_core::driver::{BlockStats, DomainStats, DomainStatsRecord, InterfaceStats, MemoryStat};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainId, Error, Result, TypedParams, abi};
use ferrovirt_net::link;
use std::sync::Arc;

impl DomainStats for QemuDriver {
    fn domain_memory_stats(
        &self,
        domain: &DomainId,
        max_stats: usize,
        flags: u32,
    ) -> Result<Vec<MemoryStat>> {
        super::refuse_flags(flags, 0, "virDomainMemoryStats")?;
        self.changing(domain, "memory statistics", |_, live| {
            let mut stats = Vec::new();
            let mut add = |tag: u32, value: u64| stats.push(MemoryStat { tag: tag as i32, value });
            if model::has_balloon(&live.definition().model) {
                let balloon = live.ask(&self.shared.reactor, QueryBalloon {})?;
                add(abi::VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, balloon.actual / 1024);
            } else {
                add(abi::VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, model::memory_kib(&live.definition().model));
            }
            add(abi::VIR_DOMAIN_MEMORY_STAT_RSS, live.process.resident_kib()?);
            stats.truncate(max_stats);
            Ok(stats)
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
        super::refuse_flags(flags, abi::VIR_TYPED_PARAM_STRING_OKAY, "virDomainBlockStatsFlags")?;
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
        let counted = link::stats(&self.shared.links()?.netlink, tap)?;
        // What the host sends on the tap is what the guest receives.
        let seen = counted.swapped();
        Ok(InterfaceStats {
            rx_bytes: signed(seen.rx_bytes),
            rx_packets: signed(seen.rx_packets),
            rx_errors: signed(seen.rx_errors),
            rx_dropped: signed(seen.rx_dropped),
            tx_bytes: signed(seen.tx_bytes),
            tx_packets: signed(seen.tx_packets),
            tx_errors: signed(seen.tx_errors),
            tx_dropped: signed(seen.tx_dropped),
        })
    }

    fn connect_get_all_domain_stats(
        &self,
        domains: Option<&[DomainId]>,
        stats: u32,
        flags: u32,
    ) -> Result<Vec<DomainStatsRecord>> {
        let wanted = if stats == 0 { GROUPS } else { stats };
        if flags & abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS != 0 && wanted & !GROUPS != 0 {
            return Err(Error::new(
                ferrovirt_core::ErrorCode::ArgumentUnsupported,
                format!("the statistics groups {:#x} are not known to this driver", wanted & !GROUPS),
            ));
        }
        let guests: Vec<Arc<Vm>> = match domains {
            Some(named) => named.iter().map(|id| self.shared.find(id)).collect::<Result<_>>()?,
            None => self.shared.domains.all(),
        };
        let active = abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE;
        let inactive = abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE;
        let passes = |view: &View| match (flags & active != 0, flags & inactive != 0) {
            (true, false) => view.is_active(),
            (false, true) => !view.is_active(),
            _ => true,
        };
        let rows = guests.iter().filter_map(|vm| {
            let view = vm.view();
            passes(&view).then(|| DomainStatsRecord { domain: vm.id(), params: gather(&view, wanted) })
        });
        Ok(rows.collect())
    }
}

/// The groups that can be told.
const GROUPS: u32 = abi::VIR_DOMAIN_STATS_STATE
    | abi::VIR_DOMAIN_STATS_CPU_TOTAL
    | abi::VIR_DOMAIN_STATS_BALLOON
    | abi::VIR_DOMAIN_STATS_VCPU;

/// A guest's statistics without asking its monitor: a guest that hangs must not hold up the others.
fn gather(view: &View, wanted: u32) -> TypedParams {
    let mut params = TypedParams::new();
    if wanted & abi::VIR_DOMAIN_STATS_STATE != 0 {
        params.add("state.state", view.state);
        params.add("state.reason", view.reason);
    }
    if let (true, Some(live)) = (wanted & abi::VIR_DOMAIN_STATS_CPU_TOTAL != 0, &view.live)
        && let Ok(time) = live.process.cpu_time()
    {
        params.add("cpu.time", time);
    }
    let Ok(definition) = view.current() else { return params };
    if wanted & abi::VIR_DOMAIN_STATS_BALLOON != 0 {
        params.add("balloon.current", model::current_memory_kib(&definition.model));
        params.add("balloon.maximum", model::memory_kib(&definition.model));
    }
    if wanted & abi::VIR_DOMAIN_STATS_VCPU != 0 {
        params.add("vcpu.current", definition.model.vcpu.current());
        params.add("vcpu.maximum", definition.model.vcpu.max);
        if view.is_active() {
            for number in 0..definition.model.vcpu.current() {
                params.add(format!("vcpu.{number}.state"), abi::VIR_VCPU_RUNNING as i32);
            }
        }
    }
    params
}

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
            let names_it = |qdev: &Option<String>| {
                qdev.as_deref().is_some_and(|path| path == alias || path.split('/').any(|step| step == alias))
            };
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
