//! CPUs, memory, pinning, scheduling and I/O threads of domains.

use super::{answers, counted, within};
use crate::client::Client;
use ferrovirt_core::driver::{CpuMap, IoThreadInfo, VcpuInfo as Found};
use ferrovirt_core::{Error, Result};
use ferrovirt_rpc::limits::{CPUMAPS_MAX, VCPUINFO_MAX};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::{DomainIoThreadInfo, VcpuInfo};
use ferrovirt_rpc::server::Dispatch;
use ferrovirt_rpc::values::Params;
use ferrovirt_rpc::xdr::Opaque;

pub(super) fn add(table: &mut Dispatch<Client>) {
    memory(table);
    processors(table);
    io_threads(table);
}

fn memory(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainGetMaxMemory |on, call| on.domain(call.dom).max_memory();
        DomainSetMaxMemory |on, call| on.domain(call.dom).set_max_memory(call.memory);
        DomainSetMemory |on, call| on.domain(call.dom).set_memory(call.memory);
        DomainSetMemoryFlags |on, call| on.domain(call.dom).set_memory_flags(call.memory, call.flags);
        DomainSetMemoryStatsPeriod |on, call| on.domain(call.dom).set_memory_stats_period(call.period, call.flags);
        DomainSetMemoryParameters |on, call| on.domain(call.dom).set_memory_parameters(&call.params, call.flags);
        DomainGetMemoryParameters |on, call| {
            let (params, nparams) =
                counted(on.domain(call.dom).memory_parameters(call.flags), call.nparams, call.flags)?;
            Ok::<_, Error>(DomainGetMemoryParametersReply { params, nparams })
        };
        DomainSetNumaParameters |on, call| on.domain(call.dom).set_numa_parameters(&call.params, call.flags);
        DomainGetNumaParameters |on, call| {
            let (params, nparams) =
                counted(on.domain(call.dom).numa_parameters(call.flags), call.nparams, call.flags)?;
            Ok::<_, Error>(DomainGetNumaParametersReply { params, nparams })
        };
        DomainSetBlkioParameters |on, call| on.domain(call.dom).set_blkio_parameters(&call.params, call.flags);
        DomainGetBlkioParameters |on, call| {
            let (params, nparams) =
                counted(on.domain(call.dom).blkio_parameters(call.flags), call.nparams, call.flags)?;
            Ok::<_, Error>(DomainGetBlkioParametersReply { params, nparams })
        };
        DomainSetPerfEvents |on, call| on.domain(call.dom).set_perf_events(&call.params, call.flags);
        DomainGetPerfEvents |on, call| on.domain(call.dom).perf_events(call.flags);
    }
}

