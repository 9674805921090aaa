//! Disks of domains: resizing, reading, block jobs, throttling.

use crate::limits::*;
use crate::procedure::procedures;
use crate::records::DomainDiskError;
use crate::values::Params;
use crate::xdr::{List, Opaque};
use ferrovirt_core::DomainId;
use ferrovirt_core::abi::{VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE};

procedures! {
    Remote;
    103 => DomainBlockPeek { dom: DomainId, path: String, offset: u64, size: u32, flags: u32 }
        -> Opaque<DOMAIN_BLOCK_PEEK_BUFFER_MAX>,
        Normal, Write, [domain:block_read];
    104 => DomainMemoryPeek { dom: DomainId, offset: u64, size: u32, flags: u32 }
        -> Opaque<DOMAIN_MEMORY_PEEK_BUFFER_MAX>,
        Normal, Write, [domain:mem_read];
    194 => DomainGetBlockInfo { dom: DomainId, path: String, flags: u32 }
        -> struct DomainGetBlockInfoReply { allocation: u64, capacity: u64, physical: u64 },
        Normal, Read, [domain:read];
    237 => DomainBlockJobAbort { dom: DomainId, path: String, flags: u32 } -> (),
        Normal, Write, [domain:write];
    238 => DomainGetBlockJobInfo { dom: DomainId, path: String, flags: u32 }
        -> struct DomainGetBlockJobInfoReply { found: i32, kind: i32, bandwidth: u64, cur: u64, end: u64 },
        Normal, Read, [domain:read];
    239 => DomainBlockJobSetSpeed { dom: DomainId, path: String, bandwidth: u64, flags: u32 } -> (),
        Normal, Write, [domain:write];
    240 => DomainBlockPull { dom: DomainId, path: String, bandwidth: u64, flags: u32 } -> (),
        Normal, Write, [domain:block_write];
    251 => DomainBlockResize { dom: DomainId, disk: String, size: u64, flags: u32 } -> (),
        Normal, Write, [domain:block_write];
    252 => DomainSetBlockIoTune {
        dom: DomainId, disk: String, params: Params<DOMAIN_BLOCK_IO_TUNE_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    253 => DomainGetBlockIoTune { dom: DomainId, disk: Option<String>, nparams: i32, flags: u32 }
        -> struct DomainGetBlockIoTuneReply { params: Params<DOMAIN_BLOCK_IO_TUNE_PARAMETERS_MAX>, nparams: i32 },
        Normal, Read, [domain:read];
    263 => DomainGetDiskErrors { dom: DomainId, maxerrors: u32, flags: u32 }
        -> struct DomainGetDiskErrorsReply { errors: List<DomainDiskError, DOMAIN_DISK_ERRORS_MAX>, nerrors: i32 },
        Normal, Read, [domain:read];
    266 => DomainBlockRebase {
        dom: DomainId, path: String, base: Option<String>, bandwidth: u64, flags: u32,
    } -> (),
        Normal, Write, [domain:block_write];
    290 => DomainBlockCommit {
        dom: DomainId, disk: String, base: Option<String>, top: Option<String>, bandwidth: u64,
        flags: u32,
    } -> (),
        Normal, Write, [domain:block_write];
    345 => DomainBlockCopy {
        dom: DomainId, path: String, destxml: String, params: Params<DOMAIN_BLOCK_COPY_PARAMETERS_MAX>,
        flags: u32,
    } -> (),
        Normal, Write, [domain:block_write];
    386 => DomainSetBlockThreshold { dom: DomainId, dev: String, threshold: u64, flags: u32 } -> (),
        Normal, Write, [domain:write];
    451 => DomainSetThrottleGroup {
        dom: DomainId, group: String, params: Params<DOMAIN_BLOCK_IO_TUNE_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    452 => DomainDelThrottleGroup { dom: DomainId, group: Option<String>, flags: u32 } -> (),
        Normal, Read, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
}
