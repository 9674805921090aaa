//! `<devices>`: all devices of a guest, in the order of output.

use crate::domain::{
    Audio, Channel, ChardevSource, Console, ConsoleTargetType, Context, Controller, Crypto, Device,
    DeviceInfo, DeviceSeclabel, Disk, Filesystem, Graphics, Hostdev, Hub, Input, Interface, Iommu, Lease,
    Memballoon, MemoryDevice, Nvram, Panic, Parallel, Pstore, RedirFilter, Redirdev, Rng, RngBackend, Serial,
    Shmem, Smartcard, SmartcardMode, Sound, Tpm, Video, Vsock, Watchdog,
};
use ferrovirt_core::Result;
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
    pub nvram: Option<Nvram>,
    #[xml(child, omit_empty)]
    pub panics: Vec<Panic>,
    #[xml(child)]
    pub shmems: Vec<Shmem>,
    #[xml(child)]
    pub memories: Vec<MemoryDevice>,
    #[xml(child)]
    pub cryptos: Vec<Crypto>,
    #[xml(child)]
    pub iommu: Option<Iommu>,
    #[xml(child)]
    pub vsock: Option<Vsock>,
    #[xml(child)]
    pub pstore: Option<Pstore>,
}

/// What paths must be where the schema is asked.
mod absolute_path {
    use ferrovirt_xml::ValueKind;

    pub const KIND: ValueKind = ValueKind::Named("a path that begins with '/'");

    pub fn valid(text: &str) -> bool {
        text.starts_with('/')
    }
}

/// Does the same with each device, whatever its type. `$iter` is `iter` or `iter_mut`.
macro_rules! each {
    ($devices:ident.$iter:ident(), $device:ident => $body:expr) => {
        each!(@ $devices.$iter(), $device => $body;
            disks controllers leases filesystems interfaces smartcards serials parallels consoles channels inputs
            tpms graphics sounds audios videos hostdevs redirdevs hubs watchdogs memballoon rngs nvram panics
            shmems memories cryptos iommu vsock pstore);
    };
    (@ $devices:ident.$iter:ident(), $device:ident => $body:expr; $($field:ident)*) => {
        $(for $device in $devices.$field.$iter() {
            $body;
        })*
    };
}

/// The same for those devices that have an address, an alias, or a place in the boot order.
macro_rules! each_with_info {
    ($devices:ident.$iter:ident(), $device:ident => $body:expr) => {
        each!(@ $devices.$iter(), $device => $body;
            disks controllers filesystems interfaces smartcards serials parallels consoles channels inputs tpms
            sounds videos hostdevs redirdevs hubs watchdogs memballoon rngs nvram panics shmems memories cryptos
            iommu vsock pstore);
    };
}

impl Devices {
    /// What is always filled in, device by device.
    pub fn fill_defaults(&mut self, context: &Context) {
        each!(self.iter_mut(), device => device.fill_defaults(context));
    }

    /// Refuses devices that contradict themselves.
    pub fn validate(&self, context: &Context) -> Result<()> {
        each!(self.iter(), device => device.validate(context)?);
        Ok(())
    }

    /// What the devices have in common: addresses, aliases, the boot order.
    pub fn infos(&self) -> Vec<&DeviceInfo> {
        let mut infos = Vec::new();
        each_with_info!(self.iter(), device => infos.push(&device.info));
        // The first console may be the first serial port once more.
        if let (Some(console), Some(serial)) = (self.consoles.first(), self.serials.first())
            && console.target.kind == ConsoleTargetType::Serial
            && console.info == serial.info
        {
            infos.retain(|info| !std::ptr::eq(*info, &console.info));
        }
        infos
    }

    /// The same, to be filled in; a console that is the first serial port once more has its own.
    pub fn infos_mut(&mut self) -> Vec<&mut DeviceInfo> {
        let mut infos = Vec::new();
        each_with_info!(self.iter_mut(), device => infos.push(&mut device.info));
        infos
    }

    /// The host's ends of all character devices.
    pub fn chardev_sources(&self) -> impl Iterator<Item = &ChardevSource> {
        let smartcards = self.smartcards.iter().filter_map(|card| match &card.mode {
            SmartcardMode::Passthrough { source } => Some(source),
            _ => None,
        });
        let rngs = self.rngs.iter().filter_map(|rng| match &rng.backend {
            RngBackend::Egd { source } => Some(source),
            _ => None,
        });
        let ports = self.serials.iter().map(|port| &port.source);
        ports
            .chain(self.parallels.iter().map(|port| &port.source))
            .chain(self.consoles.iter().map(|port| &port.source))
            .chain(self.channels.iter().map(|port| &port.source))
            .chain(self.redirdevs.iter().map(|device| &device.source))
            .chain(smartcards)
            .chain(rngs)
    }

    /// How the host's ends of disks and character devices are labelled, source by source.
    pub fn source_labels(&self) -> Vec<&[DeviceSeclabel]> {
        let disks = self.disks.iter().flat_map(|disk| {
            let layers = disk.backing.iter().flat_map(|backing| backing.layers());
            std::iter::once(&disk.source).chain(layers.map(|layer| &layer.source))
        });
        let of_disks = disks.map(|source| &*source.options.seclabels);
        of_disks.chain(self.chardev_sources().map(|source| source.kind.seclabels())).collect()
    }

    /// Takes out what only running guests have.
    pub fn strip_live(&mut self) {
        each!(@ self.iter_mut(), device => device.strip_live();
            disks controllers filesystems smartcards serials parallels consoles channels inputs tpms graphics sounds videos
            hostdevs redirdevs hubs watchdogs memballoon rngs nvram panics shmems memories cryptos iommu vsock pstore);
        self.interfaces.iter_mut().for_each(|interface| interface.strip_live(None));
    }
}
