//! `<devices>`: all devices of a guest, in the order of output.

use crate::domain::{
    Audio, Channel, ChardevSource, Console, ConsoleTargetType, Controller, Crypto, DeviceInfo, DeviceRef,
    DeviceSeclabel, Disk, Filesystem, Graphics, Hostdev, Hub, Input, Interface, Iommu, Lease, Memballoon,
    MemoryDevice, Nvram, Panic, Parallel, Pstore, RedirFilter, Redirdev, Rng, RngBackend, Serial, Shmem,
    Smartcard, SmartcardMode, Sound, Tpm, Video, Vsock, Watchdog,
};
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<devices>`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "devices", block)]
pub struct Devices {
    /// The program that runs the guest.
    #[xml(value, strict = "absolute_path")]
    pub emulator: Option<String>,
    #[xml(child)]
    pub disks: Vec<Disk>,
    #[xml(child)]
    pub controllers: Vec<Controller>,
    #[xml(child)]
    pub leases: Vec<Lease>,
    #[xml(child)]
    pub filesystems: Vec<Filesystem>,
    #[xml(child)]
    pub interfaces: Vec<Interface>,
    #[xml(child)]
    pub smartcards: Vec<Smartcard>,
    #[xml(child)]
    pub serials: Vec<Serial>,
    #[xml(child)]
    pub parallels: Vec<Parallel>,
    #[xml(child)]
    pub consoles: Vec<Console>,
    #[xml(child)]
    pub channels: Vec<Channel>,
    #[xml(child)]
    pub inputs: Vec<Input>,
    #[xml(child)]
    pub tpms: Vec<Tpm>,
    #[xml(child)]
    pub graphics: Vec<Graphics>,
    #[xml(child)]
    pub sounds: Vec<Sound>,
    #[xml(child)]
    pub audios: Vec<Audio>,
    #[xml(child)]
    pub videos: Vec<Video>,
    #[xml(child)]
    pub hostdevs: Vec<Hostdev>,
    #[xml(child)]
    pub redirdevs: Vec<Redirdev>,
    #[xml(child)]
    pub redirfilter: Option<RedirFilter>,
    #[xml(child)]
    pub hubs: Vec<Hub>,
    #[xml(child)]
    pub watchdogs: Vec<Watchdog>,
    #[xml(child)]
    pub memballoon: Option<Memballoon>,
    #[xml(child)]
    pub rngs: Vec<Rng>,
    #[xml(child)]
    pub nvram: Option<Box<Nvram>>,
    #[xml(child, omit_empty)]
    pub panics: Vec<Panic>,
    #[xml(child)]
    pub shmems: Vec<Shmem>,
    #[xml(child)]
    pub memories: Vec<MemoryDevice>,
    #[xml(child)]
    pub cryptos: Vec<Crypto>,
    #[xml(child)]
    pub iommu: Option<Box<Iommu>>,
    #[xml(child)]
    pub vsock: Option<Box<Vsock>>,
    #[xml(child)]
    pub pstore: Option<Box<Pstore>>,
}

/// What paths must be where the schema is asked.
mod absolute_path {
    use ferrovirt_xml::ValueKind;

    pub const KIND: ValueKind = ValueKind::Named("a path that begins with '/'");

    pub fn valid(text: &str) -> bool {
        text.starts_with('/')
    }
}

impl Devices {
    /// The disk with this target, such as `vda`.
    pub fn disk(&self, target: &str) -> Option<&Disk> {
        self.disks.iter().find(|disk| disk.name() == Some(target))
    }

    /// The disk with this target, to be changed.
    pub fn disk_mut(&mut self, target: &str) -> Option<&mut Disk> {
        self.disks.iter_mut().find(|disk| disk.name() == Some(target))
    }

    /// What the devices have in common: addresses, aliases, the boot order.
    pub fn infos(&self) -> Vec<&DeviceInfo> {
        let mut infos: Vec<&DeviceInfo> = self.all().into_iter().filter_map(DeviceRef::info).collect();
        // The first console may be the first serial port once more.
        if let (Some(console), Some(serial)) = (self.consoles.first(), self.serials.first())
            && console.target.kind == ConsoleTargetType::Serial
            && console.info == serial.info
        {
            infos.retain(|info| !std::ptr::eq(*info, &console.info));
        }
        infos
    }

    /// The host's ends of all character devices.
    pub fn chardev_sources(&self) -> impl Iterator<Item = &ChardevSource> {
        self.all().into_iter().filter_map(DeviceRef::chardev_source)
    }

    /// How the host's ends of disks and character devices are labelled, source by source.
    pub fn source_labels(&self) -> Vec<&[DeviceSeclabel]> {
        self.all().into_iter().flat_map(DeviceRef::source_labels).collect()
    }
}

impl<'a> DeviceRef<'a> {
    /// The host's end of a character device.
    pub fn chardev_source(self) -> Option<&'a ChardevSource> {
        match self {
            Self::Serial(port) => Some(&port.source),
            Self::Parallel(port) => Some(&port.source),
            Self::Console(port) => Some(&port.source),
            Self::Channel(port) => Some(&port.source),
            Self::Redirdev(device) => Some(&device.source),
            Self::Smartcard(Smartcard { mode: SmartcardMode::Passthrough { source }, .. }) => Some(source),
            Self::Rng(Rng { backend: RngBackend::Egd { source }, .. }) => Some(source),
            _ => None,
        }
    }

    /// How the host's end of the device is labelled, source by source.
    pub fn source_labels(self) -> Vec<&'a [DeviceSeclabel]> {
        match self {
            Self::Disk(disk) => {
                let layers = disk.backing.iter().flat_map(|backing| backing.layers());
                let sources = std::iter::once(&disk.source).chain(layers.map(|layer| &layer.source));
                sources.map(|source| &*source.options.seclabels).collect()
            }
            device => device.chardev_source().map(|source| source.kind.seclabels()).into_iter().collect(),
        }
    }
}
