//! The kinds of device that a guest can have, and what all of them have in common: one row a kind.

use super::{
    Audio, Channel, Console, Context, Controller, Crypto, Device, DeviceInfo, Devices, Disk, Filesystem,
    Graphics, Hostdev, Hub, Input, Interface, Iommu, Lease, Memballoon, MemoryDevice, Nvram, Panic, Parallel,
    Pstore, Redirdev, Rng, Serial, Shmem, Smartcard, Sound, Tpm, Video, Vsock, Watchdog,
};
use ferrovirt_core::Result;
use ferrovirt_xml::{Node, XmlContent};

/// Declares the kinds: `"element" => Kind(Type) in list, parts;`, where the list is that of [`Devices`]. `info` is said of
/// those that have an address, an alias or a place in the boot order, `live` of those that have something in running
/// guests only.
macro_rules! kinds {
    ($($element:literal => $kind:ident($ty:ty) in $list:ident $(, $part:ident)*;)*) => {
        /// A device by itself.
        #[derive(Debug, Clone)]
        pub enum AnyDevice {
            $($kind(Box<$ty>),)*
        }

        /// A device among those of a guest.
        #[derive(Debug, Clone, Copy)]
        pub enum DeviceRef<'a> {
            $($kind(&'a $ty),)*
        }

        /// A kind of device, in the order in which they are looked at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum DeviceKind {
            $($kind,)*
        }

        impl DeviceKind {
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// How many of them there are.
            pub fn count(self, devices: &Devices) -> usize {
                match self {
                    $(Self::$kind => devices.$list.iter().count(),)*
                }
            }

            /// One of them.
            pub fn get(self, devices: &Devices, at: usize) -> Option<DeviceRef<'_>> {
                match self {
                    $(Self::$kind => devices.$list.iter().nth(at).map(|device| DeviceRef::$kind(device)),)*
                }
            }

            /// Takes one of them out.
            pub fn remove(self, devices: &mut Devices, at: usize) {
                match self {
                    $(Self::$kind => Slot::<$ty>::take_out(&mut devices.$list, at),)*
                }
            }
        }

        impl Devices {
            /// Gives back what lists have taken to grow; for a description that is kept.
            pub fn shrink_to_fit(&mut self) {
                $(Slot::<$ty>::shrink_to_fit(&mut self.$list);)*
            }
        }

        impl<'a> DeviceRef<'a> {
            pub fn kind(self) -> DeviceKind {
                match self {
                    $(Self::$kind(_) => DeviceKind::$kind,)*
                }
            }

            /// The element's name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $element,)*
                }
            }

            /// A copy that stands by itself.
            pub fn to_owned(self) -> AnyDevice {
                match self {
                    $(Self::$kind(device) => AnyDevice::$kind(Box::new(device.clone())),)*
                }
            }

            /// What it has in common with others; some kinds have nothing.
            pub fn info(self) -> Option<&'a DeviceInfo> {
                match self {
                    $(Self::$kind(_device) => info!(_device; $($part)*),)*
                }
            }

            /// Refuses what contradicts itself, see [`Device::validate`].
            pub fn validate(self, context: &Context) -> Result<()> {
                match self {
                    $(Self::$kind(device) => device.validate(context),)*
                }
            }
        }

        impl AnyDevice {
            /// Reads the device, if its element is that of one.
            pub fn of_element(node: &Node<'_>) -> Result<Option<Self>> {
                let device = match node.name() {
                    $($element => Self::$kind(Box::new(<$ty>::parse(node)?)),)*
                    _ => return Ok(None),
                };
                device.as_ref().check_as_read()?;
                Ok(Some(device))
            }

            /// The same, to be looked at.
            pub fn as_ref(&self) -> DeviceRef<'_> {
                match self {
                    $(Self::$kind(device) => DeviceRef::$kind(device),)*
                }
            }

            /// Takes out what only a running guest has.
            pub fn strip_live(&mut self) {
                match self {
                    $(Self::$kind(_device) => strip!(_device; $($part)*),)*
                }
            }

            /// Fills in what the user left out, see [`Device::fill_defaults`].
            pub fn fill_defaults(&mut self, context: &Context) {
                match self {
                    $(Self::$kind(device) => device.fill_defaults(context),)*
                }
            }

            /// Puts it among a guest's devices, where its kind belongs.
            #[allow(unreachable_patterns)] // the two kinds whose lists are kept in order have arms of their own
            pub fn insert(self, devices: &mut Devices) {
                match self {
                    Self::Disk(disk) => devices.add_disk(*disk),
                    Self::Controller(controller) => devices.add_controller(*controller),
                    $(Self::$kind(device) => devices.$list.put(*device),)*
                }
            }
        }

        impl Devices {
            /// All devices, kind by kind.
            pub fn all(&self) -> Vec<DeviceRef<'_>> {
                let mut all = Vec::new();
                $(all.extend(self.$list.iter().map(|device| DeviceRef::$kind(device)));)*
                all
            }

            /// What is always filled in, device by device.
            pub fn fill_defaults(&mut self, context: &Context) {
                $(self.$list.iter_mut().for_each(|device| device.fill_defaults(context));)*
            }

            /// Takes out what only running guests have.
            pub fn strip_live(&mut self) {
                $(for _device in self.$list.iter_mut() {
                    strip!(_device; $($part)*);
                })*
            }

            /// What devices have in common, to be filled in; a console that is the first serial port once more has its own.
            pub fn infos_mut(&mut self) -> Vec<&mut DeviceInfo> {
                let mut infos = Vec::new();
                $(for _device in self.$list.iter_mut() {
                    infos.extend(info_mut!(_device; $($part)*));
                })*
                infos
            }
        }
    };
}

