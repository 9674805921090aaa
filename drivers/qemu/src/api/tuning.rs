//! CPUs and memory of a guest.

use crate::driver::QemuDriver;
use crate::model;
use crate::qmp::Balloon;
use crate::status;
use crate::vm::Definition;
use ferrovirt_conf::values::ScaledSize;
use ferrovirt_core::driver::{DomainTuning, VcpuInfo};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainId, Error, ErrorCode, Result, abi};
use ferrovirt_host::process;

impl DomainTuning for QemuDriver {
    fn domain_get_max_memory(&self, domain: &DomainId) -> Result<u64> {
        Ok(model::memory_kib(&self.shared.find(domain)?.view().current()?.model))
    }

    fn domain_set_memory_flags(&self, domain: &DomainId, memory: u64, flags: u32) -> Result<()> {
        let maximum = abi::VIR_DOMAIN_MEM_MAXIMUM;
        let known = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG | maximum;
        super::refuse_flags(flags, known, "virDomainSetMemoryFlags")?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("set memory")?;
        let view = vm.view();
        let (live, config) = super::affected(&vm, &view, flags)?;
        if live && flags & maximum != 0 {
            return Err(Error::operation_invalid(format!(
                "the memory that domain '{}' can have at most is fixed while it runs",
                vm.name()
            )));
        }
        if let (true, Some(running)) = (live, &view.live) {
            let definition = running.definition();
            check_amount(memory, model::memory_kib(&definition.model), &vm.name())?;
            if !model::has_balloon(&definition.model) {
                return Err(Error::operation_invalid(format!(
                    "domain '{}' has no memory balloon, so its memory can't change while it runs",
                    vm.name()
                )));
            }
            running.ask(&self.shared.reactor, Balloon { value: memory.saturating_mul(1024) })?;
            let mut model = definition.model.clone();
            model.current_memory = ScaledSize(memory);
            running.redefine(Definition::new(model));
            status::save(&self.shared, &vm)?;
        }
        if let (true, Some(persistent)) = (config, &view.persistent) {
            let mut model = persistent.model.clone();
            if flags & maximum != 0 {
                model.memory.size = ScaledSize(memory);
                model.current_memory = model.current_memory.min(ScaledSize(memory));
            } else {
                check_amount(memory, model::memory_kib(&model), &vm.name())?;
                model.current_memory = ScaledSize(memory);
            }
            self.shared.keep_definition(&vm, model)?;
        }
        Ok(())
    }

    fn domain_set_vcpus_flags(&self, domain: &DomainId, count: u32, flags: u32) -> Result<()> {
        let maximum = abi::VIR_DOMAIN_VCPU_MAXIMUM;
        let known = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG | maximum;
        super::refuse_flags(flags, known, "virDomainSetVcpusFlags")?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("set vCPUs")?;
        let view = vm.view();
        let (live, config) = super::affected(&vm, &view, flags)?;
        if live {
            return Err(Error::new(
                ErrorCode::OperationUnsupported,
                format!("this driver can't plug vCPUs into the running domain '{}' yet", vm.name()),
            ));
        }
        if let (true, Some(persistent)) = (config, &view.persistent) {
            let mut model = persistent.model.clone();
            if flags & maximum != 0 {
                model.vcpu.max = count;
                model.vcpu.current = model.vcpu.current.filter(|current| *current < count);
            } else if count > model.vcpu.max {
                return Err(Error::invalid_arg(format!(
                    "domain '{}' can have at most {} vCPUs, not {count}",
                    vm.name(),
                    model.vcpu.max
                )));
            } else {
                model.vcpu.current = (count < model.vcpu.max).then_some(count);
            }
            self.shared.keep_definition(&vm, model)?;
        }
        Ok(())
    }

    fn domain_get_vcpus_flags(&self, domain: &DomainId, flags: u32) -> Result<u32> {
        let vm = self.shared.find(domain)?;
        let view = vm.view();
        let (_, config) = super::affected(&vm, &view, flags)?;
        let definition = match &view.persistent {
            Some(persistent) if config => persistent.clone(),
            _ => view.current()?,
        };
        let vcpu = &definition.model.vcpu;
        Ok(if flags & abi::VIR_DOMAIN_VCPU_MAXIMUM != 0 { vcpu.max } else { vcpu.current() })
    }

    fn domain_get_vcpus(&self, domain: &DomainId, max_info: usize) -> Result<Vec<VcpuInfo>> {
        let vm = self.shared.find(domain)?;
        let live = vm.live()?;
        let threads = (0..).zip(&live.vcpu_threads).take(max_info);
        threads
            .map(|(number, thread)| {
                let used = process::thread_times(live.process.pid(), *thread)?;
                let affinity = process::thread_affinity(*thread)?;
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
}

fn check_amount(memory: u64, maximum: u64, name: &str) -> Result<()> {
    if memory <= maximum {
        return Ok(());
    }
    Err(Error::invalid_arg(format!("domain '{name}' can have at most {maximum} KiB, not {memory} KiB")))
}
