//! Whether a device that comes alone goes with the guest that it is for, be it one that can be plugged in or not.

use super::hotplug::Plug;
use ferrovirt_conf::domain::{
    ControllerModel, ControllerType, Devices, DiskBus, Domain, HostDevice, HostSubsystem, InputBus,
    SoundModel,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, RawElement};

/// Reads a device that this hypervisor does not plug, to find what is wrong with the device itself. Whether it is on
/// USB comes back.
pub fn check_other(node: &Node<'_>, model: &Domain) -> Result<bool> {
    let text = format!("<devices>{}</devices>", RawElement::from_node(node).to_xml());
    let mut devices: Devices = Document::parse(&text, "device_definition")?.read()?;
    let context = model.context();
    devices.strip_live();
    devices.fill_defaults(&context);
    devices.all().into_iter().try_for_each(|device| model.validate_device(device))?;
    Ok(is_usb(&devices))
}

/// Refuses a USB device where there is no controller for it.
pub fn check_usb(device: &Plug, model: &Domain) -> Result<()> {
    let on_usb = match device {
        Plug::Disk(disk) => disk.target.bus == Some(DiskBus::Usb),
        Plug::Hostdev(hostdev) => {
            matches!(hostdev.device, HostDevice::Subsystem(HostSubsystem::Usb { .. }))
        }
        Plug::Interface(_) => false,
        Plug::Other { on_usb, .. } => *on_usb,
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
