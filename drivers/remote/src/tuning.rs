//! CPUs, memory, pinning, scheduling and I/O threads of domains.

use crate::RemoteDriver;
use crate::forward::forward;
use ferrovirt_core::driver::{CpuMap, DomainTuning, IoThreadInfo, SchedulerType, VcpuInfo};
use ferrovirt_core::{DomainId, ErrorCode, Result, TypedParams};
use ferrovirt_rpc::limits::*;
use ferrovirt_rpc::program::remote::*;

impl DomainTuning for RemoteDriver {
    forward! {
        fn domain_get_max_memory(domain: &DomainId) -> u64 = DomainGetMaxMemory { dom: domain.clone() };
        fn domain_set_memory_flags(domain: &DomainId, memory: u64, flags: u32) -> () =
            DomainSetMemoryFlags { dom: domain.clone(), memory, flags };
        fn domain_set_memory_stats_period(domain: &DomainId, period: i32, flags: u32) -> () =
            DomainSetMemoryStatsPeriod { dom: domain.clone(), period, flags };
        fn domain_set_memory_parameters(domain: &DomainId, params: &TypedParams, flags: u32) -> () =
            DomainSetMemoryParameters { dom: domain.clone(), params: params.into(), flags };
        fn domain_set_numa_parameters(domain: &DomainId, params: &TypedParams, flags: u32) -> () =
            DomainSetNumaParameters { dom: domain.clone(), params: params.into(), flags };
        fn domain_set_blkio_parameters(domain: &DomainId, params: &TypedParams, flags: u32) -> () =
            DomainSetBlkioParameters { dom: domain.clone(), params: params.into(), flags };
        fn domain_set_perf_events(domain: &DomainId, params: &TypedParams, flags: u32) -> () =
            DomainSetPerfEvents { dom: domain.clone(), params: params.into(), flags };
        fn domain_get_scheduler_type(domain: &DomainId) -> SchedulerType =
            DomainGetSchedulerType { dom: domain.clone() }
            => |reply| SchedulerType { name: reply.kind, parameters: reply.nparams };
        fn domain_set_scheduler_parameters_flags(domain: &DomainId, params: &TypedParams, flags: u32) -> () =
            DomainSetSchedulerParametersFlags { dom: domain.clone(), params: params.into(), flags };
        fn domain_set_vcpus_flags(domain: &DomainId, count: u32, flags: u32) -> () =
            DomainSetVcpusFlags { dom: domain.clone(), nvcpus: count, flags };
        fn domain_get_vcpus_flags(domain: &DomainId, flags: u32) -> u32 =
            DomainGetVcpusFlags { dom: domain.clone(), flags } => |count| count.try_into().unwrap_or(0);
        fn domain_set_vcpu(domain: &DomainId, vcpus: &str, enable: bool, flags: u32) -> () =
            DomainSetVcpu { dom: domain.clone(), cpumap: vcpus.into(), state: enable.into(), flags };
        fn domain_pin_emulator(domain: &DomainId, cpus: &CpuMap, flags: u32) -> () =
            DomainPinEmulator { dom: domain.clone(), cpumap: cpus.as_bytes().into(), flags };
        fn domain_set_guest_vcpus(domain: &DomainId, vcpus: &str, enable: bool, flags: u32) -> () =
            DomainSetGuestVcpus { dom: domain.clone(), cpumap: vcpus.into(), state: enable.into(), flags };
        fn domain_get_io_thread_info(domain: &DomainId, flags: u32) -> Vec<IoThreadInfo> =
            DomainGetIothreadInfo { dom: domain.clone(), flags } => |reply| {
                let thread = |thread: ferrovirt_rpc::records::DomainIoThreadInfo| IoThreadInfo {
                    id: thread.iothread_id,
                    affinity: CpuMap::from(thread.cpumap.0),
                };
                reply.info.into_iter().map(thread).collect()
            };
        fn domain_pin_io_thread(domain: &DomainId, thread: u32, cpus: &CpuMap, flags: u32) -> () =
            DomainPinIothread {
                dom: domain.clone(),
                iothreads_id: thread,
                cpumap: cpus.as_bytes().into(),
                flags,
            };
        fn domain_add_io_thread(domain: &DomainId, thread: u32, flags: u32) -> () =
            DomainAddIothread { dom: domain.clone(), iothread_id: thread, flags };
        fn domain_del_io_thread(domain: &DomainId, thread: u32, flags: u32) -> () =
            DomainDelIothread { dom: domain.clone(), iothread_id: thread, flags };
        fn domain_set_io_thread_params(domain: &DomainId, thread: u32, params: &TypedParams, flags: u32) -> () =
            DomainSetIothreadParams { dom: domain.clone(), iothread_id: thread, params: params.into(), flags };
        fn domain_set_throttle_group(domain: &DomainId, group: &str, params: &TypedParams, flags: u32) -> () =
            DomainSetThrottleGroup { dom: domain.clone(), group: group.into(), params: params.into(), flags };
        fn domain_del_throttle_group(domain: &DomainId, group: &str, flags: u32) -> () =
            DomainDelThrottleGroup { dom: domain.clone(), group: Some(group.into()), flags };
        // These have neither a count to ask for nor strings among their values that old clients would not know.
        fn domain_get_perf_events(domain: &DomainId, flags: u32) -> TypedParams =
            DomainGetPerfEvents { dom: domain.clone(), flags };
        fn domain_get_guest_vcpus(domain: &DomainId, flags: u32) -> TypedParams =
            DomainGetGuestVcpus { dom: domain.clone(), flags };
        fn domain_pin_vcpu(domain: &DomainId, vcpu: u32, cpus: &CpuMap) -> () =
            DomainPinVcpu { dom: domain.clone(), vcpu, cpumap: cpus.as_bytes().into() };
        fn domain_pin_vcpu_flags(domain: &DomainId, vcpu: u32, cpus: &CpuMap, flags: u32) -> () =
            DomainPinVcpuFlags { dom: domain.clone(), vcpu, cpumap: cpus.as_bytes().into(), flags };
    }

