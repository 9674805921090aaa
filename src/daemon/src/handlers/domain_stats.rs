//! Statistics of domains.

use super::{Reply, answers, counted, within};
use crate::client::Client;
use ferrovirt::cpu_stats_query;
use ferrovirt_core::{Error, TypedParams};
use ferrovirt_rpc::limits::{
    DOMAIN_GET_CPU_STATS_MAX, DOMAIN_GET_CPU_STATS_NCPUS_MAX, DOMAIN_MEMORY_STATS_MAX,
};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::{DomainMemoryStat, DomainStatsRecord};
use ferrovirt_rpc::server::Dispatch;
use ferrovirt_rpc::values::Params;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainBlockStats |on, call| on.domain(call.dom).block_stats(&call.path).map(|stats| DomainBlockStatsReply {
            rd_req: stats.read_requests,
            rd_bytes: stats.read_bytes,
            wr_req: stats.write_requests,
            wr_bytes: stats.write_bytes,
            errs: stats.errors,
        });
        DomainInterfaceStats |on, call| {
            let answer = on.domain(call.dom).interface_stats(&call.device);
            answer.map(|stats| DomainInterfaceStatsReply {
                rx_bytes: stats.rx_bytes,
                rx_packets: stats.rx_packets,
                rx_errs: stats.rx_errors,
                rx_drop: stats.rx_dropped,
                tx_bytes: stats.tx_bytes,
                tx_packets: stats.tx_packets,
                tx_errs: stats.tx_errors,
                tx_drop: stats.tx_dropped,
            })
        };
        DomainMemoryStats |on, call| {
            let room = within(call.max_stats, DOMAIN_MEMORY_STATS_MAX, "maxStats")?;
            let stats = on.domain(call.dom).memory_stats(room, call.flags)?;
            let stat = |stat: ferrovirt_core::driver::MemoryStat| DomainMemoryStat { tag: stat.tag, val: stat.value };
            Ok::<_, Error>(stats.into_iter().take(room).map(stat).collect::<Vec<_>>())
        };
        DomainBlockStatsFlags |on, call| {
            let answer = on.domain(call.dom).block_stats_flags(&call.path, call.flags);
            let (params, nparams) = counted(answer, call.nparams, call.flags)?;
            Ok::<_, Error>(DomainBlockStatsFlagsReply { params, nparams })
        };
        DomainGetCpuStats |on, call| {
            let cpus = within(call.ncpus, DOMAIN_GET_CPU_STATS_NCPUS_MAX, "ncpus")?;
            within(call.nparams as usize * cpus.max(1), DOMAIN_GET_CPU_STATS_MAX, "nparams * ncpus")?;
            let query = cpu_stats_query(call.nparams, call.start_cpu, call.ncpus)?;
            let stats = on.domain(call.dom).cpu_stats(query, call.flags)?;
            let wanted = call.nparams > 0 && cpus > 0;
            // One list for all CPUs: whoever reads it tells them apart by its length.
            let all: TypedParams = match wanted {
                true => stats.cpus.into_iter().flatten().collect(),
                false => TypedParams::new(),
            };
            let nparams = if wanted { (all.len() / cpus).reply() } else { stats.count.reply() };
            Ok::<_, Error>(DomainGetCpuStatsReply { params: Params::for_caller(all, call.flags), nparams })
        };
        ConnectGetAllDomainStats |on, call| {
            let named = (!call.doms.is_empty()).then_some(&call.doms[..]);
            let records = on.drivers().hypervisor.connect_get_all_domain_stats(named, call.stats, call.flags);
            let records = on.seen_ids("domain", "read", records)?;
            let record = |record: ferrovirt_core::driver::DomainStatsRecord| DomainStatsRecord {
                dom: record.domain,
                params: Params(record.params),
            };
            Ok::<_, Error>(records.into_iter().map(record).collect::<Vec<_>>())
        };
    }
}
