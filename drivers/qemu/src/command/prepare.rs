//! From a definition to the description of a guest about to run: what is decided only then, and not by other guests.

use super::Surroundings;
use super::blockdev::number_images;
use super::surroundings::DisplaySettings;
use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{
    Channel, ChannelTarget, ChardevKind, Domain, Graphics, GraphicsListen, ListenType, SocketMode,
};
use ferrovirt_conf::values::ScaledSize;
use ferrovirt_xml::YesNo;
use std::path::Path;

/// Decides what the user has left to the start: sizes of memory that the machine can have, paths of sockets, addresses
/// of displays, numbers of images. What is there already stays.
pub fn prepare(model: &mut Domain, host: &Surroundings<'_>) {
    // What comes from elsewhere has its size.
    if host.incoming.is_none() {
        align_memory(model);
    }
    for channel in &mut model.devices.channels {
        name_socket(channel, host.channel_folder);
    }
    for graphics in &mut model.devices.graphics {
        complete_listens(graphics, host);
    }
    number_images(model);
}

/// Machines take memory by the MiB, pSeries by 256 of them, memory devices by two.
pub fn align_memory(model: &mut Domain) {
    let is_pseries = matches!(model.os.arch, Some(Arch::Ppc64 | Arch::Ppc64le));
    let (whole, module) = if is_pseries { (256 * 1024, 256 * 1024) } else { (1024, 2048) };
    let devices = super::memory_device::total(model);
    let mut initial = model.memory.size.0.saturating_sub(devices).next_multiple_of(whole);
    let cells = model.cpu.as_mut().and_then(|cpu| cpu.numa.as_mut()).map(|numa| &mut numa.cells);
    if let Some(cells) = cells.filter(|cells| !cells.is_empty()) {
        for cell in cells.iter_mut() {
            cell.memory.0 = cell.memory.0.next_multiple_of(whole);
        }
        initial = cells.iter().map(|cell| cell.memory.0).sum();
    }
    if let Some(max) = &mut model.max_memory {
        max.size.0 = max.size.0.next_multiple_of(whole);
    }
    for memory in &mut model.devices.memories {
        let size = &mut memory.model.target_mut().size;
        size.0 = size.0.next_multiple_of(module);
    }
    model.memory.size = ScaledSize(initial + super::memory_device::total(model));
}

/// A channel without a place on the host gets a socket that others can connect to.
fn name_socket(channel: &mut Channel, folder: &Path) {
    let ChannelTarget::Virtio { name: Some(name), .. } = &channel.target else { return };
    if let ChardevKind::Unix { source } = &mut channel.source.kind
        && source.path.is_none()
    {
        source.path = Some(folder.join(name).to_string_lossy().into_owned());
        source.mode = SocketMode::Bind;
    }
}

fn complete_listens(graphics: &mut Graphics, host: &Surroundings<'_>) {
    let (settings, socket): (&DisplaySettings, _) = match graphics {
        Graphics::Vnc(_) => (&host.settings.vnc, "vnc.sock"),
        Graphics::Spice(_) => (&host.settings.spice, "spice.sock"),
        Graphics::Dbus(dbus) if dbus.p2p != Some(YesNo::Yes) && dbus.address.is_none() => {
            let socket = host.settings.dbus_folder.join(format!("{}-dbus.sock", host.short_name));
            dbus.address = Some(format!("unix:path={}", socket.display()));
            return;
        }
        _ => return,
    };
    let listens = graphics.listens_mut().into_iter().flatten();
    for listen in listens {
        complete_listen(listen, settings, &host.guest_folder.join(socket));
    }
    graphics.repeat_listen();
}

fn complete_listen(listen: &mut GraphicsListen, settings: &DisplaySettings, socket: &Path) {
    match listen.kind {
        ListenType::Address if listen.address.is_none() && settings.on_socket => {
            *listen = GraphicsListen::on_socket(Some(socket.to_string_lossy().into_owned()));
            listen.from_config = Some(1);
        }
        ListenType::Address if listen.address.is_none() => {
            listen.address = Some(settings.listen.clone());
            listen.from_config = Some(1);
        }
        ListenType::Socket if listen.socket.is_none() => {
            listen.socket = Some(socket.to_string_lossy().into_owned());
            listen.auto_generated = Some(YesNo::Yes);
        }
        _ => {}
    }
}
