//! How each device connects to PCI, if it does, and the orders in which devices are looked at.

use ferrovirt_conf::domain::{
    Address, Connection, Controller, ControllerModel, ControllerType, Crypto, DeviceInfo, DeviceRef, Devices,
    Disk, DiskBus, Domain, Filesystem, FilesystemDriverType, HostSubsystem, Hostdev, HostdevPortAddress,
    Input, InputBus, Interface, Iommu, IommuModel, MdevModel, Memballoon, MemballoonModel, MemoryDevice,
    MemoryModel, Panic, PanicModel, PciAddress, Pstore, Rng, Serial, SerialTargetType, Shmem, Sound,
    SoundModel, Video, VideoType, VirtioModel, Vsock, VsockModel, Watchdog, WatchdogModel,
};
use ferrovirt_core::{Error, Result};

use super::chipset;
use super::pci_buses::{Connector, Plug};
use crate::machine;

/// What depends on the machine: where there is no PCI Express, all devices are conventional.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    express: Connector,
}

impl Rules {
    pub fn of(model: &Domain) -> Self {
        let express = machine::pci_root(model) == Some(ControllerModel::PcieRoot);
        Self { express: if express { Connector::EXPRESS } else { Connector::CONVENTIONAL } }
    }

    /// Transitional virtio devices are conventional: that is what makes old guests find them.
    fn virtio(self, model: Option<VirtioModel>) -> Connector {
        if model == Some(VirtioModel::VirtioTransitional) { Connector::CONVENTIONAL } else { self.express }
    }
}

/// A device that may be on PCI.
pub trait OnPci {
    /// How it connects; `None` if it is no PCI device.
    fn connector(&self, rules: Rules) -> Option<Connector>;
    fn info(&mut self) -> &mut DeviceInfo;

    /// Where it is if it is part of the PIIX3.
    fn builtin_place(&self) -> Option<PciAddress> {
        None
    }
}

impl<D: OnPci> OnPci for Box<D> {
    fn connector(&self, rules: Rules) -> Option<Connector> {
        D::connector(self, rules)
    }

    fn info(&mut self) -> &mut DeviceInfo {
        D::info(self)
    }

    fn builtin_place(&self) -> Option<PciAddress> {
        D::builtin_place(self)
    }
}

impl OnPci for Controller {
    fn connector(&self, rules: Rules) -> Option<Connector> {
        of_controller(self, rules)
    }

    fn info(&mut self) -> &mut DeviceInfo {
        &mut self.info
    }

    fn builtin_place(&self) -> Option<PciAddress> {
        chipset::piix3_place(self)
    }
}

/// `impl OnPci` from the connector alone: all devices call their info `info`.
macro_rules! on_pci {
    ($($device:ty: |$self:ident, $rules:ident| $connector:expr;)*) => {$(
        impl OnPci for $device {
            fn connector(&self, rules: Rules) -> Option<Connector> {
                let ($self, $rules) = (self, rules);
                $connector
            }

            fn info(&mut self) -> &mut DeviceInfo {
                &mut self.info
            }
        }
    )*};
}

on_pci! {
    Disk: |disk, rules| (disk.target.bus == Some(DiskBus::Virtio)).then(|| rules.virtio(disk.model));
    Sound: |sound, rules| match sound.model {
        SoundModel::Es1370 | SoundModel::Ac97 | SoundModel::Ich6 | SoundModel::Ich9 => Some(Connector::CONVENTIONAL),
        SoundModel::Virtio => Some(rules.express),
        _ => None,
    };
    Video: |video, rules| match video.model.kind {
        VideoType::Virtio | VideoType::Bochs => Some(rules.express),
        VideoType::Default | VideoType::Gop | VideoType::None | VideoType::Ramfb => None,
        _ => Some(Connector::CONVENTIONAL),
    };
    Input: |input, rules| (input.bus == Some(InputBus::Virtio)).then(|| rules.virtio(input.model));
    Memballoon: |balloon, rules| match balloon.model {
        MemballoonModel::VirtioTransitional => Some(Connector::CONVENTIONAL),
        MemballoonModel::Virtio | MemballoonModel::VirtioNonTransitional => Some(rules.express),
        MemballoonModel::Xen | MemballoonModel::None => None,
    };
    Rng: |rng, rules| Some(rules.virtio(Some(rng.model)));
    Watchdog: |watchdog, _rules| (watchdog.model == WatchdogModel::I6300esb).then_some(Connector::CONVENTIONAL);
    Filesystem: |fs, rules| match fs.driver.kind {
        FilesystemDriverType::Default | FilesystemDriverType::Path | FilesystemDriverType::Handle => {
            Some(rules.virtio(fs.model))
        }
        FilesystemDriverType::Virtiofs => Some(rules.express),
        _ => None,
    };
    Interface: |interface, rules| of_interface(interface, rules);
    Hostdev: |hostdev, rules| match hostdev.subsystem()? {
        // Devices worth handing to guests are of PCI Express.
        HostSubsystem::Pci { .. } | HostSubsystem::Mdev { model: MdevModel::VfioPci, .. } => Some(rules.express),
        HostSubsystem::ScsiHost { model, .. } => Some(rules.virtio(*model)),
        _ => None,
    };
    Shmem: |_shmem, _rules| Some(Connector::CONVENTIONAL);
    Iommu: |iommu, rules| (iommu.model == IommuModel::Virtio).then(|| rules.express.integrated());
    Vsock: |vsock, rules| match vsock.model {
        VsockModel::Default => None,
        VsockModel::VirtioTransitional => Some(Connector::CONVENTIONAL),
        VsockModel::Virtio | VsockModel::VirtioNonTransitional => Some(rules.express),
    };
    MemoryDevice: |memory, rules| {
        matches!(memory.model, MemoryModel::VirtioPmem(_) | MemoryModel::VirtioMem(_)).then_some(rules.express)
    };
    Crypto: |_crypto, _rules| Some(Connector::CONVENTIONAL);
    Panic: |panic, _rules| (panic.model == PanicModel::Pvpanic).then(|| Connector::CONVENTIONAL.integrated());
    Pstore: |_pstore, _rules| Some(Connector::CONVENTIONAL);
    Serial: |serial, _rules| (serial.target_type == SerialTargetType::PciSerial).then_some(Connector::CONVENTIONAL);
}

