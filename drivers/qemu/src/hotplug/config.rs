//! Devices of the definition on disk.

use super::claims;
use super::device::{Device, Kind};
use super::find;
use crate::driver::Shared;
use crate::{defaults, validate, volumes};
use ferrovirt_conf::domain::{
    Console, ConsoleTargetType, Context, Controller, ControllerModel, ControllerType, DeviceRef, Disk,
    DiskBus, Domain, HostSubsystem, MemoryDevice, MemoryModel, ParseFlags, WatchdogModel,
};
use ferrovirt_conf::values::{Mac, ScaledSize};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use std::mem::discriminant;

/// Puts a device into a definition.
pub fn attach(shared: &Shared, model: &mut Domain, device: Device) -> Result<()> {
    let device = settle(shared, model, device, true)?;
    claims::check(model, &device, None).map_err(|err| err.or_domain(ErrorDomain::Domain))?;
    if let Device::Disk(disk) = &device {
        volumes::find(&*shared.storage, disk)?;
    }
    refuse_conflict(model, &device).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
    let is_serial = matches!(device, Device::Serial(_));
    if let Device::Memory(memory) = &device {
        add_memory(model, memory);
    }
    device.insert(&mut model.devices);
    // Machines with a serial port have their first one as the first console, too.
    let devices = &mut model.devices;
    if is_serial && devices.serials.len() == 1 && devices.consoles.is_empty() {
        devices.consoles.push(Console::of_serial(&devices.serials[0]));
    }
    complete(shared, model, true)
}

/// Takes a device out of a definition.
pub fn detach(shared: &Shared, model: &mut Domain, device: &Device) -> Result<()> {
    let mac = mac_of(device);
    let mut device = settle(shared, model, device.clone(), false)?;
    set_mac(&mut device, mac);
    detach_settled(model, &device).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
    // What the machine has of its own comes back.
    fill(shared, model, false)
}

/// Takes the device with an alias out of a definition.
pub fn detach_alias(shared: &Shared, model: &mut Domain, alias: &str) -> Result<()> {
    let found = Kind::by_alias(&model.devices, alias).and_then(|(kind, at)| kind.get(&model.devices, at));
    let device = found.ok_or_else(|| no_alias(model, alias))?.to_owned();
    detach(shared, model, &device)
}

/// The error for an alias that no device has, or one that can't be detached.
pub fn no_alias(model: &Domain, alias: &str) -> Error {
    match Kind::by_alias(&model.devices, alias) {
        Some(_) => Error::new(
            ErrorCode::OperationUnsupported,
            format!("detach of the device with alias '{alias}' is not supported"),
        ),
        None => Error::internal(format!("the domain has no device with alias '{alias}'")),
    }
}

/// Puts a device into the place of the one that it describes.
pub fn update(shared: &Shared, model: &mut Domain, device: Device) -> Result<()> {
    let mac = mac_of(&device);
    let device = settle(shared, model, device, true)?;
    let mut wanted = device.clone();
    set_mac(&mut wanted, mac);
    let at = updated(model, &wanted).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
    let old = device.kind().get(&model.devices, at).and_then(DeviceRef::info);
    claims::check(model, &device, old).map_err(|err| err.or_domain(ErrorDomain::Domain))?;
    let devices = &mut model.devices;
    match device {
        Device::Interface(new) => devices.interfaces[at] = *new,
        // Without an address it gets a new one, as any disk does.
        Device::Disk(new) => devices.disks[at] = *new,
        Device::Graphics(new) => devices.graphics[at] = *new,
        Device::Memory(new) => devices.memories[at] = *new,
        other => return Err(unsupported(&other, "update")),
    }
    complete(shared, model, false)
}

