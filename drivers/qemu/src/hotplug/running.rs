//! A running guest whose devices change.

use super::claims;
use super::device::Device;
use super::monitor::{self, Plugging};
use crate::capabilities::Capabilities;
use crate::command::{self, Descriptors, Passed, Plugged};
use crate::driver::Shared;
use crate::live::Live;
use crate::vm::{Definition, Vm};
use crate::{aliases, defaults, launch, status, validate, volumes};
use ferrovirt_conf::domain::{ControllerType, DeviceRef, Domain, ParseFlags};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainEvent, DomainEventKind, Error, ErrorCode, Event, Result};
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// A running guest, and what it takes to change it.
pub struct Running<'a> {
    pub shared: &'a Arc<Shared>,
    pub vm: &'a Arc<Vm>,
    pub live: Arc<Live>,
    pub capabilities: Arc<Capabilities>,
}

impl<'a> Running<'a> {
    pub fn new(shared: &'a Arc<Shared>, vm: &'a Arc<Vm>) -> Result<Self> {
        Self::of(shared, vm, vm.live()?)
    }

    pub fn of(shared: &'a Arc<Shared>, vm: &'a Arc<Vm>, live: Arc<Live>) -> Result<Self> {
        let capabilities = shared.capabilities(&defaults::emulator(&mut live.definition().model.clone())?)?;
        Ok(Self { shared, vm, live, capabilities })
    }

    /// The guest as it runs now.
    pub fn model(&self) -> Domain {
        self.live.definition().model.clone()
    }

    /// Adds a device to the guest.
    pub fn attach(&self, device: Device) -> Result<()> {
        match device {
            Device::Interface(interface) => self.attach_interface(*interface),
            Device::Disk(disk) => self.attach_disk(*disk),
            Device::Rng(_) => {
                let (model, which) = self.with_device(device)?;
                self.plug(&model, which, Vec::new(), None)?;
                self.added(&model, which)
            }
            other => Err(super::device::unsupported(&other, ErrorCode::OperationUnsupported, "live attach")),
        }
    }

    /// The guest with a device more that is complete, and the device's place. Nothing has happened to the guest yet.
    pub fn with_device(&self, device: Device) -> Result<(Domain, Plugged)> {
        let mut model = self.model();
        claims::check(&model, &device, None)?;
        let controllers = model.devices.controllers.clone();
        let name = match &device {
            Device::Disk(disk) => disk.name().map(str::to_owned),
            _ => None,
        };
        device.clone().insert(&mut model.devices);
        defaults::fill_added(&mut model, &self.capabilities, self.shared.site(), ParseFlags::default())?;
        let new = model.devices.controllers.iter().find(|controller| {
            !controllers.iter().any(|old| (old.kind, old.index) == (controller.kind, controller.index))
        });
        match new.map(|controller| controller.kind) {
            None => {}
            Some(ControllerType::Pci) => {
                return Err(Error::internal(format!(
                    "domain '{}' has no free PCI slot: a controller that has one must be added to its definition, and \
                     the domain started anew",
                    self.vm.name()
                )));
            }
            Some(kind) => {
                return Err(Error::new(
                    ErrorCode::OperationUnsupported,
                    format!(
                        "the device needs a '{kind}' controller that domain '{}' does not have",
                        self.vm.name()
                    ),
                ));
            }
        }
        aliases::assign(&mut model);
        command::number_images(&mut model);
        let which = match &device {
            Device::Interface(_) => Plugged::Interface(model.devices.interfaces.len() - 1),
            Device::Rng(_) => Plugged::Rng(model.devices.rngs.len() - 1),
            Device::Disk(_) => {
                let at = model.devices.disks.iter().position(|disk| disk.name() == name.as_deref());
                Plugged::Disk(at.ok_or_else(|| Error::internal("a disk that was added is not there"))?)
            }
            other => {
                return Err(super::device::unsupported(
                    other,
                    ErrorCode::OperationUnsupported,
                    "live attach",
                ));
            }
        };
        let device = device_at(&model, which);
        validate::validate_device(&model, device, &self.capabilities, &self.shared.settings)?;
        Ok((model, which))
    }

    /// Adds all parts of a device to QEMU, or none.
    pub fn plug(
        &self,
        model: &Domain,
        which: Plugged,
        taps: Vec<OwnedFd>,
        link_down: Option<String>,
    ) -> Result<()> {
        let model = &volumes::resolved(&*self.shared.storage, model)?;
        let alias = device_at(model, which).info().and_then(|info| info.alias.clone()).unwrap_or_default();
        let names: Vec<_> = (0..taps.len()).map(|queue| format!("fd-{alias}-{queue}")).collect();
        let parts = launch::parts(
            self.shared.site(),
            model,
            &self.capabilities,
            which,
            &mut ByName { names: names.clone() },
        )?;
        let plugging = Plugging { descriptors: names.into_iter().zip(taps).collect(), parts, link_down };
        let monitor = self.live.monitor.clone();
        self.shared.reactor.call(async move { Ok(monitor::plug(&monitor, plugging).await?) })
    }

    /// A device has been added: it is in the description from now on, and everybody is told.
    pub fn added(&self, model: &Domain, which: Plugged) -> Result<()> {
        let device = device_at(model, which);
        let alias = device.info().and_then(|info| info.alias.clone()).unwrap_or_default();
        self.redefine(|now| device.to_owned().insert(&mut now.devices));
        self.publish(DomainEventKind::DeviceAdded { alias });
        Ok(())
    }

    /// Changes the description of the guest and keeps it.
    pub fn redefine(&self, change: impl FnOnce(&mut Domain)) {
        let mut model = self.model();
        change(&mut model);
        self.live.redefine(Definition::new(model));
        // The guest has changed whatever becomes of the file; the next change writes it again.
        if let Err(err) = status::save(self.shared, self.vm) {
            tracing::error!(domain = %self.vm.name(), %err, "the guest's status can't be kept");
        }
    }

    pub fn publish(&self, kind: DomainEventKind) {
        self.shared.events.publish(Event::Domain(DomainEvent { domain: self.vm.id(), kind }));
    }
}

/// A device of the guest by its place.
pub fn device_at(model: &Domain, which: Plugged) -> DeviceRef<'_> {
    let devices = &model.devices;
    match which {
        Plugged::Interface(at) => DeviceRef::Interface(&devices.interfaces[at]),
        Plugged::Disk(at) | Plugged::Medium(at) => DeviceRef::Disk(&devices.disks[at]),
        Plugged::Rng(at) => DeviceRef::Rng(&devices.rngs[at]),
    }
}

/// Descriptors that QEMU knows by names.
struct ByName {
    names: Vec<String>,
}

impl Descriptors for ByName {
    fn pass(&mut self, what: Passed) -> Result<String> {
        match &what {
            Passed::Tap { queue, .. } => self.names.get(*queue).cloned(),
            _ => None,
        }
        .ok_or_else(|| {
            Error::config_unsupported(format!(
                "a device that needs {what:?} can't be plugged into a running guest yet"
            ))
        })
    }

    fn queues(&self, _interface: usize) -> (usize, usize) {
        (self.names.len(), 0)
    }
}
