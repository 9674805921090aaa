//! The host: CPUs, memory, power, security.

use crate::limits::*;
use crate::procedure::procedures;
use crate::records::{NodeCpuStat, NodeMemoryStat};
use crate::values::Params;
use crate::xdr::{CharArray, CharList, List, Opaque};

procedures! {
    Remote;
    6 => NodeGetInfo -> struct NodeGetInfoReply {
        model: CharArray<32>, memory: u64, cpus: i32, mhz: i32, nodes: i32, sockets: i32, cores: i32,
        threads: i32,
    },
        High, Read, [connect:read];
    101 => NodeGetCellsFreeMemory { start_cell: i32, maxcells: i32 } -> List<u64, NODE_MAX_CELLS>,
        High, Read, [connect:read];
    102 => NodeGetFreeMemory -> u64, High, Read, [connect:read];
    112 => NodeListDevices { cap: Option<String>, maxnames: i32, flags: u32 }
        -> List<String, NODE_DEVICE_LIST_MAX>,
        High, Read, [connect:search_node_devices], filter node_device:getattr;
    122 => NodeGetSecurityModel
        -> struct NodeGetSecurityModelReply { model: CharList<SECURITY_MODEL_MAX>, doi: CharList<SECURITY_DOI_MAX> },
        High, Read, [connect:read];
    227 => NodeGetCpuStats { cpu_num: i32, nparams: i32, flags: u32 }
        -> struct NodeGetCpuStatsReply { params: List<NodeCpuStat, NODE_CPU_STATS_MAX>, nparams: i32 },
        High, Read, [connect:read];
    228 => NodeGetMemoryStats { nparams: i32, cell_num: i32, flags: u32 }
        -> struct NodeGetMemoryStatsReply { params: List<NodeMemoryStat, NODE_MEMORY_STATS_MAX>, nparams: i32 },
        High, Read, [connect:read];
    250 => NodeSuspendForDuration { target: u32, duration: u64, flags: u32 } -> (),
        Normal, Write, [connect:pm_control];
    288 => NodeSetMemoryParameters { params: Params<NODE_MEMORY_PARAMETERS_MAX>, flags: u32 } -> (),
        Normal, Write, [connect:write];
    289 => NodeGetMemoryParameters { nparams: i32, flags: u32 }
        -> struct NodeGetMemoryParametersReply { params: Params<NODE_MEMORY_PARAMETERS_MAX>, nparams: i32 },
        Normal, Read, [connect:read];
    293 => NodeGetCpuMap { need_map: i32, need_online: i32, flags: u32 }
        -> struct NodeGetCpuMapReply { cpumap: Opaque<CPUMAP_MAX>, online: u32, ret: i32 },
        Normal, Read, [connect:read];
    340 => NodeGetFreePages {
        pages: List<u32, NODE_MAX_CELLS>, start_cell: i32, cell_count: u32, flags: u32,
    } -> List<u64, NODE_MAX_CELLS>,
        High, Read, [connect:read];
    347 => NodeAllocPages {
        page_sizes: List<u32, NODE_MAX_CELLS>, page_counts: List<u64, NODE_MAX_CELLS>, start_cell: i32,
        cell_count: u32, flags: u32,
    } -> i32,
        Normal, Write, [connect:write];
    395 => NodeGetSevInfo { nparams: i32, flags: u32 }
        -> struct NodeGetSevInfoReply { params: Params<NODE_SEV_INFO_MAX>, nparams: i32 },
        Normal, Write, [connect:read];
}
