//! Disks that are plugged into a running guest, and media that are put into its drives.

use super::claims;
use super::device::Device;
use super::monitor::{self, Plugging};
use super::running::Running;
use crate::command::{self, Plugged, Pretend};
use crate::qmp::{BlockdevCloseTray, BlockdevInsertMedium, BlockdevOpenTray, BlockdevRemoveMedium};
use crate::{launch, volumes};
use ferrovirt_conf::domain::{Disk, DiskBus, DiskDevice, Domain};
use ferrovirt_core::{Error, ErrorCode, Result};

impl Running<'_> {
    pub fn attach_disk(&self, disk: Disk) -> Result<()> {
        let name = disk.name().unwrap_or_default().to_owned();
        let taken = self.model().devices.disks.iter().any(|have| have.name() == Some(&name));
        if taken && is_drive(&disk) {
            // Callers have always put media into drives this way, too.
            return self.change_medium(disk, false);
        }
        if taken {
            return Err(Error::xml(format!("the domain has a disk '{name}' already")));
        }
        check_pluggable(&disk)?;
        check_source(&disk)?;
        let (model, which) = self.with_device(Device::Disk(Box::new(disk)))?;
        self.plug(&model, which, Vec::new(), None)?;
        self.added(&model, which)
    }

    /// Changes a disk: the medium of a drive, and what only we need to know of the others.
    pub fn change_disk(&self, new: Disk, force: bool) -> Result<()> {
        let model = self.model();
        let name = new.name().unwrap_or_default();
        let Some(at) = model.devices.disks.iter().position(|disk| disk.name() == Some(name)) else {
            return Err(Error::internal(format!("the domain has no disk '{name}'")));
        };
        let old = &model.devices.disks[at];
        if let (Some(old), Some(new)) = (&old.info.alias, &new.info.alias)
            && old != new
        {
            return Err(Error::new(ErrorCode::OperationDenied, "the alias of a device can't change"));
        }
        claims::check_info(&model, &new.info, Some(&old.info))?;
        check_same_drive(old, &new)?;
        if same_medium(old, &new) {
            let (policy, snapshot) = (new.source.options.startup_policy, new.snapshot);
            self.redefine(|now| {
                now.devices.disks[at].source.options.startup_policy = policy;
                now.devices.disks[at].snapshot = snapshot;
            });
            return Ok(());
        }
        if !is_drive(old) {
            return Err(Error::config_unsupported(format!(
                "disk '{name}' is no drive: only the medium of a CD-ROM or floppy drive can change"
            )));
        }
        self.change_medium(new, force)
    }

    /// Puts another medium into a drive, or none.
    fn change_medium(&self, new: Disk, force: bool) -> Result<()> {
        check_source(&new)?;
        let model = self.model();
        let at = model.devices.disks.iter().position(|disk| disk.name() == new.name());
        let at = at.ok_or_else(|| Error::internal("a drive went away under its job"))?;
        let mut changed = model.clone();
        exchange(&mut changed, at, new);
        let old_parts = self.medium(&volumes::anywhere(&model), at)?;
        let new_parts = self.medium(&changed, at)?;
        let drive = model.devices.disks[at].info.alias.clone();
        let drive = drive.ok_or_else(|| Error::internal("a drive has no alias"))?;
        let node = new_parts.last().map(|part| part.name().to_owned());
        let monitor = self.live.monitor.clone();
        self.shared.reactor.call(async move {
            let id = || drive.clone();
            monitor::plug(&monitor, Plugging { parts: new_parts.clone(), ..Plugging::default() }).await?;
            let changed = async {
                monitor.execute(&BlockdevOpenTray { id: id(), force: force.then_some(true) }).await?;
                monitor.execute(&BlockdevRemoveMedium { id: id() }).await?;
                if let Some(node_name) = node {
                    monitor.execute(&BlockdevInsertMedium { id: id(), node_name }).await?;
                }
                monitor.execute(&BlockdevCloseTray { id: id() }).await
            };
            match changed.await {
                Ok(_) => {
                    monitor::remove(&monitor, &old_parts).await;
                    Ok(())
                }
                Err(err) => {
                    // Whatever is in the drive by now: the old medium goes back into it.
                    let _ = monitor.execute(&BlockdevRemoveMedium { id: id() }).await;
                    if let Some(old) = old_parts.last() {
                        let old = BlockdevInsertMedium { id: id(), node_name: old.name().to_owned() };
                        let _ = monitor.execute(&old).await;
                    }
                    let _ = monitor.execute(&BlockdevCloseTray { id: id() }).await;
                    monitor::remove(&monitor, &new_parts).await;
                    Err(err.into())
                }
            }
        })?;
        let disk = changed.devices.disks.swap_remove(at);
        self.redefine(|now| now.devices.disks[at] = disk);
        Ok(())
    }

    /// The nodes of a drive's medium; none where it is empty.
    fn medium(&self, model: &Domain, at: usize) -> Result<Vec<command::Part>> {
        let model = &volumes::resolved(&*self.shared.storage, model)?;
        let which = Plugged::Medium(at);
        launch::parts(self.shared.site(), model, &self.capabilities, which, &mut Pretend::default())
    }
}

