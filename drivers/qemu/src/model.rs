//! Questions to a guest's description that several parts of the driver ask.

use ferrovirt_conf::domain::{
    Channel, ChardevSource, Connection, DeviceInfo, Disk, Domain, Graphics, ListenType, MemballoonModel,
};
use ferrovirt_core::{Error, Result};
use std::path::Path;

/// Most memory the guest can have while it runs, in KiB.
pub fn memory_kib(model: &Domain) -> u64 {
    model.memory.size.0
}

/// The memory that the balloon leaves to the guest, in KiB.
pub fn current_memory_kib(model: &Domain) -> u64 {
    match model.current_memory.0 {
        0 => memory_kib(model),
        amount => amount,
    }
}

/// Whether the guest's memory can change while it runs.
pub fn has_balloon(model: &Domain) -> bool {
    model.devices.memballoon.as_ref().is_some_and(|balloon| balloon.model != MemballoonModel::None)
}

/// The network that an interface is on, if it is on one.
pub fn network_of(connection: &Connection) -> Option<&str> {
    match connection {
        Connection::Network(port) => Some(&port.network),
        Connection::Bridge(port) => port.network.as_deref(),
        _ => None,
    }
}

/// The tap of the interface that is named by its tap, its MAC address or its alias.
pub fn tap_of<'a>(model: &'a Domain, device: &str) -> Option<&'a str> {
    let found = model.devices.interfaces.iter().find(|interface| {
        interface.target.dev.as_deref() == Some(device)
            || interface.info.alias.as_deref() == Some(device)
            || interface.mac_address().is_some_and(|mac| mac.to_string().eq_ignore_ascii_case(device))
    })?;
    found.target.dev.as_deref()
}

/// The disk that is named by its target, or by the file or device that it is on.
pub fn disk<'a>(model: &'a Domain, name: &str) -> Option<&'a Disk> {
    let by_source = || model.devices.disks.iter().find(|disk| disk.source.path() == Some(name));
    model.devices.disk(name).or_else(by_source)
}

/// The disk of this target, where one must be.
pub fn wanted_disk<'a>(model: &'a Domain, target: &str) -> Result<&'a Disk> {
    let disk = model.devices.disk(target);
    disk.ok_or_else(|| Error::internal(format!("there is no disk '{target}'")))
}

/// The host's end of the console, serial or parallel port with this alias; without one that of the first console.
pub fn console<'a>(model: &'a Domain, alias: Option<&str>) -> Option<&'a ChardevSource> {
    let devices = &model.devices;
    let consoles = devices.consoles.iter().map(|device| (&device.info, &device.source));
    let serials = devices.serials.iter().map(|device| (&device.info, &device.source));
    let parallels = devices.parallels.iter().map(|device| (&device.info, &device.source));
    let mut all = consoles.chain(serials).chain(parallels);
    let wanted = |info: &DeviceInfo| alias.is_none() || info.alias.as_deref() == alias;
    all.find(|(info, _)| wanted(info)).map(|(_, source)| source)
}

/// The host's end of the channel with this name or alias; without one that of the first channel.
pub fn channel<'a>(model: &'a Domain, name: Option<&str>) -> Option<&'a ChardevSource> {
    let mut all = model.devices.channels.iter();
    let found = all.find(|channel| match name {
        None => true,
        Some(name) => channel.target.name() == Some(name) || channel.info.alias.as_deref() == Some(name),
    });
    found.map(|channel| &channel.source)
}

/// The channel of this name.
pub fn channel_device<'a>(model: &'a Domain, name: &str) -> Option<&'a Channel> {
    model.devices.channels.iter().find(|channel| channel.target.name() == Some(name))
}

/// Every character device's name and host's end.
pub fn chardevs_mut(model: &mut Domain) -> impl Iterator<Item = (&DeviceInfo, &mut ChardevSource)> {
    let devices = &mut model.devices;
    let serials = devices.serials.iter_mut().map(|device| (&device.info, &mut device.source));
    let parallels = devices.parallels.iter_mut().map(|device| (&device.info, &mut device.source));
    let consoles = devices.consoles.iter_mut().map(|device| (&device.info, &mut device.source));
    let channels = devices.channels.iter_mut().map(|device| (&device.info, &mut device.source));
    serials.chain(parallels).chain(consoles).chain(channels)
}

/// The TCP ports of a display.
pub fn display_ports(graphics: &Graphics) -> Vec<u16> {
    let ports = match graphics {
        Graphics::Vnc(vnc) => [vnc.port, vnc.websocket],
        Graphics::Spice(spice) => [spice.port, spice.tls_port],
        _ => [None, None],
    };
    ports.into_iter().flatten().filter_map(|port| u16::try_from(port).ok()).filter(|port| *port > 0).collect()
}

/// The address that a display listens on, if it says one.
pub fn display_address(graphics: &Graphics) -> Option<&str> {
    let listen = graphics.listens().iter().find(|listen| listen.kind == ListenType::Address);
    listen.and_then(|listen| listen.address.as_deref())
}

/// A path that must be there for the guest to start: told before QEMU is, with a better sentence.
pub fn missing_file(model: &Domain) -> Option<(&'static str, String)> {
    let boot = [("kernel", &model.os.kernel), ("initrd", &model.os.initrd), ("dtb", &model.os.dtb)];
    let boot = boot.into_iter().filter_map(|(what, path)| Some((what, path.clone()?)));
    let disks = model.devices.disks.iter().filter_map(|disk| Some(("disk", local_path(disk)?.to_owned())));
    boot.chain(disks).find(|(_, path)| !Path::new(path).exists())
}

/// The path of a disk that is a file or a device of this host.
fn local_path(disk: &Disk) -> Option<&str> {
    disk.source.location.is_local().then(|| disk.source.path()).flatten()
}
