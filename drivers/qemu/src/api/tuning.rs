//! CPUs and memory of a guest: which calls there are, and what flags they know.

use crate::driver::QemuDriver;
use crate::model;
use crate::tune::{IMPACT, balloon, iothreads, pins, vcpus};
use ferrovirt_conf::tuning::{self, blkio, numa, perf, scheduler};
use ferrovirt_conf::values::{CpuSet, ScaledSize};
use ferrovirt_core::driver::{CpuMap, DomainTuning, IoThreadInfo, SchedulerType, VcpuInfo};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, TypedParams, TypedValue, abi};
use ferrovirt_host::topology::Topology;
use ferrovirt_host::{KernelFiles, process};

impl DomainTuning for QemuDriver {
    fn domain_get_max_memory(&self, domain: &DomainId) -> Result<u64> {
        Ok(model::memory_kib(&self.shared.find(domain)?.view().current()?.model))
    }

    fn domain_set_memory_flags(&self, domain: &DomainId, memory: u64, flags: u32) -> Result<()> {
        let maximum = abi::VIR_DOMAIN_MEM_MAXIMUM;
        super::refuse_flags(flags, IMPACT | maximum, "virDomainSetMemoryFlags")?;
        let maximum = flags & maximum != 0;
        self.tune(
            domain,
            flags,
            "set memory",
            |model| {
                if maximum {
                    return balloon::set_maximum(model, memory);
                }
                balloon::check_amount(model, memory)?;
                model.current_memory = ScaledSize(memory);
                Ok(())
            },
            |guest, model| {
                if maximum {
                    return Err(Error::operation_invalid(format!(
                        "the memory that domain '{}' can have at most is fixed while it runs",
                        guest.vm.name()
                    )));
                }
                balloon::check_amount(model, memory)?;
                guest.inflate(model, memory)
            },
        )
    }

    fn domain_set_memory_stats_period(&self, domain: &DomainId, period: i32, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainSetMemoryStatsPeriod")?;
        self.tune(
            domain,
            flags,
            "set the period of memory statistics",
            |model| balloon::set_period(model, period),
            |guest, model| guest.poll_balloon(model, period),
        )
    }

    fn domain_get_memory_parameters(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let chosen = self.chosen(domain, flags, "virDomainGetMemoryParameters")?;
        match &chosen.live {
            None => Ok(tuning::memory::limits(&chosen.definition.model)),
            Some(live) => {
                self.ask_group(domain, live, |guest| Ok(tuning::memory::limits(&guest.memory_limits()?)))
            }
        }
    }

    fn domain_set_memory_parameters(
        &self,
        domain: &DomainId,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainSetMemoryParameters")?;
        params.check(tuning::memory::MEMORY_PARAMETERS)?;
        let in_force = self.shared.find(domain)?.view().current()?;
        self.tune(
            domain,
            flags,
            "set memory limits",
            |model| tuning::memory::set_limits(model, &in_force.model, params),
            |guest, model| {
                let before = model.clone();
                tuning::memory::set_limits(model, &before, params)?;
                guest.limit_memory(&before, params)
            },
        )
    }

    fn domain_get_numa_parameters(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        Ok(numa::numa(&self.chosen(domain, flags, "virDomainGetNumaParameters")?.definition.model))
    }

    fn domain_set_numa_parameters(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainSetNumaParameters")?;
        params.check(numa::NUMA_PARAMETERS)?;
        self.tune(
            domain,
            flags,
            "set NUMA parameters",
            |model| numa::set_numa(model, false, params),
            |guest, model| guest.place_memory(model, params),
        )
    }

    fn domain_get_blkio_parameters(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let chosen = self.chosen(domain, flags, "virDomainGetBlkioParameters")?;
        let mut params = blkio::blkio(&chosen.definition.model);
        if let Some(live) = &chosen.live {
            params.set("weight", self.ask_group(domain, live, |guest| guest.blkio_weight())?);
        }
        Ok(params)
    }