    fn domain_get_memory_parameters(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let (dom, flags) = (domain.clone(), self.with_strings(flags));
        let nparams = DOMAIN_MEMORY_PARAMETERS_MAX as i32;
        Ok(self.call(&DomainGetMemoryParameters { dom, nparams, flags })?.params.0)
    }

    fn domain_get_numa_parameters(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let (dom, flags) = (domain.clone(), self.with_strings(flags));
        let nparams = DOMAIN_NUMA_PARAMETERS_MAX as i32;
        Ok(self.call(&DomainGetNumaParameters { dom, nparams, flags })?.params.0)
    }

    fn domain_get_blkio_parameters(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let (dom, flags) = (domain.clone(), self.with_strings(flags));
        let nparams = DOMAIN_BLKIO_PARAMETERS_MAX as i32;
        Ok(self.call(&DomainGetBlkioParameters { dom, nparams, flags })?.params.0)
    }

    fn domain_get_scheduler_parameters_flags(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let dom = domain.clone();
        let nparams = DOMAIN_SCHEDULER_PARAMETERS_MAX as i32;
        // Some of libvirt's drivers only have the older call.
        if flags == 0 {
            return Ok(self.call(&DomainGetSchedulerParameters { dom, nparams })?.0);
        }
        let flags = self.with_strings(flags);
        Ok(self.call(&DomainGetSchedulerParametersFlags { dom, nparams, flags })?.0)
    }

    fn domain_get_vcpus(&self, domain: &DomainId, max_info: usize) -> Result<Vec<VcpuInfo>> {
        let length = self.cpu_map_length()?;
        let maxinfo = max_info.min(VCPUINFO_MAX).min(CPUMAPS_MAX / length) as i32;
        let call = DomainGetVcpus { dom: domain.clone(), maxinfo, maplen: length as i32 };
        let reply = self.call(&call)?;
        let maps = reply.cpumaps.0;
        let vcpu = |(index, vcpu): (usize, ferrovirt_rpc::records::VcpuInfo)| VcpuInfo {
            number: vcpu.number,
            state: vcpu.state,
            cpu_time: vcpu.cpu_time,
            cpu: vcpu.cpu,
            affinity: cpu_map(&maps, index, length),
        };
        Ok(reply.info.into_iter().enumerate().map(vcpu).collect())
    }

    fn domain_get_vcpu_pin_info(
        &self,
        domain: &DomainId,
        max_maps: usize,
        flags: u32,
    ) -> Result<Vec<CpuMap>> {
        let length = self.cpu_map_length()?.max(PINS);
        let ncpumaps = max_maps.min(VCPUINFO_MAX).min(CPUMAPS_MAX / length) as i32;
        let call = DomainGetVcpuPinInfo { dom: domain.clone(), ncpumaps, maplen: length as i32, flags };
        let reply = self.call(&call)?;
        let count = usize::try_from(reply.num).unwrap_or(0).min(max_maps);
        Ok((0..count).map(|index| cpu_map(&reply.cpumaps, index, length)).collect())
    }

    fn domain_get_emulator_pin_info(&self, domain: &DomainId, flags: u32) -> Result<Option<CpuMap>> {
        let length = self.cpu_map_length()?.max(PINS);
        let call = DomainGetEmulatorPinInfo { dom: domain.clone(), maplen: length as i32, flags };
        let reply = self.call(&call)?;
        Ok((reply.ret != 0).then(|| CpuMap::from(reply.cpumaps.0)))
    }
}

/// How many bytes a map of pins may have: definitions can name CPUs that the host does not have.
const PINS: usize = 512;

/// One of several maps that come one behind the other; a daemon that sends less knows of no CPUs there.
fn cpu_map(maps: &[u8], index: usize, length: usize) -> CpuMap {
    let map = maps.get(index * length..).unwrap_or_default();
    CpuMap::from(map[..map.len().min(length)].to_vec())
}

impl RemoteDriver {
    /// How many bytes a map of all of the host's CPUs has. The wire wants to be told; callers do not say.
    fn cpu_map_length(&self) -> Result<usize> {
        if let Some(length) = self.cpu_map_length.get() {
            return Ok(*length);
        }
        let cpus = match self.call(&NodeGetCpuMap { need_map: 0, need_online: 0, flags: 0 }) {
            Ok(reply) => i64::from(reply.ret),
            // A driver that can not tell them apart can at least count them.
            Err(err) if err.code() == ErrorCode::NoSupport => {
                let node = self.call(&NodeGetInfo {})?;
                [node.nodes, node.sockets, node.cores, node.threads].into_iter().map(i64::from).product()
            }
            Err(err) => return Err(err),
        };
        let cpus = usize::try_from(cpus).unwrap_or(0);
        Ok(*self.cpu_map_length.get_or_init(|| cpus.div_ceil(8).clamp(1, CPUMAP_MAX)))
    }
}
