//! USB addresses for all devices of a guest, and the hubs that it takes to have ports for them.

use ferrovirt_conf::domain::{
    Address, Controller, ControllerModel, ControllerType, DeviceInfo, Devices, Disk, DiskBus, Domain, Input,
    InputBus, Serial, SerialTargetType, Sound, SoundModel, UsbAddress,
};
use ferrovirt_core::{Error, Result};

use super::usb_ports::{UsbPorts, controller_ports};

/// A device that may be on USB.
trait OnUsb {
    fn is_usb(&self) -> bool;
    fn info(&mut self) -> &mut DeviceInfo;
}

macro_rules! on_usb {
    ($($device:ty: |$self:ident| $is_usb:expr;)*) => {$(
        impl OnUsb for $device {
            fn is_usb(&self) -> bool {
                let $self = self;
                $is_usb
            }

            fn info(&mut self) -> &mut DeviceInfo {
                &mut self.info
            }
        }
    )*};
}

on_usb! {
    Disk: |disk| disk.target.bus == Some(DiskBus::Usb);
    Sound: |sound| sound.model == SoundModel::Usb;
    Controller: |controller| controller.kind == ControllerType::Ccid;
    Serial: |serial| serial.target_type == SerialTargetType::UsbSerial;
    Input: |input| input.bus == Some(InputBus::Usb);
}

/// Every USB device but hubs, in the order in which they get ports.
fn for_each(devices: &mut Devices, mut body: impl FnMut(&mut DeviceInfo) -> Result<()>) -> Result<()> {
    let mut visit = |device: &mut dyn OnUsb| if device.is_usb() { body(device.info()) } else { Ok(()) };
    devices.disks.iter_mut().try_for_each(|device| visit(device))?;
    devices.sounds.iter_mut().try_for_each(|device| visit(device))?;
    devices.controllers.iter_mut().try_for_each(|device| visit(device))?;
    devices.serials.iter_mut().try_for_each(|device| visit(device))?;
    devices.inputs.iter_mut().try_for_each(|device| visit(device))
}

/// The port that a device has.
fn present(info: &DeviceInfo) -> Option<&UsbAddress> {
    match &info.address {
        Some(Address::Usb(address)) if address.port.is_some() => Some(address),
        _ => None,
    }
}

/// Whether guests have USB: all but those whose first controller says that there is none.
fn has_usb(devices: &Devices) -> bool {
    devices
        .controllers
        .iter()
        .any(|c| c.kind == ControllerType::Usb && c.model != Some(ControllerModel::None))
}

/// Gives every USB device its port. For guests that are not new, only if no device lacks one: their ports are what QEMU
/// made them.
pub fn assign(model: &mut Domain, is_new: bool) -> Result<()> {
    let (mut count, mut lacking) = (0, false);
    for_each(&mut model.devices, |info| {
        count += 1;
        lacking |= present(info).is_none();
        Ok(())
    })?;
    if lacking && !is_new {
        return Ok(());
    }
    if count > 0 && !has_usb(&model.devices) {
        return Err(Error::config_unsupported(
            "there are USB devices, but USB is switched off: take out model='none'",
        ));
    }
    let mut ports = UsbPorts::default();
    for controller in model.devices.controllers.iter().filter(|c| c.kind == ControllerType::Usb) {
        ports.add_controller(controller.index.unwrap_or(0), controller_ports(controller))?;
    }
    for_each(&mut model.devices, |info| present(info).map_or(Ok(()), |address| ports.reserve(address)))?;
    for_each(&mut model.devices, |info| {
        let bus = match &info.address {
            None => None,
            Some(Address::Usb(address)) if address.port.is_none() => Some(address.bus),
            Some(_) => return Ok(()),
        };
        info.address = Some(Address::Usb(ports.place(bus)?));
        Ok(())
    })
}