    fn domain_set_blkio_parameters(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainSetBlkioParameters")?;
        params.check(blkio::BLKIO_PARAMETERS)?;
        self.tune(
            domain,
            flags,
            "set block I/O limits",
            |model| {
                blkio::set_blkio(model, params)?;
                model.blkiotune.drop_empty();
                Ok(())
            },
            |guest, model| guest.limit_blkio(model, params),
        )
    }

    fn domain_get_perf_events(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let chosen = self.chosen(domain, flags, "virDomainGetPerfEvents")?;
        match chosen.live {
            None => Ok(perf::params(&chosen.definition.model)),
            // None is ever counted while a guest runs.
            Some(_) => Ok(perf::params(&ferrovirt_conf::domain::Domain::default())),
        }
    }

    fn domain_set_perf_events(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainSetPerfEvents")?;
        params.check(&perf::table())?;
        let enables = params.iter().any(|(_, value)| *value == TypedValue::Boolean(true));
        self.tune(
            domain,
            flags,
            "set perf events",
            |model| {
                perf::set(model, params);
                Ok(())
            },
            |_, model| {
                if enables {
                    let text = "this driver does not count perf events of a running guest";
                    return Err(Error::new(ErrorCode::OperationUnsupported, text));
                }
                perf::set(model, params);
                Ok(())
            },
        )
    }

    fn domain_get_scheduler_type(&self, domain: &DomainId) -> Result<SchedulerType> {
        self.shared.find(domain)?;
        Ok(SchedulerType { name: "posix".to_owned(), parameters: scheduler::COUNT })
    }

    fn domain_get_scheduler_parameters_flags(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let flags = flags & !abi::VIR_TYPED_PARAM_STRING_OKAY;
        let chosen = self.chosen(domain, flags, "virDomainGetSchedulerParametersFlags")?;
        match &chosen.live {
            None => Ok(scheduler::params(&chosen.definition.model.cputune)),
            Some(live) => {
                self.ask_group(domain, live, |guest| Ok(scheduler::params(&guest.scheduler()?.cputune)))
            }
        }
    }

    fn domain_set_scheduler_parameters_flags(
        &self,
        domain: &DomainId,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainSetSchedulerParametersFlags")?;
        let settings = scheduler::settings(params).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
        self.tune(
            domain,
            flags,
            "set scheduler parameters",
            |model| {
                settings.iter().for_each(|setting| setting.put(&mut model.cputune));
                Ok(())
            },
            |guest, model| {
                let mut told = TypedParams::new();
                for setting in &settings {
                    guest.schedule(*setting)?;
                    setting.put(&mut model.cputune);
                    told.add(format!("cputune.{}", setting.name()), setting.value());
                }
                guest.announce(told);
                Ok(())
            },
        )
    }

    fn domain_set_vcpus_flags(&self, domain: &DomainId, count: u32, flags: u32) -> Result<()> {
        let (maximum, guest) = (abi::VIR_DOMAIN_VCPU_MAXIMUM, abi::VIR_DOMAIN_VCPU_GUEST);
        let hotpluggable = abi::VIR_DOMAIN_VCPU_HOTPLUGGABLE;
        super::refuse_flags(flags, IMPACT | maximum | guest | hotpluggable, "virDomainSetVcpusFlags")?;
        if flags & guest != 0 {
            return self.set_vcpus_in_guest(domain, count, flags);
        }
        let maximum = flags & maximum != 0;
        self.tune(
            domain,
            flags,
            "set vCPUs",
            |model| match maximum {
                true => vcpus::set_maximum(model, count),
                false => vcpus::set_count(model, count, flags & hotpluggable != 0),
            },
            |guest, model| match maximum {
                true => Err(Error::new(
                    ErrorCode::OperationUnsupported,
                    format!("how many vCPUs domain '{}' has at most is fixed while it runs", guest.vm.name()),
                )),
                false => guest.set_vcpu_count(model, count),
            },
        )
    }

