//! What a device claims for itself that others may have, or that the guest may lack.

use super::device::Device;
use ferrovirt_conf::domain::{
    Address, ControllerModel, ControllerType, DeviceInfo, DiskBus, Domain, HostSubsystem, InputBus,
    RedirdevBus,
};
use ferrovirt_core::{Error, Result};

/// Refuses a device that claims what another has: a user's alias, a place in the boot order; or one that the guest has
/// no room for. `old` is the device that it takes the place of.
pub fn check(model: &Domain, device: &Device, old: Option<&DeviceInfo>) -> Result<()> {
    let info = device.info();
    if let Some(info) = info {
        check_alias(model, info, old)?;
    }
    check_usb(model, device)?;
    if let Some(info) = info {
        check_boot_order(model, info, old)?;
    }
    match device {
        Device::Memory(memory) => check_memory(model, if old.is_none() { memory.size().0 } else { 0 }),
        _ => Ok(()),
    }
}

/// The same for what all devices have.
pub fn check_info(model: &Domain, info: &DeviceInfo, old: Option<&DeviceInfo>) -> Result<()> {
    check_alias(model, info, old)?;
    check_boot_order(model, info, old)
}

fn others<'a>(model: &'a Domain, old: Option<&'a DeviceInfo>) -> impl Iterator<Item = &'a DeviceInfo> {
    model.devices.infos().into_iter().filter(move |other| !old.is_some_and(|old| std::ptr::eq(*other, old)))
}

fn check_alias(model: &Domain, info: &DeviceInfo, old: Option<&DeviceInfo>) -> Result<()> {
    let Some(alias) = info.alias.as_deref().filter(|alias| alias.starts_with("ua-")) else { return Ok(()) };
    match others(model, old).any(|other| other.alias.as_deref() == Some(alias)) {
        true => {
            Err(Error::config_unsupported(format!("alias '{alias}' is that of another device of the domain")))
        }
        false => Ok(()),
    }
}

fn check_boot_order(model: &Domain, info: &DeviceInfo, old: Option<&DeviceInfo>) -> Result<()> {
    let Some(order) = info.boot_order else { return Ok(()) };
    if !model.os.boot.is_empty() {
        return Err(Error::config_unsupported(
            "<boot order='…'> of a device does not go with <boot> in <os>, which the domain has",
        ));
    }
    match others(model, old).any(|other| other.boot_order == Some(order)) {
        true => Err(Error::config_unsupported(format!(
            "boot order {order} is that of another device of the domain"
        ))),
        false => Ok(()),
    }
}

fn check_usb(model: &Domain, device: &Device) -> Result<()> {
    let mut controllers = model.devices.controllers.iter();
    let has_usb =
        controllers.any(|c| c.kind == ControllerType::Usb && c.model != Some(ControllerModel::None));
    match !has_usb && is_usb(device) {
        true => Err(Error::config_unsupported(format!(
            "the <{}> is on USB, which the domain does not have",
            device.name()
        ))),
        false => Ok(()),
    }
}

fn is_usb(device: &Device) -> bool {
    let by_kind = match device {
        Device::Disk(disk) => disk.target.bus == Some(DiskBus::Usb),
        Device::Input(input) => input.bus == Some(InputBus::Usb),
        Device::Hostdev(hostdev) => matches!(hostdev.subsystem(), Some(HostSubsystem::Usb { .. })),
        Device::Redirdev(redirdev) => redirdev.bus == RedirdevBus::Usb,
        Device::Hub(_) => true,
        _ => false,
    };
    by_kind || device.info().is_some_and(|info| matches!(info.address, Some(Address::Usb(_))))
}

/// `added` is in KiB.
fn check_memory(model: &Domain, added: u64) -> Result<()> {
    let Some(max) = &model.max_memory else {
        return Err(Error::config_unsupported(
            "memory devices need <maxMemory>, which the domain does not have",
        ));
    };
    let (total, most) = (model.memory.size.0.saturating_add(added), max.size.0);
    match total > most {
        true => Err(Error::config_unsupported(format!(
            "with {added} KiB more the domain has {total} KiB, and <maxMemory> allows {most} KiB"
        ))),
        false => Ok(()),
    }
}
