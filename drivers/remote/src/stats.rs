//! Statistics of domains.

use crate::RemoteDriver;
use crate::forward::forward;
use ferrovirt_core::driver::{BlockStats, CpuStats, CpuStatsQuery, DomainStats, InterfaceStats, MemoryStat};
use ferrovirt_core::{DomainId, Result, TypedParams};
use ferrovirt_rpc::limits::*;
use ferrovirt_rpc::program::remote::*;

impl DomainStats for RemoteDriver {
    forward! {
        fn domain_memory_stats(domain: &DomainId, max_stats: usize, flags: u32) -> Vec<MemoryStat> =
            DomainMemoryStats {
                dom: domain.clone(),
                max_stats: max_stats.min(DOMAIN_MEMORY_STATS_MAX) as u32,
                flags,
            } => |reply| reply.into_iter().map(|stat| MemoryStat { tag: stat.tag, value: stat.val }).collect();
        fn domain_block_stats(domain: &DomainId, disk: &str) -> BlockStats =
            DomainBlockStats { dom: domain.clone(), path: disk.into() } => |reply| BlockStats {
                read_requests: reply.rd_req,
                read_bytes: reply.rd_bytes,
                write_requests: reply.wr_req,
                write_bytes: reply.wr_bytes,
                errors: reply.errs,
            };
        fn domain_interface_stats(domain: &DomainId, device: &str) -> InterfaceStats =
            DomainInterfaceStats { dom: domain.clone(), device: device.into() } => |reply| InterfaceStats {
                rx_bytes: reply.rx_bytes,
                rx_packets: reply.rx_packets,
                rx_errors: reply.rx_errs,
                rx_dropped: reply.rx_drop,
                tx_bytes: reply.tx_bytes,
                tx_packets: reply.tx_packets,
                tx_errors: reply.tx_errs,
                tx_dropped: reply.tx_drop,
            };
        fn connect_get_all_domain_stats(
            domains: Option<&[DomainId]>,
            stats: u32,
            flags: u32,
        ) -> Vec<ferrovirt_core::driver::DomainStatsRecord> = ConnectGetAllDomainStats {
            doms: domains.unwrap_or_default().to_vec().into(),
            stats,
            flags,
        } => |reply| reply.into_iter().map(record).collect();
    }

    fn domain_block_stats_flags(&self, domain: &DomainId, disk: &str, flags: u32) -> Result<TypedParams> {
        let nparams = DOMAIN_BLOCK_STATS_PARAMETERS_MAX as i32;
        let flags = self.with_strings(flags);
        let call = DomainBlockStatsFlags { dom: domain.clone(), path: disk.into(), nparams, flags };
        Ok(self.call(&call)?.params.0)
    }

    /// The values of all CPUs come in one list, without those that are offline: a CPU begins where a name comes again.
    fn domain_get_cpu_stats(&self, domain: &DomainId, query: CpuStatsQuery, flags: u32) -> Result<CpuStats> {
        let (start_cpu, ncpus, nparams) = match query {
            CpuStatsQuery::CpuCount => (0, 0, 0),
            CpuStatsQuery::ParamCount { start } => (start, 1, 0),
            CpuStatsQuery::Values { start, cpus, params } => (start, cpus, params),
        };
        let flags = self.with_strings(flags);
        let reply =
            self.call(&DomainGetCpuStats { dom: domain.clone(), nparams, start_cpu, ncpus, flags })?;
        let count = u32::try_from(reply.nparams).unwrap_or(0);
        let mut cpus: Vec<TypedParams> = Vec::new();
        for (name, value) in reply.params.0 {
            match cpus.last_mut() {
                Some(cpu) if cpu.get(&name).is_none() => cpu.add(name, value),
                _ => cpus.push(TypedParams::from_iter([(name, value)])),
            }
        }
        Ok(CpuStats { count, cpus })
    }
}

fn record(record: ferrovirt_rpc::records::DomainStatsRecord) -> ferrovirt_core::driver::DomainStatsRecord {
    ferrovirt_core::driver::DomainStatsRecord { domain: record.dom, params: record.params.0 }
}
