//! Devices of the definition on disk.

use super::device::{Device, check_claims};
use super::find;
use crate::command::Plugged;
use crate::driver::Shared;
use crate::{defaults, validate};
use ferrovirt_conf::domain::{DeviceInfo, Domain, ParseFlags};
use ferrovirt_core::{Error, ErrorCode, Result};

/// Puts a device into a definition.
pub fn attach(shared: &Shared, model: &mut Domain, device: Device) -> Result<()> {
    match &device {
        Device::Other(_) => return Err(unsupported(&device, "persistent attach")),
        Device::Disk(disk) => {
            if let Some(name) =
                disk.name().filter(|name| model.devices.disks.iter().any(|d| d.name() == Some(name)))
            {
                return Err(Error::operation_invalid(format!("the domain has a disk '{name}' already")));
            }
        }
        _ => {}
    }
    if let Some(info) = device.info() {
        check_claims(model, info, None)?;
    }
    device.insert(&mut model.devices);
    complete(shared, model)
}

/// Takes a device out of a definition.
pub fn detach(model: &mut Domain, device: &Device) -> Result<()> {
    if let Device::Other(_) = device {
        return Err(unsupported(device, "persistent detach"));
    }
    let found = find::meant(model, device)?;
    remove(model, found);
    Ok(())
}

/// Takes the device with an alias out of a definition.
pub fn detach_alias(model: &mut Domain, alias: &str) -> Result<()> {
    let found = find::by_alias(model, alias).ok_or_else(|| no_alias(model, alias))?;
    remove(model, found);
    Ok(())
}

/// The error for an alias that no device has, or one that can't be detached.
pub fn no_alias(model: &Domain, alias: &str) -> Error {
    match model.devices.infos().iter().any(|info| info.alias.as_deref() == Some(alias)) {
        true => Error::new(
            ErrorCode::OperationUnsupported,
            format!("detach of the device with alias '{alias}' is not supported"),
        ),
        false => Error::internal(format!("the domain has no device with alias '{alias}'")),
    }
}

/// Puts a device into the place of the one that it describes.
pub fn update(shared: &Shared, model: &mut Domain, device: Device) -> Result<()> {
    match device {
        Device::Interface(_) | Device::Disk(_) => {}
        other => return Err(unsupported(&other, "persistent update")),
    }
    let found = match (find::meant(model, &device), &device) {
        // The peer has another code for a disk here.
        (Err(err), Device::Disk(_)) => return Err(Error::invalid_arg(err.message().to_owned())),
        (found, _) => found?,
    };
    if let Some(info) = device.info() {
        check_claims(model, info, info_at(model, found))?;
    }
    match (found, device) {
        (Plugged::Interface(at), Device::Interface(new)) => model.devices.interfaces[at] = *new,
        (Plugged::Disk(at), Device::Disk(new)) => replace_disk(model, at, *new),
        _ => return Err(Error::internal("a device was taken for one of another kind")),
    }
    complete(shared, model)
}

/// The place of a disk stays; what else the definition has of it is replaced.
fn replace_disk(model: &mut Domain, at: usize, mut new: ferrovirt_conf::domain::Disk) {
    let old = &mut model.devices.disks[at];
    if new.info.address.is_none() && new.target.bus == old.target.bus {
        new.info.address = old.info.address.take();
    }
    *old = new;
}

fn info_at(model: &Domain, which: Plugged) -> Option<&DeviceInfo> {
    let devices = &model.devices;
    match which {
        Plugged::Interface(at) => devices.interfaces.get(at).map(|device| &device.info),
        Plugged::Disk(at) | Plugged::Medium(at) => devices.disks.get(at).map(|device| &device.info),
        Plugged::Rng(at) => devices.rngs.get(at).map(|device| &device.info),
    }
}

/// Takes a device out of a description.
pub fn remove(model: &mut Domain, which: Plugged) {
    let devices = &mut model.devices;
    match which {
        Plugged::Interface(at) => drop(devices.interfaces.remove(at)),
        Plugged::Disk(at) | Plugged::Medium(at) => drop(devices.disks.remove(at)),
        Plugged::Rng(at) => drop(devices.rngs.remove(at)),
    }
}

/// Fills in what the new device leaves out, and refuses what the guest can't have.
fn complete(shared: &Shared, model: &mut Domain) -> Result<()> {
    let emulator = defaults::emulator(model)?;
    let capabilities = shared.capabilities(&emulator)?;
    let flags = ParseFlags { inactive: true, ..ParseFlags::default() };
    defaults::fill_added(model, &capabilities, &shared.paths, flags)?;
    model.validate(flags)?;
    validate::validate_added(model, &capabilities)
}

fn unsupported(device: &Device, what: &str) -> Error {
    device.unsupported(ErrorCode::OperationUnsupported, what)
}