macro_rules! info {
    ($device:ident; info $($rest:ident)*) => {
        Some(&$device.info)
    };
    ($device:ident; $($rest:ident)*) => {
        None
    };
}

macro_rules! info_mut {
    ($device:ident; info $($rest:ident)*) => {
        Some(&mut $device.info)
    };
    ($device:ident; $($rest:ident)*) => {
        None::<&mut DeviceInfo>
    };
}

macro_rules! strip {
    ($device:ident; info live) => {
        $device.strip_live()
    };
    ($device:ident; live) => {
        $device.strip_live()
    };
    ($device:ident; $($rest:ident)*) => {
        ()
    };
}

kinds! {
    "disk" => Disk(Disk) in disks, info, live;
    "interface" => Interface(Interface) in interfaces, info, live;
    "sound" => Sound(Sound) in sounds, info, live;
    "hostdev" => Hostdev(Hostdev) in hostdevs, info, live;
    "video" => Video(Video) in videos, info, live;
    "controller" => Controller(Controller) in controllers, info, live;
    "smartcard" => Smartcard(Smartcard) in smartcards, info, live;
    "serial" => Serial(Serial) in serials, info, live;
    "parallel" => Parallel(Parallel) in parallels, info, live;
    "channel" => Channel(Channel) in channels, info, live;
    "console" => Console(Console) in consoles, info, live;
    "input" => Input(Input) in inputs, info, live;
    "filesystem" => Filesystem(Filesystem) in filesystems, info, live;
    "watchdog" => Watchdog(Watchdog) in watchdogs, info, live;
    "memballoon" => Memballoon(Memballoon) in memballoon, info, live;
    "rng" => Rng(Rng) in rngs, info, live;
    "nvram" => Nvram(Nvram) in nvram, info, live;
    "hub" => Hub(Hub) in hubs, info, live;
    "shmem" => Shmem(Shmem) in shmems, info, live;
    "tpm" => Tpm(Tpm) in tpms, info, live;
    "panic" => Panic(Panic) in panics, info, live;
    "memory" => Memory(MemoryDevice) in memories, info, live;
    "redirdev" => Redirdev(Redirdev) in redirdevs, info, live;
    "iommu" => Iommu(Iommu) in iommu, info, live;
    "vsock" => Vsock(Vsock) in vsock, info, live;
    "crypto" => Crypto(Crypto) in cryptos, info, live;
    "pstore" => Pstore(Pstore) in pstore, info, live;
    "graphics" => Graphics(Graphics) in graphics, live;
    "audio" => Audio(Audio) in audios;
    "lease" => Lease(Lease) in leases;
}

impl DeviceKind {
    /// The device with this alias: its kind, and its place among its like.
    pub fn by_alias(devices: &Devices, alias: &str) -> Option<(Self, usize)> {
        let has = |kind: Self, at| {
            let info = kind.get(devices, at).and_then(DeviceRef::info);
            info.and_then(|info| info.alias.as_deref()) == Some(alias)
        };
        let mut places = Self::ALL.iter().flat_map(|kind| (0..kind.count(devices)).map(|at| (*kind, at)));
        places.find(|(kind, at)| has(*kind, *at))
    }
}

impl AnyDevice {
    pub fn kind(&self) -> DeviceKind {
        self.as_ref().kind()
    }

    /// The element's name.
    pub fn name(&self) -> &'static str {
        self.as_ref().name()
    }

    /// What it has in common with others; some kinds have nothing.
    pub fn info(&self) -> Option<&DeviceInfo> {
        self.as_ref().info()
    }
}

/// A guest has many of a kind, or at most one.
trait Slot<T> {
    fn put(&mut self, device: T);
    fn take_out(&mut self, at: usize);
    /// One takes no more than it needs.
    fn shrink_to_fit(&mut self) {}
}

impl<T> Slot<T> for Vec<T> {
    fn put(&mut self, device: T) {
        self.push(device);
    }

    fn take_out(&mut self, at: usize) {
        self.remove(at);
    }

    fn shrink_to_fit(&mut self) {
        Vec::shrink_to_fit(self);
    }
}

/// One that few guests have is kept elsewhere.
impl<T> Slot<T> for Option<Box<T>> {
    fn put(&mut self, device: T) {
        *self = Some(Box::new(device));
    }

    fn take_out(&mut self, _at: usize) {
        *self = None;
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