/// Refuses what libvirt refuses as it reads a device, and not when it asks whether the guest can have it.
fn contradicts_itself(device: &Device, context: &Context) -> Result<()> {
    let checked = device.as_ref().validate(context).map_err(|err| err.or_domain(ErrorDomain::Domain));
    match device {
        Device::Graphics(_) | Device::Shmem(_) => checked,
        Device::Hostdev(hostdev) if matches!(hostdev.subsystem(), Some(HostSubsystem::Mdev { .. })) => {
            checked
        }
        Device::Filesystem(_) => checked.or_else(|err| match err.code() {
            ErrorCode::NoSource => Err(err),
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

/// The device as it would be in the guest: with what is filled in, and found possible there, where that is asked for.
fn settle(shared: &Shared, model: &Domain, mut device: Device, checked: bool) -> Result<Device> {
    let context = model.context();
    device.fill_defaults(&context);
    number_port(model, &mut device);
    let mut scratch = model.clone();
    let kind = device.kind();
    if let Device::Disk(disk) = &device {
        // One that is to be changed gives way to what it is to be.
        scratch.devices.disks.retain(|other| other.name() != disk.name());
    }
    device.clone().insert(&mut scratch.devices);
    let capabilities = shared.capabilities(&defaults::emulator(&mut scratch)?)?;
    defaults::fill_device(&mut scratch, &capabilities, shared.site(), definition_flags(true))?;
    // Disks and controllers stand among their like in an order of their own, and what is new behind what is like it.
    let settled = match &device {
        Device::Disk(disk) => {
            let name = disk.name().map(str::to_owned);
            scratch.devices.disks.iter().rposition(|other| other.name() == name.as_deref())
        }
        Device::Controller(controller) => {
            let same = |other: &Controller| (other.kind, other.index) == (controller.kind, controller.index);
            scratch.devices.controllers.iter().rposition(same)
        }
        _ => kind.count(&scratch.devices).checked_sub(1),
    };
    let settled = settled.and_then(|at| kind.get(&scratch.devices, at));
    let device = settled.map_or(device, DeviceRef::to_owned);
    if checked {
        validate::validate_device(model, device.as_ref(), &capabilities, &shared.settings)?;
        refuse_audio(model, &device)?;
    } else {
        contradicts_itself(&device, &context)?;
    }
    Ok(device)
}

/// What an interface is told apart by, where it was said.
fn mac_of(device: &Device) -> Option<Mac> {
    match device {
        Device::Interface(interface) => interface.mac_address().filter(|mac| *mac != Mac([0; 6])),
        _ => None,
    }
}

/// An interface is not looked for by an address that was made up for it.
fn set_mac(device: &mut Device, mac: Option<Mac>) {
    if let Device::Interface(interface) = device {
        interface.mac.address = mac;
    }
}

/// Ports that are not numbered come behind those that are there.
fn number_port(model: &Domain, device: &mut Device) {
    let devices = &model.devices;
    let next = |ports: Vec<Option<u32>>| ports.into_iter().flatten().max().map_or(0, |last| last + 1);
    match device {
        Device::Serial(serial) => {
            serial.port.get_or_insert_with(|| next(devices.serials.iter().map(|other| other.port).collect()));
        }
        Device::Parallel(parallel) => {
            let taken = || next(devices.parallels.iter().map(|other| other.port).collect());
            parallel.port.get_or_insert_with(taken);
        }
        Device::Console(console) => {
            let taken = || next(devices.consoles.iter().map(|other| other.target.port).collect());
            console.target.port.get_or_insert_with(taken);
        }
        Device::Controller(controller) => {
            let like = devices.controllers.iter().filter(|other| other.kind == controller.kind);
            controller.index.get_or_insert_with(|| next(like.map(|other| other.index).collect()));
        }
        _ => {}
    }
}

/// An audio backend's number is its own.
fn refuse_audio(model: &Domain, device: &Device) -> Result<()> {
    match device {
        Device::Audio(audio) if model.devices.audios.iter().any(|other| other.id == audio.id) => {
            Err(Error::xml(format!("the domain has an <audio> with id='{}' already", audio.id))
                .domain(ErrorDomain::Domain))
        }
        _ => Ok(()),
    }
}

/// Refuses a device that the definition has already, or that can't be added to one.
fn refuse_conflict(model: &Domain, device: &Device) -> Result<()> {
    let devices = &model.devices;
    let taken = |what: String| Err(Error::operation_invalid(format!("the domain has {what} already")));
    match device {
        Device::Disk(disk) => refuse_disk(model, disk),
        Device::Controller(controller)
            if controller.index.is_some() && find::place(model, device).is_ok() =>
        {
            let index = controller.index.unwrap_or_default();
            taken(format!("a controller type='{}' index='{index}'", controller.kind))
        }
        Device::Console(console) if console.target.kind == ConsoleTargetType::Serial => {
            Err(unsupported(device, "attach"))
        }
        Device::Rng(rng) => match &rng.info.address {
            Some(place) if devices.infos().iter().any(|info| info.address.as_ref() == Some(place)) => {
                Err(Error::config_unsupported("the address of the <rng> is that of another device"))
            }
            _ => Ok(()),
        },
        Device::Memory(memory) => refuse_slot(model, memory),
        Device::Watchdog(watchdog) => {
            let is_like = |other: &ferrovirt_conf::domain::Watchdog| other.model == watchdog.model;
            let alone = watchdog.model != WatchdogModel::I6300esb;
            match find::place(model, device).is_ok() || (alone && devices.watchdogs.iter().any(is_like)) {
                true => taken(format!("a <watchdog> of model '{}'", watchdog.model)),
                false => Ok(()),
            }
        }
        Device::Vsock(_) if devices.vsock.is_some() => taken("a <vsock>".into()),
        Device::Iommu(_) if devices.iommu.is_some() => taken("an <iommu>".into()),
        Device::Hostdev(_)
        | Device::Lease(_)
        | Device::Channel(_)
        | Device::Console(_)
        | Device::Serial(_)
        | Device::Parallel(_)
        | Device::Filesystem(_)
        | Device::Shmem(_) => match find::place(model, device) {
            Ok(_) => taken(format!("this <{}>", device.name())),
            Err(_) => Ok(()),
        },
        Device::Interface(_)
        | Device::Sound(_)
        | Device::Controller(_)
        | Device::Redirdev(_)
        | Device::Input(_)
        | Device::Vsock(_)
        | Device::Iommu(_) => Ok(()),
        _ => Err(unsupported(device, "attach")),
    }
}

fn refuse_disk(model: &Domain, disk: &Disk) -> Result<()> {
    let name = disk.name().unwrap_or_default();
    let is_like =
        |other: &Disk| other.name() == Some(name) || (disk.target.bus.is_none() && other.name().is_none());
    if model.devices.disks.iter().any(is_like) {
        return Err(Error::operation_invalid(format!("the domain has a disk '{name}' already")));
    }
    let place = disk.info.address.as_ref().filter(|_| disk.target.bus == Some(DiskBus::Scsi));
    let clash = |place| model.devices.infos().iter().any(|info| info.address.as_ref() == Some(place));
    match place {
        Some(place) if clash(place) => {
            Err(Error::operation_invalid(format!("the address of disk '{name}' is that of another device")))
        }
        _ => Ok(()),
    }
}

/// Modules take slots, of which there are so many.
fn refuse_slot(model: &Domain, memory: &MemoryDevice) -> Result<()> {
    if !matches!(memory.model, MemoryModel::Dimm(_) | MemoryModel::Nvdimm(_)) {
        return Ok(());
    }
    let slots = model.max_memory.as_ref().and_then(|max| max.slots).unwrap_or(0) as usize;
    match model.devices.memories.len() == slots {
        true => Err(Error::config_unsupported(format!("all {slots} slots of <maxMemory> are taken"))),
        false => Ok(()),
    }
}

/// The guest's memory is with what its memory devices have.
fn add_memory(model: &mut Domain, memory: &MemoryDevice) {
    let size = memory.size().0;
    model.memory.size = ScaledSize(model.memory.size.0 + size);
    model.current_memory = ScaledSize(model.current_memory.0 + size);
}

fn take_memory(model: &mut Domain, memory: &MemoryDevice) {
    let size = memory.size().0;
    model.memory.size = ScaledSize(model.memory.size.0.saturating_sub(size));
    model.current_memory = ScaledSize(model.current_memory.0.saturating_sub(size));
}

fn detach_settled(model: &mut Domain, device: &Device) -> Result<()> {
    match device {
        Device::Console(console) if console.target.kind == ConsoleTargetType::Serial => {
            return Err(Error::operation_invalid("the console that is a serial port goes with that port"));
        }
        Device::Audio(_)
        | Device::Crypto(_)
        | Device::Graphics(_)
        | Device::Hub(_)
        | Device::Memballoon(_)
        | Device::Nvram(_)
        | Device::Panic(_)
        | Device::Pstore(_)
        | Device::Smartcard(_)
        | Device::Tpm(_)
        | Device::Video(_) => return Err(unsupported(device, "detach")),
        _ => {}
    }
    let at = find::place(model, device)?;
    if let Device::Memory(memory) = device {
        take_memory(model, memory);
    }
    let mirrored =
        model.devices.consoles.first().is_some_and(|first| first.target.kind == ConsoleTargetType::Serial);
    if matches!(device, Device::Serial(_)) && at == 0 && mirrored {
        model.devices.consoles.remove(0);
    }
    device.kind().remove(&mut model.devices, at);
    Ok(())
}

/// The place of the device that a new description replaces.
fn updated(model: &Domain, device: &Device) -> Result<usize> {
    match device {
        Device::Interface(_) => find::place(model, device),
        // The peer has another code for a disk here.
        Device::Disk(_) => {
            find::place(model, device).map_err(|err| Error::invalid_arg(err.message().to_owned()))
        }
        Device::Graphics(new) => {
            let found = model.devices.graphics.iter().position(|old| discriminant(old) == discriminant(new));
            found.ok_or_else(|| Error::invalid_arg("the domain has no <graphics> of that type"))
        }
        Device::Memory(new) => {
            let is_it = |old: &MemoryDevice| {
                old.info.address == new.info.address
                    && (new.info.alias.is_none() || old.info.alias == new.info.alias)
            };
            let found = model.devices.memories.iter().position(is_it);
            found.ok_or_else(|| Error::invalid_arg("the domain has no <memory> at that address"))
        }
        Device::Controller(new) if lacks_name(new) => Err(Error::internal(format!(
            "PCI controller {} says nothing of its <model name='…'>",
            new.index.unwrap_or_default()
        ))),
        other => Err(unsupported(other, "update")),
    }
}

/// Of PCI controllers only the roots do without the name of a device.
fn lacks_name(controller: &Controller) -> bool {
    let root = matches!(controller.model, Some(ControllerModel::PciRoot | ControllerModel::PcieRoot));
    controller.kind == ControllerType::Pci && controller.pci_model.is_none() && !root
}

/// Fills in what the changed definition lacks, what the machine has of its own included, and refuses what the guest
/// can't have. `new`: it is no more than a definition yet, and may get what newer guests have.
fn complete(shared: &Shared, model: &mut Domain, new: bool) -> Result<()> {
    fill(shared, model, new)?;
    let capabilities = shared.capabilities(&defaults::emulator(model)?)?;
    validate::validate(model, &capabilities, &shared.settings, definition_flags(new))
}

fn fill(shared: &Shared, model: &mut Domain, new: bool) -> Result<()> {
    let capabilities = shared.capabilities(&defaults::emulator(model)?)?;
    defaults::fill(model, &capabilities, shared.site(), definition_flags(new))
}

fn definition_flags(new: bool) -> ParseFlags {
    ParseFlags { inactive: true, abi_update: new, ..ParseFlags::default() }
}

fn unsupported(device: &Device, what: &str) -> Error {
    super::device::unsupported(device, ErrorCode::OperationUnsupported, &format!("persistent {what}"))
}
