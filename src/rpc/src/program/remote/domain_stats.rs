//! Statistics of domains.

use crate::limits::*;
use crate::procedure::procedures;
use crate::records::{DomainMemoryStat, DomainStatsRecord};
use crate::values::Params;
use crate::xdr::List;
use ferrovirt_core::DomainId;

procedures! {
    Remote;
    64 => DomainBlockStats { dom: DomainId, path: String }
        -> struct DomainBlockStatsReply { rd_req: i64, rd_bytes: i64, wr_req: i64, wr_bytes: i64, errs: i64 },
        Normal, Read, [domain:read];
    65 => DomainInterfaceStats { dom: DomainId, device: String } -> struct DomainInterfaceStatsReply {
        rx_bytes: i64, rx_packets: i64, rx_errs: i64, rx_drop: i64, tx_bytes: i64, tx_packets: i64,
        tx_errs: i64, tx_drop: i64,
    },
        High, Read, [domain:read];
    159 => DomainMemoryStats { dom: DomainId, max_stats: u32, flags: u32 }
        -> List<DomainMemoryStat, DOMAIN_MEMORY_STATS_MAX>,
        Normal, Read, [domain:read];
    243 => DomainBlockStatsFlags { dom: DomainId, path: String, nparams: i32, flags: u32 }
        -> struct DomainBlockStatsFlagsReply { params: Params<DOMAIN_BLOCK_STATS_PARAMETERS_MAX>, nparams: i32 },
        Normal, Read, [domain:read];
    262 => DomainGetCpuStats { dom: DomainId, nparams: u32, start_cpu: i32, ncpus: u32, flags: u32 }
        -> struct DomainGetCpuStatsReply { params: Params<DOMAIN_GET_CPU_STATS_MAX>, nparams: i32 },
        Normal, Read, [domain:read];
    344 => ConnectGetAllDomainStats { doms: List<DomainId, DOMAIN_LIST_MAX>, stats: u32, flags: u32 }
        -> List<DomainStatsRecord, DOMAIN_LIST_MAX>,
        Normal, Read, [connect:search_domains], filter domain:read;
}
