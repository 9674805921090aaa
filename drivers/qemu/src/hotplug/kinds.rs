//! The kinds of device that a guest can have, and what all of them have in common: one row a kind.

use ferrovirt_conf::domain::{
    Audio, Channel, Console, Context, Controller, Crypto, Device as _, DeviceInfo, Devices, Disk, Filesystem,
    Graphics, Hostdev, Hub, Input, Interface, Iommu, Lease, Memballoon, MemoryDevice, Nvram, Panic, Parallel,
    Pstore, Redirdev, Rng, Serial, Shmem, Smartcard, Sound, Tpm, Video, Vsock, Watchdog,
};
use ferrovirt_core::Result;
use ferrovirt_xml::{Node, XmlContent};

/// Declares the kinds: `"element" => Kind in list;`, where the list is that of [`Devices`].
macro_rules! kinds {
    ($($element:literal => $kind:ident($ty:ty) in $list:ident;)*) => {
        /// A device that was described.
        #[derive(Debug, Clone)]
        pub enum Device {
            $($kind(Box<$ty>),)*
        }

        /// A kind of device.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($kind,)*
        }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// How many of them there are.
            pub fn count(self, devices: &Devices) -> usize {
                match self {
                    $(Self::$kind => devices.$list.iter().count(),)*
                }
            }

            /// One of them.
            pub fn get(self, devices: &Devices, at: usize) -> Option<Device> {
                match self {
                    $(Self::$kind => devices.$list.iter().nth(at).map(|device| Device::$kind(Box::new(device.clone()))),)*
                }
            }

            /// What one of them has in common with others.
            pub fn info(self, devices: &Devices, at: usize) -> Option<&DeviceInfo> {
                match self {
                    $(Self::$kind => devices.$list.iter().nth(at).and_then(Common::info),)*
                }
            }

            /// Takes one of them out.
            pub fn remove(self, devices: &mut Devices, at: usize) {
                match self {
                    $(Self::$kind => devices.$list.take_out(at),)*
                }
            }
        }

        impl Device {
            /// Reads the device, if its element is that of one.
            pub fn of_element(node: &Node<'_>) -> Result<Option<Self>> {
                match node.name() {
                    $($element => Ok(Some(Self::$kind(Box::new(<$ty>::parse(node)?)))),)*
                    _ => Ok(None),
                }
            }

            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            /// The element's name.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $element,)*
                }
            }

            /// What it has in common with others; some kinds have nothing.
            pub fn info(&self) -> Option<&DeviceInfo> {
                match self {
                    $(Self::$kind(device) => device.info(),)*
                }
            }

            /// Takes out what only a running guest has.
            pub fn strip_live(&mut self) {
                match self {
                    $(Self::$kind(device) => Common::strip_live(&mut **device),)*
                }
            }

            pub fn fill_defaults(&mut self, context: &Context) {
                match self {
                    $(Self::$kind(device) => device.fill_defaults(context),)*
                }
            }

            pub fn check(&self, context: &Context) -> Result<()> {
                match self {
                    $(Self::$kind(device) => device.validate(context),)*
                }
            }

            /// Puts it among a guest's devices, where its kind belongs.
            pub fn insert(self, devices: &mut Devices) {
                match self {
                    Self::Disk(disk) => devices.add_disk(*disk),
                    Self::Controller(controller) => devices.add_controller(*controller),
                    $(Self::$kind(device) => devices.$list.put(*device),)*
                }
            }
        }
    };
}

// The two kinds whose lists are kept in order have arms of their own in `insert`.
#[allow(unreachable_patterns)]
mod table {
    use super::*;

