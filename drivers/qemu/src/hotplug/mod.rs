//! Devices that come, go and change: in the running guest, in the definition on disk, or in both.
//!
//! The definition is made ready first, then the guest is changed, and only then is the definition kept: what fails
//! leaves both as they were.

mod change;
mod claims;
mod config;
mod device;
mod disk;
mod find;
mod interface;
mod monitor;
mod removal;
mod removals;
mod running;
mod same;
mod wiring;

pub use removal::finish_later;
pub use removals::{Answer, Removals};

use crate::driver::Shared;
use crate::vm::Vm;
use device::Device;
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::{DomainEvent, DomainEventKind, Error, ErrorCode, ErrorDomain, Event, Result, abi};
use running::Running;
use std::sync::Arc;

/// What a change is meant for.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    pub live: bool,
    pub config: bool,
}

/// Adds a device. The caller holds the guest's job, here and below.
pub fn attach(shared: &Arc<Shared>, vm: &Arc<Vm>, xml: &str, scope: Scope) -> Result<()> {
    let mut device = device::parse(xml, true)?;
    device::ensure_identity(&mut device);
    let changed = definition(vm, scope, |model| config::attach(shared, model, device.clone()))?;
    if scope.live {
        Running::new(shared, vm)?.attach(device)?;
    }
    keep(shared, vm, changed)
}

/// Removes the device that is described. A guest that takes its time is not waited for long; an event tells the end.
pub fn detach(shared: &Arc<Shared>, vm: &Arc<Vm>, xml: &str, scope: Scope) -> Result<()> {
    let device = device::parse(xml, !scope.live)?;
    let changed = definition(vm, scope, |model| config::detach(shared, model, &device))?;
    if scope.live {
        let running = Running::new(shared, vm)?;
        running.detach(find::meant(&running.model(), &device)?, true)?;
    }
    keep(shared, vm, changed)
}

/// Removes the device with this alias, and does not wait for the guest at all.
pub fn detach_alias(shared: &Arc<Shared>, vm: &Arc<Vm>, alias: &str, scope: Scope) -> Result<()> {
    let changed = definition(vm, scope, |model| config::detach_alias(shared, model, alias))?;
    if scope.live {
        let running = Running::new(shared, vm)?;
        let model = running.model();
        let found = find::by_alias(&model, alias).ok_or_else(|| config::no_alias(&model, alias))?;
        running.detach(found, false)?;
    }
    keep(shared, vm, changed)
}

/// Changes the device that is described. `force`: a medium is taken out even where the guest has locked it.
pub fn update(shared: &Arc<Shared>, vm: &Arc<Vm>, xml: &str, scope: Scope, force: bool) -> Result<()> {
    let device = device::parse(xml, !scope.live)?;
    let changed = definition(vm, scope, |model| {
        let mut device = device.clone();
        device.strip_live();
        config::update(shared, model, device)
    })?;
    if scope.live {
        let running = Running::new(shared, vm)?;
        match device {
            Device::Interface(new) => running.change_interface(*new)?,
            Device::Disk(new) => running.change_disk(*new, force)?,
            other => return Err(device::unsupported(&other, ErrorCode::ConfigUnsupported, "live update")),
        }
    }
    keep(shared, vm, changed)
}

/// The changed definition, if it is to be changed.
fn definition(
    vm: &Vm,
    scope: Scope,
    change: impl FnOnce(&mut Domain) -> Result<()>,
) -> Result<Option<Domain>> {
    if !scope.config {
        return Ok(None);
    }
    let persistent = vm.view().persistent.clone();
    let persistent =
        persistent.ok_or_else(|| Error::internal("a definition to change went away under its job"))?;
    let mut model = persistent.model.clone();
    number_consoles(&mut model);
    // Whoever would read it again would not have it, either.
    model.devices.check_usb_controllers().map_err(|err| err.or_domain(ErrorDomain::Domain))?;
    change(&mut model)?;
    Ok(Some(model))
}

/// Whoever reads a definition numbers its consoles by their order, whatever they say; so does libvirt, which makes its copy of one
/// that is about to change by reading it.
fn number_consoles(model: &mut Domain) {
    for (port, console) in (0..).zip(&mut model.devices.consoles) {
        console.target.port = Some(port);
    }
}

/// Keeps a changed definition, and says so.
fn keep(shared: &Shared, vm: &Vm, changed: Option<Domain>) -> Result<()> {
    let Some(model) = changed else { return Ok(()) };
    shared.keep_definition(vm, model)?;
    let kind = DomainEventKind::Lifecycle {
        event: abi::VIR_DOMAIN_EVENT_DEFINED as i32,
        detail: abi::VIR_DOMAIN_EVENT_DEFINED_UPDATED as i32,
    };
    shared.events.publish(Event::Domain(DomainEvent { domain: vm.id(), kind }));
    Ok(())
}