fn is_drive(disk: &Disk) -> bool {
    matches!(disk.device, DiskDevice::Cdrom | DiskDevice::Floppy)
}

/// Gives a drive another medium; its images get numbers that no other image has.
fn exchange(model: &mut Domain, at: usize, new: Disk) {
    let drive = &mut model.devices.disks[at];
    let format = new.driver.as_ref().and_then(|driver| driver.format);
    drive.backing = new.backing;
    let old = std::mem::replace(&mut drive.source, new.source);
    if let Some(driver) = &mut drive.driver
        && format.is_some()
    {
        driver.format = format;
    }
    let last = command::highest_index(model).max(old.options.index);
    let source = &mut model.devices.disks[at].source;
    source.options.index = if source.is_empty() { 0 } else { last + 1 };
    command::number_images(model);
}

fn same_medium(old: &Disk, new: &Disk) -> bool {
    let both_empty = old.source.is_empty() && new.source.is_empty();
    both_empty || old.source.location == new.source.location
}

/// Refuses what can't change in a disk; what is not said stays.
fn check_same_drive(old: &Disk, new: &Disk) -> Result<()> {
    let said = |what: &str, same: bool| match same {
        true => Ok(()),
        false => Err(Error::new(
            ErrorCode::OperationUnsupported,
            format!(
                "'{what}' of disk '{}' can't change while the guest runs",
                old.name().unwrap_or_default()
            ),
        )),
    };
    let bus = |disk: &Disk| disk.target.bus.unwrap_or_else(|| DiskBus::guess(disk.device, disk.name()));
    said("device", old.device == new.device)?;
    said("bus", bus(old) == bus(new))?;
    said("serial", new.serial.is_none() || new.serial == old.serial)?;
    said("wwn", new.wwn.is_none() || new.wwn == old.wwn)?;
    said("vendor", new.vendor.is_none() || new.vendor == old.vendor)?;
    said("product", new.product.is_none() || new.product == old.product)?;
    said("blockio", new.blockio == old.blockio)?;
    said("address", new.info.address.is_none() || new.info.address == old.info.address)?;
    said("boot order", new.info.boot_order.is_none() || new.info.boot_order == old.info.boot_order)
}

/// Refuses disks that no guest takes while it runs.
fn check_pluggable(disk: &Disk) -> Result<()> {
    let unsupported = |text: String| Err(Error::new(ErrorCode::OperationUnsupported, text));
    if disk.device == DiskDevice::Floppy {
        return unsupported("a floppy drive can't be plugged into a running guest".into());
    }
    let bus = disk.target.bus.unwrap_or_else(|| DiskBus::guess(disk.device, disk.name()));
    match bus {
        DiskBus::Virtio if disk.device == DiskDevice::Cdrom => {
            unsupported("virtio has no CD-ROM drives; 'scsi' has".into())
        }
        DiskBus::Virtio | DiskBus::Scsi | DiskBus::Usb => Ok(()),
        other => unsupported(format!("a disk on bus '{other}' can't be plugged into a running guest")),
    }
}

/// Refuses disks that no guest lets go of while it runs.
pub fn check_removable(disk: &Disk) -> Result<()> {
    let bus = disk.target.bus.unwrap_or_else(|| DiskBus::guess(disk.device, disk.name()));
    let can = match disk.device {
        DiskDevice::Disk | DiskDevice::Lun => matches!(bus, DiskBus::Virtio | DiskBus::Usb | DiskBus::Scsi),
        DiskDevice::Cdrom => matches!(bus, DiskBus::Usb | DiskBus::Scsi),
        DiskDevice::Floppy => false,
    };
    match can {
        true => Ok(()),
        false => Err(Error::new(
            ErrorCode::OperationUnsupported,
            format!(
                "a disk of kind '{}' on bus '{bus}' can't be unplugged from a running guest",
                disk.device
            ),
        )),
    }
}

/// Refuses images that are not there, with a better sentence than QEMU's.
fn check_source(disk: &Disk) -> Result<()> {
    let local = disk.source.location.is_local().then(|| disk.source.path()).flatten();
    match local.map(|path| (path, std::fs::metadata(path))) {
        Some((path, Err(cause))) if cause.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::system(cause, format!("the disk's image '{path}' can't be used")))
        }
        _ => Ok(()),
    }
}
