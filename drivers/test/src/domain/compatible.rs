//! Whether a device that comes alone goes with the guest that it is for, be it one that can be plugged in or not.

use super::hotplug::Plug;
use ferrovirt_conf::domain::{
    ControllerModel, ControllerType, Devices, DiskBus, Domain, HostDevice, HostSubsystem, InputBus,
    SoundModel, refuse_memory_conflicts,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, RawElement};

/// What a device that this hypervisor does not plug asks of the guest.
pub struct Needs {
    pub usb: bool,
    /// How much memory it adds, in KiB.
    pub memory: Option<u64>,
}

/// Reads a device that this hypervisor does not plug, to find what is wrong with the device itself.
pub fn check_other(node: &Node<'_>, model: &Domain) -> Result<Needs> {
    let text = format!("<devices>{}</devices>", RawElement::from_node(node).to_xml());
    let mut devices: Devices = Document::parse(&text, "device_definition")?.read()?;
    let context = model.context();
    devices.strip_live();
    devices.fill_defaults(&context);
    devices.all().into_iter().try_for_each(|device| model.validate_device(device))?;
    check_conflicts(&devices, model)?;
    let memory = (!devices.memories.is_empty()).then(|| devices.memory());
    Ok(Needs { usb: is_usb(&devices), memory })
}

/// A device must not take what one of the guest's has already.
fn check_conflicts(devices: &Devices, model: &Domain) -> Result<()> {
    refuse_memory_conflicts(&[&model.devices.memories[..], &devices.memories[..]].concat())?;
    let taken = |id| model.devices.audios.iter().any(|audio| audio.id == id);
    match devices.audios.iter().find(|audio| taken(audio.id)) {
        Some(audio) => Err(Error::xml(format!("the domain has an <audio id='{}'> already", audio.id))),
        None => Ok(()),
    }
}

/// Refuses memory that the guest has no room for.
pub fn check_memory(device: &Plug, model: &Domain) -> Result<()> {
    let Plug::Other { needs: Needs { memory: Some(added), .. }, .. } = device else { return Ok(()) };
    let refuse = |text: String| Err(Error::config_unsupported(text).domain(ErrorDomain::Domain));
    let Some(most) = model.max_memory.map(|max| max.size.0) else {
        return refuse("a domain without <maxMemory> takes no memory devices".to_owned());
    };
    if model.memory.size.0.saturating_add(*added) > most {
        return refuse(format!(
            "with {added} KiB more the domain has more than its <maxMemory> of {most} KiB"
        ));
    }
    Ok(())
}

/// Refuses a USB device where there is no controller for it.
pub fn check_usb(device: &Plug, model: &Domain) -> Result<()> {
    let on_usb = match device {
        Plug::Disk(disk) => disk.target.bus == Some(DiskBus::Usb),
        Plug::Hostdev(hostdev) => {
            matches!(hostdev.device, HostDevice::Subsystem(HostSubsystem::Usb { .. }))
        }
        Plug::Interface(_) => false,
        Plug::Other { needs, .. } => needs.usb,
    };
    if on_usb && !has_usb(model) {
        let text = "the device is on USB, and the domain has no USB controller";
        return Err(Error::config_unsupported(text).domain(ErrorDomain::Domain));
    }
    Ok(())
}

fn is_usb(devices: &Devices) -> bool {
    devices.controllers.iter().any(|controller| controller.kind == ControllerType::Ccid)
        || devices.inputs.iter().any(|input| input.bus == Some(InputBus::Usb))
        || devices.sounds.iter().any(|sound| sound.model == SoundModel::Usb)
        || !devices.hubs.is_empty()
        || !devices.redirdevs.is_empty()
}

fn has_usb(model: &Domain) -> bool {
    let mut controllers = model.devices.controllers.iter();
    controllers.any(|one| one.kind == ControllerType::Usb && one.model != Some(ControllerModel::None))
}