    fn domain_get_vcpus_flags(&self, domain: &DomainId, flags: u32) -> Result<u32> {
        let (maximum, guest) = (abi::VIR_DOMAIN_VCPU_MAXIMUM, abi::VIR_DOMAIN_VCPU_GUEST);
        let chosen = self.chosen(domain, flags & !(maximum | guest), "virDomainGetVcpusFlags")?;
        let maximum = flags & maximum != 0;
        if flags & guest != 0 {
            if !self.shared.find(domain)?.view().is_active() {
                let text =
                    format!("domain '{}' does not run: its guest has no vCPUs to be counted", domain.name);
                return Err(Error::invalid_arg(text));
            }
            return self.count_vcpus_in_guest(domain, maximum);
        }
        let vcpu = &chosen.definition.model.vcpu;
        Ok(if maximum { vcpu.max } else { vcpu.current() })
    }

    fn domain_set_vcpu(&self, domain: &DomainId, vcpus: &str, enable: bool, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainSetVcpu")?;
        let set = vcpu_set(vcpus)?;
        self.tune(
            domain,
            flags,
            "set vCPU",
            |model| vcpus::set_single(model, &set, enable),
            |guest, model| guest.set_single_vcpu(model, &set, enable),
        )
    }

    fn domain_get_vcpus(&self, domain: &DomainId, max_info: usize) -> Result<Vec<VcpuInfo>> {
        let vm = self.shared.find(domain)?;
        let live = vm.view().live.clone().ok_or_else(|| {
            let text = format!("domain '{}' is not running, so it has no vCPUs to tell of", vm.name());
            Error::operation_invalid(text).domain(ErrorDomain::Qemu)
        })?;
        let threads = live.vcpu_threads().into_iter().take(max_info);
        threads
            .map(|(number, thread)| {
                let used = process::thread_times(live.process.pid(), thread)?;
                let affinity = process::thread_affinity(thread)?;
                Ok(VcpuInfo {
                    number,
                    state: abi::VIR_VCPU_RUNNING as i32,
                    cpu_time: used.times.total(),
                    cpu: i32::try_from(used.cpu).unwrap_or(-1),
                    affinity: affinity.iter().map(|cpu| cpu as usize).collect(),
                })
            })
            .collect()
    }

    fn domain_pin_vcpu_flags(&self, domain: &DomainId, vcpu: u32, map: &CpuMap, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainPinVcpuFlags")?;
        let cpus = tuning::pins::set_of(map).map_err(|err| err.or_domain(ErrorDomain::Qemu));
        self.tune(
            domain,
            flags,
            "pin vCPU",
            |model| {
                pins::check_vcpu(model, vcpu)?;
                tuning::pins::pin_vcpu(model, vcpu, cpus.clone()?);
                Ok(())
            },
            |guest, model| guest.pin_vcpu(model, vcpu, &cpus.clone()?),
        )
    }

    fn domain_get_vcpu_pin_info(
        &self,
        domain: &DomainId,
        max_maps: usize,
        flags: u32,
    ) -> Result<Vec<CpuMap>> {
        let chosen = self.chosen(domain, flags, "virDomainGetVcpuPinInfo")?;
        let model = &chosen.definition.model;
        let host = host_cpus()?;
        let maps = (0..model.vcpu.max).take(max_maps);
        Ok(maps.map(|vcpu| map_or_host(tuning::pins::vcpu(model, vcpu), &host)).collect())
    }

    fn domain_pin_emulator(&self, domain: &DomainId, map: &CpuMap, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainPinEmulator")?;
        let cpus = tuning::pins::set_of(map).map_err(|err| err.or_domain(ErrorDomain::Qemu));
        self.tune(
            domain,
            flags,
            "pin emulator",
            |model| {
                model.cputune.emulator_pin = Some(cpus.clone()?);
                Ok(())
            },
            |guest, model| guest.pin_emulator(model, &cpus.clone()?),
        )
    }

    fn domain_get_emulator_pin_info(&self, domain: &DomainId, flags: u32) -> Result<Option<CpuMap>> {
        let chosen = self.chosen(domain, flags, "virDomainGetEmulatorPinInfo")?;
        Ok(Some(map_or_host(tuning::pins::emulator(&chosen.definition.model), &host_cpus()?)))
    }

    fn domain_get_guest_vcpus(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        super::refuse_flags(flags, 0, "virDomainGetGuestVcpus")?;
        self.guest_vcpus(domain)
    }

