//! CPUs, memory, pinning, scheduling and I/O threads of domains.

use crate::limits::*;
use crate::procedure::procedures;
use crate::records::{DomainIoThreadInfo, VcpuInfo};
use crate::values::Params;
use crate::xdr::{List, Opaque};
use ferrovirt_core::DomainId;
use ferrovirt_core::abi::{VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_VCPU_GUEST};

procedures! {
    Remote;
    17 => DomainGetMaxMemory { dom: DomainId } -> u64, High, Read, [domain:read];
    18 => DomainGetMaxVcpus { dom: DomainId } -> i32, High, Read, [domain:read];
    20 => DomainGetVcpus { dom: DomainId, maxinfo: i32, maplen: i32 }
        -> struct DomainGetVcpusReply { info: List<VcpuInfo, VCPUINFO_MAX>, cpumaps: Opaque<CPUMAPS_MAX> },
        High, Read, [domain:read];
    26 => DomainPinVcpu { dom: DomainId, vcpu: u32, cpumap: Opaque<CPUMAP_MAX> } -> (),
        Normal, Write, [domain:write];
    30 => DomainSetMaxMemory { dom: DomainId, memory: u64 } -> (), High, Write, [domain:write];
    31 => DomainSetMemory { dom: DomainId, memory: u64 } -> (), Normal, Write, [domain:write];
    32 => DomainSetVcpus { dom: DomainId, nvcpus: u32 } -> (), Normal, Write, [domain:write];
    56 => DomainGetSchedulerType { dom: DomainId }
        -> struct DomainGetSchedulerTypeReply { kind: String, nparams: i32 },
        Normal, Read, [domain:read];
    57 => DomainGetSchedulerParameters { dom: DomainId, nparams: i32 }
        -> Params<DOMAIN_SCHEDULER_PARAMETERS_MAX>,
        Normal, Read, [domain:read];
    58 => DomainSetSchedulerParameters { dom: DomainId, params: Params<DOMAIN_SCHEDULER_PARAMETERS_MAX> }
        -> (),
        Normal, Write, [domain:read];
    197 => DomainSetMemoryParameters {
        dom: DomainId, params: Params<DOMAIN_MEMORY_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    198 => DomainGetMemoryParameters { dom: DomainId, nparams: i32, flags: u32 }
        -> struct DomainGetMemoryParametersReply { params: Params<DOMAIN_MEMORY_PARAMETERS_MAX>, nparams: i32 },
        Normal, Read, [domain:read];
    199 => DomainSetVcpusFlags { dom: DomainId, nvcpus: u32, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG), domain:write if(VIR_DOMAIN_VCPU_GUEST),
        ];
    200 => DomainGetVcpusFlags { dom: DomainId, flags: u32 } -> i32,
        Normal, Read, [domain:read, domain:write if(VIR_DOMAIN_VCPU_GUEST)];
    204 => DomainSetMemoryFlags { dom: DomainId, memory: u64, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    205 => DomainSetBlkioParameters {
        dom: DomainId, params: Params<DOMAIN_BLKIO_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    206 => DomainGetBlkioParameters { dom: DomainId, nparams: i32, flags: u32 }
        -> struct DomainGetBlkioParametersReply { params: Params<DOMAIN_BLKIO_PARAMETERS_MAX>, nparams: i32 },
        Normal, Read, [domain:read];
    219 => DomainSetSchedulerParametersFlags {
        dom: DomainId, params: Params<DOMAIN_SCHEDULER_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    223 => DomainGetSchedulerParametersFlags { dom: DomainId, nparams: i32, flags: u32 }
        -> Params<DOMAIN_SCHEDULER_PARAMETERS_MAX>,
        Normal, Read, [domain:read];
    225 => DomainPinVcpuFlags { dom: DomainId, vcpu: u32, cpumap: Opaque<CPUMAP_MAX>, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    230 => DomainGetVcpuPinInfo { dom: DomainId, ncpumaps: i32, maplen: i32, flags: u32 }
        -> struct DomainGetVcpuPinInfoReply { cpumaps: Opaque<CPUMAPS_MAX>, num: i32 },
        Normal, Read, [domain:read];
    254 => DomainSetNumaParameters {
        dom: DomainId, params: Params<DOMAIN_NUMA_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    255 => DomainGetNumaParameters { dom: DomainId, nparams: i32, flags: u32 }
        -> struct DomainGetNumaParametersReply { params: Params<DOMAIN_NUMA_PARAMETERS_MAX>, nparams: i32 },
        Normal, Read, [domain:read];
    279 => DomainPinEmulator { dom: DomainId, cpumap: Opaque<CPUMAP_MAX>, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    280 => DomainGetEmulatorPinInfo { dom: DomainId, maplen: i32, flags: u32 }
        -> struct DomainGetEmulatorPinInfoReply { cpumaps: Opaque<CPUMAPS_MAX>, ret: i32 },
        Normal, Read, [domain:read];
    308 => DomainSetMemoryStatsPeriod { dom: DomainId, period: i32, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    351 => DomainGetIothreadInfo { dom: DomainId, flags: u32 }
        -> struct DomainGetIothreadInfoReply { info: List<DomainIoThreadInfo, IOTHREAD_INFO_MAX>, ret: u32 },
        Normal, Read, [domain:read];
    352 => DomainPinIothread { dom: DomainId, iothreads_id: u32, cpumap: Opaque<CPUMAP_MAX>, flags: u32 }
        -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    355 => DomainAddIothread { dom: DomainId, iothread_id: u32, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    356 => DomainDelIothread { dom: DomainId, iothread_id: u32, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    365 => DomainGetPerfEvents { dom: DomainId, flags: u32 } -> Params<DOMAIN_PERF_EVENTS_MAX>,
        Normal, Read, [domain:read];
    366 => DomainSetPerfEvents { dom: DomainId, params: Params<DOMAIN_PERF_EVENTS_MAX>, flags: u32 }
        -> (),
        Normal, Write, [domain:write];
    371 => DomainGetGuestVcpus { dom: DomainId, flags: u32 } -> Params<DOMAIN_GUEST_VCPU_PARAMS_MAX>,
        Normal, Write, [domain:write];
    372 => DomainSetGuestVcpus { dom: DomainId, cpumap: String, state: i32, flags: u32 } -> (),
        Normal, Write, [domain:write];
    384 => DomainSetVcpu { dom: DomainId, cpumap: String, state: i32, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    402 => DomainSetIothreadParams {
        dom: DomainId, iothread_id: u32, params: Params<DOMAIN_IOTHREAD_PARAMS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
}
