//! Virtio devices that are not on PCI: on s390's channels, and on the plain bus of old ARM and RISC-V machines.

use ferrovirt_conf::domain::{
    Address, CcwAddress, ControllerModel, ControllerType, DeviceInfo, Devices, DiskBus, Domain,
    HostSubsystem, InputBus, MdevModel, MemballoonModel, MemoryModel, SoundModel, VideoType,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::Hex;
use std::collections::HashSet;

use crate::capabilities::Capabilities;
use crate::machine::{self, Family};

/// The channel subsystem of virtio devices.
const CCW_CSSID: u8 = 0xfe;

/// Puts virtio devices that are nowhere yet on the machine's own bus for them.
pub fn assign(model: &mut Domain, capabilities: &Capabilities) -> Result<()> {
    let family = Family::of_domain(model);
    match family {
        Family::S390Ccw => {
            let vfio = capabilities.has_device("vfio-ccw");
            for_each_virtio(&mut model.devices, &mut |info| put(info, Address::Ccw(CcwAddress::default())));
            for_each_channel(&mut model.devices, vfio, &mut |info| {
                put(info, Address::Ccw(CcwAddress::default()))
            });
            number_channels(&mut model.devices)
        }
        Family::Vexpress | Family::ArmVirt | Family::RiscvVirt => {
            let mut mixed = false;
            for_each_virtio(&mut model.devices, &mut |info| {
                mixed |= info.address == Some(Address::VirtioMmio)
            });
            let pcie = machine::pci_root(model) == Some(ControllerModel::PcieRoot);
            let ports = capabilities.has_device("pcie-root-port") || capabilities.has_device("ioh3420");
            let on_pci = pcie && ports && !mixed;
            if !on_pci && capabilities.has_device("virtio-mmio") {
                for_each_virtio(&mut model.devices, &mut |info| put(info, Address::VirtioMmio));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn put(info: &mut DeviceInfo, address: Address) {
    info.address.get_or_insert(address);
}

/// Every device that speaks virtio and need not be on PCI.
fn for_each_virtio(devices: &mut Devices, body: &mut dyn FnMut(&mut DeviceInfo)) {
    let disks = devices.disks.iter_mut().filter(|disk| disk.target.bus == Some(DiskBus::Virtio));
    disks.for_each(|disk| body(&mut disk.info));
    devices.interfaces.iter_mut().filter(|i| i.is_virtio()).for_each(|i| body(&mut i.info));
    let videos = devices.videos.iter_mut().filter(|video| video.model.kind == VideoType::Virtio);
    videos.for_each(|video| body(&mut video.info));
    let inputs = devices.inputs.iter_mut().filter(|input| input.bus == Some(InputBus::Virtio));
    inputs.for_each(|input| body(&mut input.info));
    for controller in &mut devices.controllers {
        if matches!(controller.kind, ControllerType::VirtioSerial | ControllerType::Scsi) {
            body(&mut controller.info);
        }
    }
    for hostdev in &mut devices.hostdevs {
        if matches!(hostdev.subsystem(), Some(HostSubsystem::ScsiHost { .. })) {
            body(&mut hostdev.info);
        }
    }
    let balloon = devices.memballoon.as_mut().filter(|balloon| balloon.model != MemballoonModel::None);
    balloon.into_iter().for_each(|balloon| body(&mut balloon.info));
    devices.rngs.iter_mut().for_each(|rng| body(&mut rng.info));
    for memory in &mut devices.memories {
        if matches!(memory.model, MemoryModel::VirtioPmem(_) | MemoryModel::VirtioMem(_)) {
            body(&mut memory.info);
        }
    }
    devices.cryptos.iter_mut().for_each(|crypto| body(&mut crypto.info));
    let sounds = devices.sounds.iter_mut().filter(|sound| sound.model == SoundModel::Virtio);
    sounds.for_each(|sound| body(&mut sound.info));
}

/// What else is on channels.
fn for_each_channel(devices: &mut Devices, vfio: bool, body: &mut dyn FnMut(&mut DeviceInfo)) {
    devices.filesystems.iter_mut().for_each(|fs| body(&mut fs.info));
    devices.vsock.iter_mut().for_each(|vsock| body(&mut vsock.info));
    for hostdev in &mut devices.hostdevs {
        if vfio && matches!(hostdev.subsystem(), Some(HostSubsystem::Mdev { model: MdevModel::VfioCcw, .. }))
        {
            body(&mut hostdev.info);
        }
    }
}

/// Everything that may have a channel, in the order in which channels are given out.
fn for_each_info(devices: &mut Devices, mut body: impl FnMut(&mut DeviceInfo) -> Result<()>) -> Result<()> {
    macro_rules! visit {
        ($($list:ident)*) => {$(
            devices.$list.iter_mut().try_for_each(|device| body(&mut device.info))?;
        )*};
    }
    visit!(disks interfaces sounds hostdevs videos controllers inputs filesystems watchdogs memballoon rngs memories vsock
        cryptos);
    Ok(())
}

type Channel = (u8, u8, u16);

fn channel(address: &CcwAddress) -> Option<Channel> {
    Some((address.cssid?.0, address.ssid?.0, address.devno?.0))
}

/// Gives every device without one a channel: the next free after the last.
fn number_channels(devices: &mut Devices) -> Result<()> {
    let mut taken: HashSet<Channel> = HashSet::new();
    for_each_info(devices, |info| match &info.address {
        Some(Address::Ccw(address)) => match channel(address) {
            Some(given) if !taken.insert(given) => {
                let (cssid, ssid, devno) = given;
                Err(Error::xml(format!("the CCW device number {cssid:x}.{ssid:x}.{devno:04x} is used twice")))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    })?;
    let mut next: u32 = 0;
    for_each_info(devices, |info| {
        let Some(Address::Ccw(address)) = &mut info.address else { return Ok(()) };
        if channel(address).is_some() {
            return Ok(());
        }
        loop {
            let place = (CCW_CSSID, (next >> 16) as u8, next as u16);
            next += 1;
            if place.1 > 3 {
                return Err(Error::internal("all CCW device numbers are taken"));
            }
            if taken.insert(place) {
                let (cssid, ssid, devno) = (Some(Hex(place.0)), Some(Hex(place.1)), Some(Hex(place.2)));
                *address = CcwAddress { cssid, ssid, devno };
                return Ok(());
            }
        }
    })
}