    fn domain_set_guest_vcpus(&self, domain: &DomainId, vcpus: &str, enable: bool, flags: u32) -> Result<()> {
        super::refuse_flags(flags, 0, "virDomainSetGuestVcpus")?;
        let set = vcpu_set(vcpus)?;
        self.turn_guest_vcpus(domain, &set, enable)
    }

    fn domain_get_io_thread_info(&self, domain: &DomainId, flags: u32) -> Result<Vec<IoThreadInfo>> {
        let chosen = self.chosen(domain, flags, "virDomainGetIOThreadInfo")?;
        if let Some(live) = &chosen.live {
            let running =
                iothreads::running(&self.shared, live).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
            let info = |thread: &iothreads::Running| {
                let affinity = process::thread_affinity(thread.tid)?;
                Ok(IoThreadInfo { id: thread.id, affinity: tuning::pins::map_of(&affinity) })
            };
            return running.iter().map(info).collect();
        }
        let model = &chosen.definition.model;
        let host = host_cpus()?;
        let ids = model.iothreads.ids().into_iter();
        Ok(ids
            .map(|id| IoThreadInfo {
                id: id.get(),
                affinity: map_or_host(tuning::iothreads::place(model, id), &host),
            })
            .collect())
    }

    fn domain_pin_io_thread(&self, domain: &DomainId, thread: u32, map: &CpuMap, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainPinIOThread")?;
        let cpus = tuning::pins::set_of(map).map_err(|err| err.or_domain(ErrorDomain::Qemu));
        self.tune(
            domain,
            flags,
            "pin I/O thread",
            |model| tuning::iothreads::pin(model, thread, map),
            |guest, model| guest.pin_iothread(model, tuning::iothreads::number(thread)?, &cpus.clone()?),
        )
    }

    fn domain_add_io_thread(&self, domain: &DomainId, thread: u32, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainAddIOThread")?;
        let thread = numbered(thread)?;
        self.tune(
            domain,
            flags,
            "add I/O thread",
            |model| tuning::iothreads::add(model, thread),
            |guest, model| guest.add_iothread(model, thread),
        )
    }

    fn domain_del_io_thread(&self, domain: &DomainId, thread: u32, flags: u32) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainDelIOThread")?;
        let thread = numbered(thread)?;
        self.tune(
            domain,
            flags,
            "remove I/O thread",
            |model| tuning::iothreads::remove(model, thread),
            |guest, model| guest.del_iothread(model, thread),
        )
    }

    fn domain_set_io_thread_params(
        &self,
        domain: &DomainId,
        thread: u32,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainSetIOThreadParams")?;
        let thread = numbered(thread)?;
        let settings = iothreads::Settings::read(params).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
        self.tune(
            domain,
            flags,
            "set I/O thread",
            |model| settings.put(iothreads::entry(model, thread)?, false),
            |guest, model| guest.set_iothread(model, thread, &settings),
        )
    }
}

fn numbered(thread: u32) -> Result<std::num::NonZeroU32> {
    tuning::iothreads::number(thread).map_err(|err| err.or_domain(ErrorDomain::Qemu))
}

/// The vCPUs of a list such as `1-3,5`.
fn vcpu_set(text: &str) -> Result<CpuSet> {
    let set: CpuSet = text.parse().map_err(|_| {
        Error::invalid_arg(format!("'{text}' is not a list of vCPUs, such as 1-3,5"))
            .domain(ErrorDomain::None)
    })?;
    match set.is_empty() {
        true => Err(Error::invalid_arg("no vCPU was chosen").domain(ErrorDomain::Qemu)),
        false => Ok(set),
    }
}

/// The CPUs that the host has, those that are offline among them.
fn host_cpus() -> Result<CpuMap> {
    let topology = Topology::read(&KernelFiles::host())?;
    Ok(topology.cpus.iter().map(|cpu| cpu.id as usize).collect())
}

/// Where threads may run: their place, or all of the host.
fn map_or_host(place: Option<&CpuSet>, host: &CpuMap) -> CpuMap {
    place.map_or_else(|| host.clone(), tuning::pins::map_of)
}
