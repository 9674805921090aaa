//! USB addresses for all devices of a guest, and the hubs that it takes to have ports for them.

use ferrovirt_conf::domain::{
    Address, Connection, Controller, ControllerModel, ControllerType, DeviceInfo, Devices, Disk, DiskBus,
    Domain, Filesystem, FilesystemDriverType, HostSubsystem, Hostdev, HostdevPortAddress, Hub, HubType,
    Input, InputBus, Interface, Redirdev, RedirdevBus, Serial, SerialTargetType, Sound, SoundModel,
    UsbAddress,
};
use ferrovirt_core::{Error, ErrorDomain, Result};

use super::usb_ports::{HUB_PORTS, UsbPorts, controller_ports};

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
    Interface: |interface| match &interface.connection {
        Connection::Hostdev(port) => matches!(port.source.address, Some(HostdevPortAddress::Usb { .. })),
        _ => interface.model.as_deref() == Some("usb-net"),
    };
    Hostdev: |hostdev| matches!(hostdev.subsystem(), Some(HostSubsystem::Usb { .. }));
    Filesystem: |fs| fs.driver.kind == FilesystemDriverType::Mtp;
    Redirdev: |redirdev| redirdev.bus == RedirdevBus::Usb;
}

/// Every USB device but hubs, in the order in which they get ports.
fn for_each(devices: &mut Devices, mut body: impl FnMut(&mut DeviceInfo) -> Result<()>) -> Result<()> {
    macro_rules! visit {
        ($($list:ident)*) => {$(
            for device in devices.$list.iter_mut().filter(|device| device.is_usb()) {
                body(device.info())?;
            }
        )*};
    }
    visit!(disks interfaces sounds hostdevs controllers serials inputs filesystems redirdevs);
    Ok(())
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

/// How many ports there are, and how many are needed.
fn count(devices: &mut Devices) -> (u32, u32) {
    let hubs = devices.hubs.len() as u32;
    let mut needed = hubs;
    let counted = for_each(devices, |_| {
        needed += 1;
        Ok(())
    });
    counted.expect("counting does not fail");
    let usb = devices.controllers.iter().filter(|c| c.kind == ControllerType::Usb);
    (usb.map(controller_ports).sum::<u32>() + hubs * HUB_PORTS, needed)
}

/// Adds hubs until there are ports enough; each takes one, too.
fn add_hubs(devices: &mut Devices) {
    let (available, needed) = count(devices);
    let hubs = match needed.checked_sub(available) {
        None | Some(0) => 0,
        Some(lacking) => (lacking + 1).div_ceil(HUB_PORTS - 1),
    };
    devices.hubs.extend((0..hubs).map(|_| Hub { kind: HubType::Usb, info: DeviceInfo::default() }));
}

/// Finds a port for a device that has none, on the bus that it names if it does.
fn place(info: &mut DeviceInfo, ports: &mut UsbPorts) -> Result<()> {
    let bus = match &info.address {
        None => None,
        Some(Address::Usb(address)) if address.port.is_none() => Some(address.bus),
        Some(_) => return Ok(()),
    };
    info.address = Some(Address::Usb(ports.place(bus)?));
    Ok(())
}

/// Gives every USB device its port. For guests that are not new, only if no device lacks one: their ports are what QEMU
/// made them.
pub fn assign(model: &mut Domain, is_new: bool) -> Result<()> {
    let devices = &mut model.devices;
    let mut lacking = devices.hubs.iter().any(|hub| present(&hub.info).is_none());
    for_each(devices, |info| {
        lacking |= present(info).is_none();
        Ok(())
    })?;
    if lacking && !is_new {
        return Ok(());
    }
    if count(devices).1 > 0 && !has_usb(devices) {
        return Err(Error::config_unsupported(
            "there are USB devices, but USB is switched off: take out model='none'",
        )
        .domain(ErrorDomain::Qemu));
    }
    add_hubs(devices);
    let mut ports = UsbPorts::default();
    for controller in devices.controllers.iter().filter(|c| c.kind == ControllerType::Usb) {
        ports.add_controller(controller.index.unwrap_or(0), controller_ports(controller))?;
    }
    devices
        .hubs
        .iter()
        .filter_map(|hub| present(&hub.info))
        .try_for_each(|address| ports.add_hub(address))?;
    for_each(devices, |info| present(info).map_or(Ok(()), |address| ports.reserve(address)))?;
    for hub in devices.hubs.iter_mut().filter(|hub| present(&hub.info).is_none()) {
        // Hubs are on USB whatever is said of them.
        hub.info.address = hub.info.address.take().filter(|address| matches!(address, Address::Usb(_)));
        place(&mut hub.info, &mut ports)?;
        if let Some(address) = present(&hub.info) {
            ports.release(address);
            ports.add_hub(address)?;
        }
    }
    for_each(devices, |info| place(info, &mut ports))
}
