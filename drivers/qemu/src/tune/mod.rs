//! Tuning: what of a guest can be set while it is defined or runs. Each change goes to the definition on disk, to the
//! running guest, or to both; a running guest's is kept in its status file.

pub mod balloon;
pub mod bandwidth;
pub mod blkio;
pub mod cgroups;
pub mod iothreads;
pub mod iotune;
pub mod pins;
pub mod vcpus;

use crate::api::{affected, refuse_flags};
use crate::driver::{QemuDriver, Shared};
use crate::live::Live;
use crate::status;
use crate::vm::{Definition, Vm};
use ferrovirt_conf::domain::{BlkioTune, Domain};
use ferrovirt_conf::tuning::{memory, scheduler};
use ferrovirt_core::{
    DomainEvent, DomainEventKind, DomainId, Error, ErrorCode, ErrorDomain, Event, Result, TypedParams, abi,
};
use std::sync::Arc;

/// The flags that choose between the definition and the running guest.
pub const IMPACT: u32 = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG;

/// A running guest that is being changed.
pub struct Guest<'a> {
    pub shared: &'a Arc<Shared>,
    pub vm: &'a Arc<Vm>,
    pub live: &'a Arc<Live>,
}

impl Guest<'_> {
    /// Tells of tunables that have changed.
    pub fn announce(&self, params: TypedParams) {
        if !params.is_empty() {
            let kind = DomainEventKind::Tunable { params };
            self.shared.events.publish(Event::Domain(DomainEvent { domain: self.vm.id(), kind }));
        }
    }
}

/// One description that a question is about.
pub struct Chosen {
    pub definition: Arc<Definition>,
    /// The running guest, if the question is about it.
    pub live: Option<Arc<Live>>,
}

impl QemuDriver {
    /// Changes the definition on disk, the running guest, or both, as the guest's job. The definition is made ready
    /// first and kept last: what fails leaves it as it was.
    pub(crate) fn tune(
        &self,
        domain: &DomainId,
        flags: u32,
        job: &'static str,
        config: impl FnOnce(&mut Domain) -> Result<()>,
        live: impl FnOnce(&Guest<'_>, &mut Domain) -> Result<()>,
    ) -> Result<()> {
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin(job)?;
        let view = vm.view();
        let (on_live, on_config) = affected(&vm, &view, flags)?;
        let changed = match &view.persistent {
            Some(persistent) if on_config => {
                let mut model = persistent.model.clone();
                config(&mut model).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
                Some(model)
            }
            _ => None,
        };
        if let (true, Some(running)) = (on_live, &view.live) {
            let guest = Guest { shared: &self.shared, vm: &vm, live: running };
            let mut model = running.definition().model.clone();
            live(&guest, &mut model).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
            running.redefine(Definition::new(model));
            status::save(&self.shared, &vm)?;
        }
        match changed {
            Some(model) => self.shared.keep_definition(&vm, model),
            None => Ok(()),
        }
    }

    /// Asks the kernel or QEMU something about a running guest. That waits for no job.
    pub(crate) fn ask_group<T>(
        &self,
        domain: &DomainId,
        live: &Arc<Live>,
        ask: impl FnOnce(&Guest<'_>) -> Result<T>,
    ) -> Result<T> {
        let vm = self.shared.find(domain)?;
        let guest = Guest { shared: &self.shared, vm: &vm, live };
        ask(&guest).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    /// The description that `flags` mean.
    pub(crate) fn chosen(&self, domain: &DomainId, flags: u32, function: &str) -> Result<Chosen> {
        refuse_flags(flags, IMPACT, function)?;
        if flags & IMPACT == IMPACT {
            let text = "the running guest and its definition can't both be meant here; give one flag";
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Domain));
        }
        let vm = self.shared.find(domain)?;
        let view = vm.view();
        let (on_live, _) = affected(&vm, &view, flags)?;
        let live = view.live.clone().filter(|_| on_live);
        let definition = match (&live, &view.persistent) {
            (None, Some(persistent)) => persistent.clone(),
            _ => view.current()?,
        };
        Ok(Chosen { definition, live })
    }
}

/// Whether a guest has limits that must be in force before it runs.
pub fn has_limits(model: &Domain) -> bool {
    has_group_limits(model)
        || model.cputune.has_pins()
        || model.vcpu.cpuset.is_some()
        || model.devices.disks.iter().any(|disk| disk.iotune.is_some())
        || model.devices.memballoon.as_ref().is_some_and(|balloon| balloon.stats_period.0 > 0)
}

/// Whether it has some for which it needs a control group.
fn has_group_limits(model: &Domain) -> bool {
    let memory = &model.memtune;
    let limits = [memory.hard_limit, memory.soft_limit, memory.swap_hard_limit];
    !scheduler::said(&model.cputune).is_empty()
        || limits.iter().any(Option::is_some)
        || *model.blkiotune != BlkioTune::default()
}

impl Guest<'_> {
    /// Puts all limits of the description in force, at the start.
    pub fn apply_limits(&self) -> Result<()> {
        let definition = self.live.definition();
        let model = &definition.model;
        if has_group_limits(model) {
            self.apply_group_limits(model).map_err(|err| match err.code() {
                ErrorCode::OperationInvalid => Error::config_unsupported(format!(
                    "domain '{}' has limits that can't be kept here: {}",
                    model.name,
                    err.detail().unwrap_or_default()
                )),
                _ => err,
            })?;
        }
        self.apply_pins(model)?;
        self.apply_disk_limits(model)?;
        let period = model.devices.memballoon.as_ref().map_or(0, |balloon| balloon.stats_period.0);
        if period > 0 {
            self.poll_balloon(&mut model.clone(), period)?;
        }
        Ok(())
    }

    fn apply_group_limits(&self, model: &Domain) -> Result<()> {
        for setting in scheduler::said(&model.cputune) {
            self.schedule(setting)?;
        }
        let limits = memory::said(model);
        if !limits.is_empty() {
            self.limit_memory(&Domain::default(), &limits)?;
        }
        self.apply_blkio(model)
    }
}
