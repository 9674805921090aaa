//! The host: CPUs, memory, power, security.

use super::{answers, counted, within};
use crate::client::Client;
use ferrovirt_core::abi::VIR_NODE_CPU_STATS_ALL_CPUS;
use ferrovirt_core::driver::NodeInfo;
use ferrovirt_core::{Error, Result};
use ferrovirt_rpc::limits::{NODE_CPU_STATS_MAX, NODE_MAX_CELLS, NODE_MEMORY_STATS_MAX};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::{NodeCpuStat, NodeMemoryStat};
use ferrovirt_rpc::server::Dispatch;
use ferrovirt_rpc::xdr::{CharArray, CharList, Opaque};

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        NodeGetInfo |on, _| on.node_info().map(node_info);
        NodeGetCellsFreeMemory |on, call| {
            let cells = within(call.maxcells, NODE_MAX_CELLS, "maxCells")?;
            on.node_cells_free_memory(call.start_cell, cells)
        };
        NodeGetFreeMemory |on, _| on.node_free_memory();
        NodeGetSecurityModel |on, _| on.node_security_model().map(|model| NodeGetSecurityModelReply {
            model: CharList(model.model),
            doi: CharList(model.doi),
        });
        NodeGetCpuStats |on, call| {
            let room = within(call.nparams, NODE_CPU_STATS_MAX, "nparams")?;
            // How many there are is the same for each CPU, and for one that is not there.
            let cpu = if room == 0 { VIR_NODE_CPU_STATS_ALL_CPUS } else { call.cpu_num };
            let stats = on.node_cpu_stats(cpu, call.flags)?;
            let nparams = stats.len() as i32;
            let params = stats.into_iter().take(room).map(|(field, value)| NodeCpuStat { field, value });
            Ok::<_, Error>(NodeGetCpuStatsReply { params: params.collect(), nparams })
        };
        NodeGetMemoryStats |on, call| {
            let room = within(call.nparams, NODE_MEMORY_STATS_MAX, "nparams")?;
            let stats = on.node_memory_stats(call.cell_num, call.flags)?;
            let nparams = stats.len() as i32;
            let params = stats.into_iter().take(room).map(|(field, value)| NodeMemoryStat { field, value });
            Ok::<_, Error>(NodeGetMemoryStatsReply { params: params.collect(), nparams })
        };
        NodeSuspendForDuration |on, call| on.node_suspend_for_duration(call.target, call.duration, call.flags);
        NodeSetMemoryParameters |on, call| on.set_node_memory_parameters(&call.params, call.flags);
        NodeGetMemoryParameters |on, call| {
            let (params, nparams) = counted(on.node_memory_parameters(call.flags), call.nparams, call.flags)?;
            Ok::<_, Error>(NodeGetMemoryParametersReply { params, nparams })
        };
        NodeGetCpuMap |on, call| {
            let cpus = on.node_cpu_map(call.flags)?;
            let online = cpus.iter().filter(|online| **online).count() as u32;
            let map = if call.need_map != 0 { cpu_map(&cpus) } else { Vec::new() };
            let online = if call.need_online != 0 { online } else { 0 };
            Ok::<_, Error>(NodeGetCpuMapReply { cpumap: Opaque(map), online, ret: cpus.len() as i32 })
        };
        NodeGetFreePages |on, call| {
            in_one_answer(call.pages.len(), call.cell_count)?;
            on.node_free_pages(&call.pages, call.start_cell, call.cell_count, call.flags)
        };
        NodeAllocPages |on, call| {
            if call.page_sizes.len() != call.page_counts.len() {
                let (sizes, counts) = (call.page_sizes.len(), call.page_counts.len());
                return Err(Error::invalid_arg(format!("there are {sizes} sizes of pages and {counts} counts")));
            }
            let pools: Vec<_> = call.page_sizes.0.into_iter().zip(call.page_counts.0).collect();
            on.node_alloc_pages(&pools, call.start_cell, call.cell_count, call.flags)
        };
        NodeGetSevInfo |on, call| {
            let (params, nparams) = counted(on.node_sev_info(call.flags), call.nparams, call.flags)?;
            Ok::<_, Error>(NodeGetSevInfoReply { params, nparams })
        };
    }
}

fn in_one_answer(sizes: usize, cells: u32) -> Result<()> {
    within(sizes.saturating_mul(cells as usize), NODE_MAX_CELLS, "pages * cellCount").map(|_| ())
}

fn cpu_map(cpus: &[bool]) -> Vec<u8> {
    let byte = |cpus: &[bool]| cpus.iter().rev().fold(0, |byte, online| byte << 1 | u8::from(*online));
    cpus.chunks(8).map(byte).collect()
}

fn node_info(info: NodeInfo) -> NodeGetInfoReply {
    let count = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    NodeGetInfoReply {
        model: CharArray(info.model),
        memory: info.memory,
        cpus: count(info.cpus),
        mhz: count(info.mhz),
        nodes: count(info.nodes),
        sockets: count(info.sockets),
        cores: count(info.cores),
        threads: count(info.threads),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_9_is_the_second_bit_of_the_second_byte() {
        let mut cpus = vec![false; 10];
        (cpus[0], cpus[9]) = (true, true);
        assert_eq!(cpu_map(&cpus), [1, 2]);
    }
}