fn processors(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainGetMaxVcpus |on, call| on.domain(call.dom).max_vcpus();
        DomainSetVcpus |on, call| on.domain(call.dom).set_vcpus(call.nvcpus);
        DomainSetVcpusFlags |on, call| on.domain(call.dom).set_vcpus_flags(call.nvcpus, call.flags);
        DomainGetVcpusFlags |on, call| on.domain(call.dom).vcpus_flags(call.flags);
        DomainGetVcpus |on, call| {
            let room = within(call.maxinfo, VCPUINFO_MAX, "maxinfo")?;
            let size = map_size(call.maplen, room)?;
            let found = on.domain(call.dom).vcpus(room)?;
            let maps = maps(found.iter().map(|vcpu| &vcpu.affinity), size);
            let info = found.into_iter().map(vcpu_info).collect();
            Ok::<_, Error>(DomainGetVcpusReply { info, cpumaps: Opaque(maps) })
        };
        DomainPinVcpu |on, call| on.domain(call.dom).pin_vcpu(call.vcpu, &CpuMap::from(call.cpumap.0));
        DomainPinVcpuFlags |on, call| {
            on.domain(call.dom).pin_vcpu_flags(call.vcpu, &CpuMap::from(call.cpumap.0), call.flags)
        };
        DomainGetVcpuPinInfo |on, call| {
            let room = within(call.ncpumaps, VCPUINFO_MAX, "ncpumaps")?;
            let size = map_size(call.maplen, room)?;
            let found = on.domain(call.dom).vcpu_pin_info(room, call.flags)?;
            let cpumaps = Opaque(maps(found.iter(), size));
            Ok::<_, Error>(DomainGetVcpuPinInfoReply { cpumaps, num: found.len() as i32 })
        };
        DomainPinEmulator |on, call| on.domain(call.dom).pin_emulator(&CpuMap::from(call.cpumap.0), call.flags);
        DomainGetEmulatorPinInfo |on, call| {
            let size = map_size(call.maplen, 1)?;
            let found = on.domain(call.dom).emulator_pin_info(call.flags)?;
            let cpumaps = Opaque(maps(found.iter(), size));
            Ok::<_, Error>(DomainGetEmulatorPinInfoReply { cpumaps, ret: found.is_some().into() })
        };
        DomainSetVcpu |on, call| on.domain(call.dom).set_vcpu(&call.cpumap, call.state != 0, call.flags);
        DomainGetGuestVcpus |on, call| on.domain(call.dom).guest_vcpus(call.flags);
        DomainSetGuestVcpus |on, call| {
            on.domain(call.dom).set_guest_vcpus(&call.cpumap, call.state != 0, call.flags)
        };
        DomainGetSchedulerType |on, call| on.domain(call.dom).scheduler_type().map(|kind| {
            DomainGetSchedulerTypeReply { kind: kind.name, nparams: kind.parameters }
        });
        DomainGetSchedulerParameters |on, call| {
            counted(on.domain(call.dom).scheduler_parameters(), call.nparams, 0).map(|(params, _)| params)
        };
        DomainGetSchedulerParametersFlags |on, call| {
            let answer = on.domain(call.dom).scheduler_parameters_flags(call.flags);
            counted(answer, call.nparams, call.flags).map(|(params, _)| params)
        };
        DomainSetSchedulerParameters |on, call| on.domain(call.dom).set_scheduler_parameters(&call.params, 0);
        DomainSetSchedulerParametersFlags |on, call| {
            on.domain(call.dom).set_scheduler_parameters(&call.params, call.flags)
        };
    }
}

fn io_threads(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainGetIothreadInfo |on, call| {
            let found = on.domain(call.dom).io_thread_info(call.flags)?;
            let ret = found.len() as u32;
            Ok::<_, Error>(DomainGetIothreadInfoReply { info: found.into_iter().map(io_thread).collect(), ret })
        };
        DomainPinIothread |on, call| {
            on.domain(call.dom).pin_io_thread(call.iothreads_id, &CpuMap::from(call.cpumap.0), call.flags)
        };
        DomainAddIothread |on, call| on.domain(call.dom).add_io_thread(call.iothread_id, call.flags);
        DomainDelIothread |on, call| on.domain(call.dom).del_io_thread(call.iothread_id, call.flags);
        DomainSetIothreadParams |on, call| {
            on.domain(call.dom).set_io_thread_params(call.iothread_id, &Params::clone(&call.params), call.flags)
        };
    }
}

/// The length of one map, if so many of them can be answered.
fn map_size(maplen: i32, maps: usize) -> Result<usize> {
    let size = within(maplen, CPUMAPS_MAX, "maplen")?;
    within(size.saturating_mul(maps), CPUMAPS_MAX, "maplen * the number of maps")?;
    Ok(size)
}

/// Maps one after another, each cut or filled up to `size` bytes.
fn maps<'a>(maps: impl Iterator<Item = &'a CpuMap>, size: usize) -> Vec<u8> {
    let fitted = |map: &'a CpuMap| map.as_bytes().iter().copied().chain(std::iter::repeat(0)).take(size);
    maps.flat_map(fitted).collect()
}

fn vcpu_info(found: Found) -> VcpuInfo {
    VcpuInfo { number: found.number, state: found.state, cpu_time: found.cpu_time, cpu: found.cpu }
}

fn io_thread(found: IoThreadInfo) -> DomainIoThreadInfo {
    DomainIoThreadInfo { iothread_id: found.id, cpumap: Opaque(found.affinity.as_bytes().to_vec()) }
}