fn of_controller(controller: &Controller, rules: Rules) -> Option<Connector> {
    use ControllerModel as M;
    match (controller.kind, controller.model) {
        (ControllerType::Pci, model) => Plug::of_controller(model?).map(Connector::new),
        (ControllerType::Sata | ControllerType::Ide, _) => Some(Connector::CONVENTIONAL),
        (ControllerType::Usb, Some(M::NecXhci | M::QemuXhci)) => Some(rules.express),
        (ControllerType::Usb, Some(M::Qusb1 | M::Qusb2 | M::None)) => None,
        (ControllerType::Usb, _) => Some(Connector::CONVENTIONAL),
        (ControllerType::Scsi, Some(M::VirtioScsi | M::VirtioNonTransitional)) => Some(rules.express),
        (ControllerType::Scsi, None | Some(M::Auto | M::Ncr53c90)) => None,
        (ControllerType::Scsi, Some(_)) => Some(Connector::CONVENTIONAL),
        (ControllerType::VirtioSerial, Some(M::VirtioTransitional)) => Some(Connector::CONVENTIONAL),
        (ControllerType::VirtioSerial, _) => Some(rules.express),
        _ => None,
    }
}

fn of_interface(interface: &Interface, rules: Rules) -> Option<Connector> {
    if let Connection::Hostdev(port) = &interface.connection {
        return matches!(port.source.address, None | Some(HostdevPortAddress::Pci(_)))
            .then_some(rules.express);
    }
    match interface.model.as_deref() {
        Some("usb-net") => None,
        // Without a model, the network hands out devices of the host.
        None | Some("virtio" | "virtio-non-transitional" | "e1000e" | "igb") => Some(rules.express),
        Some(_) => Some(Connector::CONVENTIONAL),
    }
}

/// Whether an interface is a device of the host.
fn is_hostdev(interface: &Interface) -> bool {
    matches!(interface.connection, Connection::Hostdev(_))
}

/// Calls `$body` for each device of the lists named.
macro_rules! walk {
    ($devices:expr, $device:ident => $body:expr; $($list:ident)*) => {$(
        for $device in $devices.$list.iter_mut() {
            $body;
        }
    )*};
}

/// Every device that can be on PCI, in the order in which addresses that users gave are looked at.
pub fn for_each(devices: &mut Devices, mut body: impl FnMut(&mut dyn OnPci) -> Result<()>) -> Result<()> {
    walk!(devices, device => body(device)?;
        disks interfaces sounds hostdevs videos controllers serials inputs filesystems watchdogs memballoon rngs
        shmems panics memories iommu vsock cryptos pstore);
    Ok(())
}

/// Every device but controllers that can be on PCI, in the order in which they get addresses: those before the
/// controllers if `before`, otherwise those behind them.
pub fn in_order(
    devices: &mut Devices,
    before: bool,
    mut body: impl FnMut(&mut dyn OnPci) -> Result<()>,
) -> Result<()> {
    if before {
        walk!(devices, device => body(device)?; filesystems);
        devices.interfaces.iter_mut().filter(|i| !is_hostdev(i)).try_for_each(|device| body(device))?;
        walk!(devices, device => body(device)?; sounds);
    } else {
        walk!(devices, device => body(device)?; disks);
        devices.interfaces.iter_mut().filter(|i| is_hostdev(i)).try_for_each(|device| body(device))?;
        walk!(devices, device => body(device)?;
            hostdevs memballoon rngs watchdogs videos shmems inputs serials iommu vsock memories cryptos panics pstore);
    }
    Ok(())
}

/// Refuses devices that would be on PCI, but that no machine of QEMU's has a slot for: they are other hypervisors'.
pub fn refuse_misfits(devices: &Devices) -> Result<()> {
    use FilesystemDriverType::{Loop, Nbd, Ploop};
    let foreign = |device: &DeviceRef<'_>| match device {
        DeviceRef::Filesystem(fs) => matches!(fs.driver.kind, Loop | Nbd | Ploop),
        DeviceRef::Sound(sound) => sound.model == SoundModel::Ich7,
        DeviceRef::Memballoon(balloon) => balloon.model == MemballoonModel::Xen,
        DeviceRef::Controller(controller) => {
            matches!(controller.kind, ControllerType::XenBus | ControllerType::Isa)
        }
        _ => false,
    };
    let nowhere = |device: &DeviceRef<'_>| device.info().is_some_and(is_wanted);
    match devices.all().into_iter().find(|device| foreign(device) && nowhere(device)) {
        Some(device) => Err(Error::internal(format!(
            "there is no PCI slot for such a <{}> in QEMU's machines",
            device.name()
        ))),
        None => Ok(()),
    }
}

/// The address that a device has; all zero stands for none.
pub fn present(info: &DeviceInfo) -> Option<&PciAddress> {
    info.pci().filter(|a| (a.domain.0, a.bus.0, a.slot.0) != (0, 0, 0))
}

/// Whether a device is still to get an address.
pub fn is_wanted(info: &DeviceInfo) -> bool {
    match &info.address {
        None => true,
        Some(Address::Pci(_)) => present(info).is_none(),
        Some(_) => false,
    }
}