    kinds! {
        "audio" => Audio(Audio) in audios;
        "channel" => Channel(Channel) in channels;
        "console" => Console(Console) in consoles;
        "controller" => Controller(Controller) in controllers;
        "crypto" => Crypto(Crypto) in cryptos;
        "disk" => Disk(Disk) in disks;
        "filesystem" => Filesystem(Filesystem) in filesystems;
        "graphics" => Graphics(Graphics) in graphics;
        "hostdev" => Hostdev(Hostdev) in hostdevs;
        "hub" => Hub(Hub) in hubs;
        "input" => Input(Input) in inputs;
        "interface" => Interface(Interface) in interfaces;
        "iommu" => Iommu(Iommu) in iommu;
        "lease" => Lease(Lease) in leases;
        "memballoon" => Memballoon(Memballoon) in memballoon;
        "memory" => Memory(MemoryDevice) in memories;
        "nvram" => Nvram(Nvram) in nvram;
        "panic" => Panic(Panic) in panics;
        "parallel" => Parallel(Parallel) in parallels;
        "pstore" => Pstore(Pstore) in pstore;
        "redirdev" => Redirdev(Redirdev) in redirdevs;
        "rng" => Rng(Rng) in rngs;
        "serial" => Serial(Serial) in serials;
        "shmem" => Shmem(Shmem) in shmems;
        "smartcard" => Smartcard(Smartcard) in smartcards;
        "sound" => Sound(Sound) in sounds;
        "tpm" => Tpm(Tpm) in tpms;
        "video" => Video(Video) in videos;
        "vsock" => Vsock(Vsock) in vsock;
        "watchdog" => Watchdog(Watchdog) in watchdogs;
    }
}

pub use table::{Device, Kind};

impl Kind {
    /// The device with this alias: its kind, and its place among its like.
    pub fn by_alias(devices: &Devices, alias: &str) -> Option<(Self, usize)> {
        let has =
            |kind: Self, at| kind.info(devices, at).and_then(|info| info.alias.as_deref()) == Some(alias);
        let mut places = Self::ALL.iter().flat_map(|kind| (0..kind.count(devices)).map(|at| (*kind, at)));
        places.find(|(kind, at)| has(*kind, *at))
    }
}

/// A guest has many of a kind, or at most one.
trait Slot<T> {
    fn put(&mut self, device: T);
    fn take_out(&mut self, at: usize);
}

impl<T> Slot<T> for Vec<T> {
    fn put(&mut self, device: T) {
        self.push(device);
    }

    fn take_out(&mut self, at: usize) {
        self.remove(at);
    }
}

impl<T> Slot<T> for Option<T> {
    fn put(&mut self, device: T) {
        *self = Some(device);
    }

    fn take_out(&mut self, _at: usize) {
        *self = None;
    }
}

/// What all kinds can be asked.
trait Common {
    fn info(&self) -> Option<&DeviceInfo>;
    fn strip_live(&mut self);
}

macro_rules! with_info {
    ($($ty:ty)*) => {
        $(impl Common for $ty {
            fn info(&self) -> Option<&DeviceInfo> {
                Some(&self.info)
            }

            fn strip_live(&mut self) {
                self.strip_live();
            }
        })*
    };
}

with_info! {
    Channel Console Controller Crypto Disk Filesystem Hostdev Hub Input Iommu Memballoon MemoryDevice Nvram Panic
    Parallel Pstore Redirdev Rng Serial Shmem Smartcard Sound Tpm Video Vsock Watchdog
}

impl Common for Interface {
    fn info(&self) -> Option<&DeviceInfo> {
        Some(&self.info)
    }

    fn strip_live(&mut self) {
        self.strip_live(None);
    }
}

impl Common for Graphics {
    fn info(&self) -> Option<&DeviceInfo> {
        None
    }

    fn strip_live(&mut self) {
        self.strip_live();
    }
}

impl Common for Audio {
    fn info(&self) -> Option<&DeviceInfo> {
        None
    }

    fn strip_live(&mut self) {}
}

impl Common for Lease {
    fn info(&self) -> Option<&DeviceInfo> {
        None
    }

    fn strip_live(&mut self) {}
}
