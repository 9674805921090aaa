//! Plugging devices in and out, and changing them.

use super::compatible::{self, Needs};
use super::disks;
use crate::refuse;
use ferrovirt_conf::domain::{
    Address, Connection, Device, Disk, DiskBus, DiskDevice, DiskDriver, Domain, HostDevice, HostSubsystem,
    Hostdev, Interface, drive_index,
};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, XmlContent};

/// A device that can be plugged in here, or that can't.
pub enum Plug {
    Disk(Box<Disk>),
    Interface(Box<Interface>),
    Hostdev(Box<Hostdev>),
    Other { name: String, needs: Needs },
}

/// The devices there are that only come with the machine.
const OTHERS: &[&str] = &[
    "lease",
    "filesystem",
    "input",
    "sound",
    "watchdog",
    "video",
    "controller",
    "graphics",
    "hub",
    "redirdev",
    "rng",
    "console",
    "serial",
    "parallel",
    "channel",
    "smartcard",
    "memballoon",
    "nvram",
    "shmem",
    "tpm",
    "panic",
    "memory",
    "iommu",
    "vsock",
    "audio",
    "crypto",
    "pstore",
];

/// Reads a device for the guest. What is `live` keeps what only running guests have.
pub fn parse(xml: &str, model: &Domain, live: bool) -> Result<Plug> {
    read(xml, model, live).map_err(|err| err.or_domain(ErrorDomain::Domain))
}

fn read(xml: &str, model: &Domain, live: bool) -> Result<Plug> {
    let document = Document::parse(xml, "device_definition")?;
    let node = document.root();
    let context = model.context();
    let plug = match node.name() {
        "disk" => {
            let mut disk = Disk::parse(&node)?;
            if !live {
                disk.strip_live();
            }
            disk.fill_defaults(&context);
            disk.validate(&context)?;
            Plug::Disk(Box::new(disk))
        }
        "interface" => {
            let mut interface = Interface::parse(&node)?;
            interface.strip_live();
            interface.fill_defaults(&context);
            interface.validate(&context)?;
            interface.ensure_mac(super::definition::MAC_PREFIX);
            Plug::Interface(Box::new(interface))
        }
        "hostdev" => {
            let mut hostdev = Hostdev::parse(&node)?;
            hostdev.strip_live();
            hostdev.fill_defaults(&context);
            hostdev.validate(&context)?;
            Plug::Hostdev(Box::new(hostdev))
        }
        name if OTHERS.contains(&name) => {
            Plug::Other { name: name.to_owned(), needs: compatible::check_other(&node, model)? }
        }
        name => {
            let text = format!("there is no device <{name}>");
            return Err(node.error(ErrorCode::ConfigUnsupported, text).domain(ErrorDomain::Domain));
        }
    };
    Ok(plug)
}

fn no(what: &str, name: &str) -> Error {
    refuse::operation_unsupported(format!("<{name}> can't be {what} while the domain runs"))
}

/// Plugs a device in; its alias comes back.
pub fn attach(model: &mut Domain, device: Plug) -> Result<Option<String>> {
    compatible::check_usb(&device, model)?;
    compatible::check_memory(&device, model)?;
    match device {
        Plug::Disk(disk) => attach_disk(model, *disk),
        Plug::Interface(mut interface) => {
            if !matches!(interface.connection, Connection::Ethernet(_) | Connection::Bridge(_)) {
                return Err(refuse::operation_unsupported(
                    "only interfaces of type ethernet or bridge can be plugged in",
                ));
            }
            let alias = interface.info.alias.get_or_insert_with(|| next_alias(model)).clone();
            model.devices.interfaces.push(*interface);
            Ok(Some(alias))
        }
        Plug::Hostdev(hostdev) => {
            if !matches!(hostdev.device, HostDevice::Subsystem(HostSubsystem::Pci { .. })) {
                let text = "plugging in a host device is not supported unless it is on PCI";
                return Err(refuse::error(ErrorCode::ConfigUnsupported, text));
            }
            let alias = hostdev.info.alias.clone();
            model.devices.hostdevs.push(*hostdev);
            Ok(alias)
        }
        Plug::Other { name, .. } => Err(no("plugged in", &name)),
    }
}

/// `net`, and the first number behind those that there are.
fn next_alias(model: &Domain) -> String {
    let aliases = model.devices.interfaces.iter().filter_map(|interface| interface.info.alias.as_deref());
    let numbers = aliases.filter_map(|alias| alias.strip_prefix("net")?.parse::<u32>().ok());
    format!("net{}", numbers.max().map_or(0, |last| last + 1))
}

