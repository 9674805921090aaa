//! Taking a device out of a running guest: the guest is asked, and when it has let go, the rest is cleared away.

use super::monitor;
use super::removals::Answer;
use super::running::{Running, device_at};
use super::{disk, find};
use crate::command::{Part, Plugged, Pretend};
use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::{DeviceDel, QmpError};
use crate::vm::Vm;
use crate::{launch, volumes};
use ferrovirt_conf::domain::{Address, ControllerType, DeviceInfo, Domain};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainEventKind, Error, ErrorCode, Result};
use ferrovirt_xml::OnOff;
use std::sync::Arc;
use std::time::Duration;

/// How long a guest may take to let go of a device before the caller is sent away with an open end, as in the peer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same for pSeries, whose firmware takes longer.
const PATIENCE_PPC64: Duration = Duration::from_secs(10);

impl Running<'_> {
    /// Asks the guest to let go of a device. With `wait`, success means that it has, or has not answered yet.
    pub fn detach(&self, which: Plugged, wait: bool) -> Result<()> {
        let model = self.model();
        let device = device_at(&model, which);
        if let Plugged::Disk(at) = which {
            disk::check_removable(&model.devices.disks[at])?;
        }
        let info = device.info().ok_or_else(|| Error::internal("a device without alias and address"))?;
        let alias = info.alias.clone();
        let alias = alias.ok_or_else(|| Error::internal(format!("the {} has no alias", device.name())))?;
        check_slot(&model, device.name(), info)?;
        let expected = wait.then(|| self.live.removals.expect(&alias));
        let outcome = self.request(&alias)?;
        match (outcome, expected) {
            (Err(err), _) if err.is_device_not_found() => self.released(&alias),
            (Err(err), expected) => match expected.and_then(|expected| expected.wait(Duration::ZERO)) {
                Some(Answer::Released) => self.released(&alias),
                _ => Err(err.into()),
            },
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(expected)) => match expected.wait(patience(&model)) {
                Some(Answer::Released) => self.released(&alias),
                Some(Answer::Refused) => Err(Error::operation_failed(format!(
                    "the guest of domain '{}' refused to let go of device '{alias}'",
                    self.vm.name()
                ))),
                None => {
                    tracing::info!(domain = %self.vm.name(), alias, "the guest has not let go of the device yet");
                    Ok(())
                }
            },
        }
    }

    fn request(&self, alias: &str) -> Result<Result<(), QmpError>> {
        let monitor = self.live.monitor.clone();
        let command = DeviceDel { id: alias.to_owned() };
        self.shared.reactor.call(async move { Ok(monitor.execute(&command).await.map(drop)) })
    }

    /// The guest has let go of a device: what it had in QEMU and on the host goes, and then its description.
    pub fn released(&self, alias: &str) -> Result<()> {
        let model = self.model();
        let Some(which) = find::by_alias(&model, alias) else {
            if model.devices.infos().iter().any(|info| info.alias.as_deref() == Some(alias)) {
                self.publish(DomainEventKind::DeviceRemoved { alias: alias.to_owned() });
            }
            return Ok(());
        };
        let parts = self.backing(&model, which);
        let monitor = self.live.monitor.clone();
        self.shared.reactor.call(async move {
            monitor::remove(&monitor, &parts).await;
            Ok(())
        })?;
        if let Plugged::Interface(at) = which
            && let Some(tap) = &model.devices.interfaces[at].target.dev
        {
            self.live.plugs.release_one(self.shared, tap);
        }
        self.redefine(|now| {
            if let Some(which) = find::by_alias(now, alias) {
                find::remove(now, which);
            }
        });
        self.publish(DomainEventKind::DeviceRemoved { alias: alias.to_owned() });
        Ok(())
    }

    /// What is left of a device in QEMU without the device.
    fn backing(&self, model: &Domain, which: Plugged) -> Vec<Part> {
        let model = &volumes::anywhere(model);
        let which = match which {
            Plugged::Disk(at) => Plugged::Medium(at),
            other => other,
        };
        // Only the names count, so descriptors may be anything.
        let parts =
            launch::parts(self.shared.site(), model, &self.capabilities, which, &mut Pretend::default());
        let parts = parts.unwrap_or_else(|err| {
            tracing::warn!(domain = %self.vm.name(), %err, "the parts of a device can't be told; they stay in QEMU");
            Vec::new()
        });
        parts.into_iter().filter(|part| !matches!(part, Part::Device(_))).collect()
    }
}

fn patience(model: &Domain) -> Duration {
    use ferrovirt_conf::cpu::Arch;
    match model.os.arch {
        Some(Arch::Ppc64 | Arch::Ppc64le) => PATIENCE_PPC64,
        _ => PATIENCE,
    }
}

/// Refuses devices whose slot can't be emptied.
fn check_slot(model: &Domain, kind: &str, info: &DeviceInfo) -> Result<()> {
    let Some(Address::Pci(place)) = &info.address else { return Ok(()) };
    let wrong = |why: &str| {
        Err(Error::new(
            ErrorCode::OperationFailed,
            format!(
                "the {kind} at PCI address {:04x}:{:02x}:{:02x}.{} can't be unplugged: {why}",
                place.domain.0, place.bus.0, place.slot.0, place.function.0
            ),
        ))
    };
    let slot = |place: &ferrovirt_conf::domain::PciAddress| (place.domain, place.bus, place.slot);
    let infos = model.devices.infos();
    let mut others = infos.iter().filter_map(|other| other.pci());
    if others.any(|other| slot(other) == slot(place) && other.function != place.function) {
        return wrong("its slot has other functions");
    }
    let mut controllers = model.devices.controllers.iter();
    let bus = u32::from(place.bus.0);
    match controllers.find(|c| c.kind == ControllerType::Pci && c.index == Some(bus)) {
        None => wrong("its controller was not found"),
        Some(controller) if controller.target.hotplug == Some(OnOff::Off) => {
            wrong("its controller does not allow that")
        }
        Some(_) => Ok(()),
    }
}

/// Clears away after a device that the guest let go of when nobody was waiting for that any more. This takes the guest's
/// job, so it does not happen on the reactor's thread.
pub fn finish_later(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, alias: String) {
    let (shared, vm, live) = (shared.clone(), vm.clone(), live.clone());
    let work = move || {
        let is_current = || vm.view().live.as_ref().is_some_and(|now| Arc::ptr_eq(now, &live));
        while is_current() {
            let _job = match vm.job.begin("device removal") {
                Ok(job) => job,
                Err(err) => {
                    tracing::warn!(domain = %vm.name(), alias, %err, "a removed device still waits to be cleared away");
                    continue;
                }
            };
            if !is_current() {
                return;
            }
            let done = Running::of(&shared, &vm, live.clone()).and_then(|running| running.released(&alias));
            if let Err(err) = done {
                tracing::error!(domain = %vm.name(), alias, %err, "a removed device can't be cleared away");
            }
            return;
        }
    };
    // The handle is the runtime's own: dropping it lets the work go on.
    drop(tokio::task::spawn_blocking(work));
}
