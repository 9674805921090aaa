//! CPUs, memory, pinning, scheduling, NUMA, I/O threads, perf events: which calls there are, and what flags they know.

use super::{cpus, iothreads, lifecycle, memory};
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::tuning::{self, blkio, numa, perf, pins};
use ferrovirt_core::driver::{CpuMap, DomainTuning, IoThreadInfo, SchedulerType, VcpuInfo};
use ferrovirt_core::{DomainId, KnownParam, Result, TypedParams, abi};

const IMPACT: u32 = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG;

impl DomainTuning for TestDriver {
    fn domain_get_max_memory(&self, domain: &DomainId) -> Result<u64> {
        Ok(self.host.guest(domain)?.view().definition.model.memory.size.0)
    }

    fn domain_set_memory_flags(&self, domain: &DomainId, memory: u64, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT | abi::VIR_DOMAIN_MEM_MAXIMUM, "virDomainSetMemoryFlags")?;
        let maximum = flags & abi::VIR_DOMAIN_MEM_MAXIMUM != 0;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_one(flags, |model, live| memory::set(model, memory, maximum, live))
        })
    }

    fn domain_set_memory_stats_period(&self, domain: &DomainId, period: i32, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainSetMemoryStatsPeriod")?;
        self.host
            .guest(domain)?
            .change(&self.host, |guest| guest.edit_one(flags, |model, _| memory::set_period(model, period)))
    }

    fn domain_get_memory_parameters(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        refuse::flags(flags, IMPACT, "virDomainGetMemoryParameters")?;
        Ok(tuning::memory::limits(&self.host.guest(domain)?.view().one(flags)?.0.model))
    }

    fn domain_set_memory_parameters(
        &self,
        domain: &DomainId,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainSetMemoryParameters")?;
        params.check(tuning::memory::MEMORY_PARAMETERS)?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            let in_force = guest.definition.clone();
            guest.edit_one(flags, |model, _| tuning::memory::set_limits(model, &in_force.model, params))
        })
    }

    fn domain_get_numa_parameters(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        refuse::flags(flags, IMPACT, "virDomainGetNumaParameters")?;
        Ok(numa::numa(&self.host.guest(domain)?.view().one(flags)?.0.model))
    }

    fn domain_set_numa_parameters(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainSetNumaParameters")?;
        params.check(numa::NUMA_PARAMETERS)?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_one(flags, |model, live| numa::set_numa(model, live, params))
        })
    }

    fn domain_get_blkio_parameters(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        refuse::flags(flags, IMPACT, "virDomainGetBlkioParameters")?;
        Ok(blkio::blkio(&self.host.guest(domain)?.view().one(flags)?.0.model))
    }

    fn domain_set_blkio_parameters(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainSetBlkioParameters")?;
        params.check(blkio::BLKIO_PARAMETERS)?;
        // What could be set stays, even if the call fails.
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_one(flags, |model, _| Ok(blkio::set_blkio(model, params)))
        })?
    }

    fn domain_get_perf_events(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        refuse::flags(flags, IMPACT, "virDomainGetPerfEvents")?;
        let view = self.host.guest(domain)?.view();
        let model = &view.one(flags)?.0.model;
        Ok(perf::params(model))
    }

    fn domain_set_perf_events(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainSetPerfEvents")?;
        params.check(&perf::table())?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_one(flags, |model, _| {
                perf::set(model, params);
                Ok(())
            })
        })
    }

    fn domain_get_scheduler_type(&self, _domain: &DomainId) -> Result<SchedulerType> {
        Ok(SchedulerType { name: "fair".to_owned(), parameters: 1 })
    }

    fn domain_get_scheduler_parameters_flags(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        // Who asks with flags is refused: "strings are fine" comes with them, and libvirt's test driver doesn't know that.
        refuse::flags(flags, 0, "virDomainGetSchedulerParametersFlags")?;
        self.host.guest(domain)?;
        let mut params = TypedParams::new();
        params.add("weight", 50u32);
        Ok(params)
    }

    fn domain_set_scheduler_parameters_flags(
        &self,
        domain: &DomainId,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, 0, "virDomainSetSchedulerParametersFlags")?;
        params.check(&[KnownParam { name: "weight", kind: UINT, multiple: false }])?;
        // Taken and forgotten, as a mock may: there is nothing to schedule.
        self.host.guest(domain).map(|_| ())
    }

    fn domain_set_vcpus_flags(&self, domain: &DomainId, count: u32, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT | abi::VIR_DOMAIN_VCPU_MAXIMUM, "virDomainSetVcpusFlags")?;
        cpus::check_count(count)?;
        self.host.guest(domain)?.change(&self.host, |guest| cpus::set_count(guest, count, flags))
    }

    fn domain_get_vcpus_flags(&self, domain: &DomainId, flags: u32) -> Result<u32> {
        refuse::flags(flags, IMPACT | abi::VIR_DOMAIN_VCPU_MAXIMUM, "virDomainGetVcpusFlags")?;
        let view = self.host.guest(domain)?.view();
        let vcpu = &view.one(flags)?.0.model.vcpu;
        Ok(if flags & abi::VIR_DOMAIN_VCPU_MAXIMUM != 0 { vcpu.max } else { vcpu.current() })
    }

    fn domain_get_vcpus(&self, domain: &DomainId, max_info: usize) -> Result<Vec<VcpuInfo>> {
        let view = self.host.guest(domain)?.view();
        if !view.is_active() {
            return Err(refuse::operation_invalid("only a running domain has vCPUs to tell of"));
        }
        let host_cpus = self.host.setup.cpus();
        Ok(cpus::states(&view.definition.model, host_cpus, max_info, lifecycle::now_micros() / 10))
    }

    fn domain_pin_vcpu(&self, domain: &DomainId, vcpu: u32, map: &CpuMap) -> Result<()> {
        self.domain_pin_vcpu_flags(domain, vcpu, map, 0)
    }

    fn domain_pin_vcpu_flags(&self, domain: &DomainId, vcpu: u32, map: &CpuMap, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainPinVcpuFlags")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            if !guest.is_active() {
                return Err(refuse::operation_invalid("only the vCPUs of a running domain can be pinned"));
            }
            guest.edit_one(abi::VIR_DOMAIN_AFFECT_LIVE, |model, _| cpus::pin(model, vcpu, map))
        })
    }

    fn domain_get_vcpu_pin_info(
        &self,
        domain: &DomainId,
        max_maps: usize,
        flags: u32,
    ) -> Result<Vec<CpuMap>> {
        let view = self.host.guest(domain)?.view();
        let model = &view.one(flags)?.0.model;
        let all = (0..model.vcpu.max).take(max_maps);
        Ok(all.map(|vcpu| cpus::affinity(model, vcpu, self.host.setup.cpus())).collect())
    }

    fn domain_pin_emulator(&self, domain: &DomainId, map: &CpuMap, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainPinEmulator")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_one(flags, |model, _| {
                model.cputune.emulator_pin = Some(pins::set_of(map)?);
                Ok(())
            })
        })
    }

    fn domain_get_emulator_pin_info(&self, domain: &DomainId, flags: u32) -> Result<Option<CpuMap>> {
        refuse::flags(flags, IMPACT, "virDomainGetEmulatorPinInfo")?;
        let view = self.host.guest(domain)?.view();
        let model = &view.one(flags)?.0.model;
        Ok(Some(match pins::emulator(model) {
            Some(set) => pins::map_of(set),
            None => (0..self.host.setup.cpus()).collect(),
        }))
    }

    fn domain_get_io_thread_info(&self, domain: &DomainId, flags: u32) -> Result<Vec<IoThreadInfo>> {
        refuse::flags(flags, IMPACT, "virDomainGetIOThreadInfo")?;
        Ok(iothreads::infos(&self.host.guest(domain)?.view().one(flags)?.0.model))
    }

    fn domain_pin_io_thread(&self, domain: &DomainId, thread: u32, map: &CpuMap, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainPinIOThread")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_one(flags, |model, _| tuning::iothreads::pin(model, thread, map))
        })
    }

    fn domain_add_io_thread(&self, domain: &DomainId, thread: u32, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainAddIOThread")?;
        let thread = iothreads::number(thread)?;
        self.host.guest(domain)?.change(&self.host, |guest| iothreads::add(guest, thread, flags))
    }

    fn domain_del_io_thread(&self, domain: &DomainId, thread: u32, flags: u32) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainDelIOThread")?;
        let thread = iothreads::number(thread)?;
        self.host.guest(domain)?.change(&self.host, |guest| iothreads::remove(guest, thread, flags))
    }

    fn domain_set_io_thread_params(
        &self,
        domain: &DomainId,
        thread: u32,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, abi::VIR_DOMAIN_AFFECT_LIVE, "virDomainSetIOThreadParams")?;
        let thread = iothreads::number(thread)?;
        self.host.guest(domain)?.change(&self.host, |guest| iothreads::set(guest, thread, params, flags))
    }
}

const UINT: i32 = abi::VIR_TYPED_PARAM_UINT as i32;