fn attach_disk(model: &mut Domain, mut disk: Disk) -> Result<Option<String>> {
    let name = disk.name().unwrap_or_default().to_owned();
    let same = model.devices.disks.iter().position(|known| known.name() == Some(&name));
    if let Some(place) = same.filter(|_| disk.is_removable()) {
        // A drive is there already: it gets another medium.
        let drive = &mut model.devices.disks[place];
        drive.source = disk.source;
        // What a medium is written in comes with it, the rest is the drive's.
        match (&mut drive.driver, disk.driver.and_then(|driver| driver.format)) {
            (Some(driver), format) => driver.format = format,
            (None, None) => {}
            (none, format) => *none = Some(DiskDriver { format, ..DiskDriver::default() }),
        }
        return Ok(disk.info.alias);
    }
    let unsupported = |text: &str| Err(refuse::operation_unsupported(text));
    if disk.device == DiskDevice::Floppy {
        return unsupported("floppy drives can't be plugged in");
    }
    if same.is_some() {
        let text = format!("the domain has a disk '{name}' already");
        return Err(refuse::error(ErrorCode::XmlError, text).domain(ErrorDomain::Domain));
    }
    match disk.target.bus {
        Some(DiskBus::Usb) if disk.device == DiskDevice::Lun => {
            return Err(refuse::error(ErrorCode::ConfigUnsupported, "a disk device='lun' can't be on USB"));
        }
        Some(DiskBus::Usb) => {}
        Some(DiskBus::Virtio) if disk.device == DiskDevice::Cdrom => {
            return unsupported("a CD drive can't be on virtio");
        }
        Some(DiskBus::Virtio) => {}
        _ => return unsupported("only disks on virtio or USB can be plugged in"),
    }
    let alias = alias_of(&disk);
    disk.info.alias = Some(alias.clone());
    model.devices.add_disk(disk);
    Ok(Some(alias))
}

fn alias_of(disk: &Disk) -> String {
    if let Some(alias) = &disk.info.alias {
        return alias.clone();
    }
    let bus = disk.target.bus.map(|bus| bus.to_string()).unwrap_or_default();
    match &disk.info.address {
        Some(Address::Drive(drive)) => format!("{bus}{}-{}-{}", drive.controller, drive.bus, drive.unit),
        _ => {
            let number = disk.name().and_then(drive_index).map_or(0, |number| number as usize);
            format!("{bus}-disk{number}")
        }
    }
}

/// Puts a device in the place of the one that it means.
pub fn update(model: &mut Domain, device: Plug) -> Result<()> {
    let name = match device {
        Plug::Disk(disk) => {
            let name = disk.name().unwrap_or_default();
            let place = disks::index(model, name, false)
                .ok_or_else(|| refuse::invalid_arg(format!("the domain has no disk '{name}'")))?;
            model.devices.disks[place] = *disk;
            // On another bus than before it may need what is not there yet.
            model.devices.add_implicit_controllers();
            return Ok(());
        }
        Plug::Interface(_) => "interface".to_owned(),
        Plug::Hostdev(_) => "hostdev".to_owned(),
        Plug::Other { name, .. } => name,
    };
    // The words are those that virt-xml's users see, and its tests look for.
    Err(refuse::operation_unsupported(format!("persistent update of device '{name}' is not supported")))
}

/// Unplugs the device of that alias.
pub fn detach(model: &mut Domain, alias: &str) -> Result<()> {
    let devices = &mut model.devices;
    let is_it = |own: &Option<String>| own.as_deref() == Some(alias);
    if let Some(place) = devices.disks.iter().position(|disk| is_it(&disk.info.alias)) {
        check_removable(&devices.disks[place])?;
        devices.disks.remove(place);
        return Ok(());
    }
    if let Some(place) = devices.interfaces.iter().position(|interface| is_it(&interface.info.alias)) {
        let connection = &devices.interfaces[place].connection;
        if !matches!(connection, Connection::Ethernet(_) | Connection::Bridge(_)) {
            return Err(refuse::operation_unsupported(
                "only interfaces of type ethernet or bridge can be unplugged",
            ));
        }
        devices.interfaces.remove(place);
        return Ok(());
    }
    if let Some(place) = devices.hostdevs.iter().position(|hostdev| is_it(&hostdev.info.alias)) {
        devices.hostdevs.remove(place);
        return Ok(());
    }
    if devices.infos().iter().any(|info| is_it(&info.alias)) {
        return Err(refuse::operation_unsupported(format!("the device '{alias}' can't be unplugged")));
    }
    let text = format!("the domain has no device with alias '{alias}'");
    Err(Error::internal(text).domain(ErrorDomain::Domain))
}

fn check_removable(disk: &Disk) -> Result<()> {
    let bus = disk.target.bus;
    let pluggable = matches!(bus, Some(DiskBus::Usb | DiskBus::Scsi));
    let fits = match disk.device {
        DiskDevice::Disk | DiskDevice::Lun => pluggable || bus == Some(DiskBus::Virtio),
        DiskDevice::Cdrom => pluggable,
        DiskDevice::Floppy => false,
    };
    if fits { Ok(()) } else { Err(refuse::operation_unsupported("a disk of this kind can't be unplugged")) }
}
