//! What a display or a pseudo terminal is found under, known only once the guest starts.

use crate::command::Settings;
use crate::driver::Shared;
use crate::graphics_ports::GraphicsPorts;
use crate::model;
use ferrovirt_conf::domain::{
    ChardevKind, Domain, Graphics, GraphicsListen, SpiceChannelMode, SpiceGraphics,
};
use ferrovirt_core::Result;
use std::net::IpAddr;

/// VNC's protocol takes no more characters of a password.
pub const VNC_PASSWORD_LENGTH: usize = 8;

/// A port of a display that is not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortKind {
    Vnc,
    Websocket,
    Spice,
    SpiceTls,
}

/// Gives every display that asks for any port a free one.
pub fn assign_ports(shared: &Shared, description: &mut Domain) -> Result<()> {
    choose_ports(&shared.settings, description, |kind, address| {
        let range = match kind {
            PortKind::Websocket => &shared.settings.websocket_ports,
            PortKind::Vnc | PortKind::Spice | PortKind::SpiceTls => &shared.settings.display_ports,
        };
        shared.graphics_ports.take(address, range).map(|port| Some(i32::from(port)))
    })?;
    for graphics in &description.devices.graphics {
        for port in model::display_ports(graphics) {
            shared.graphics_ports.note(port);
        }
    }
    Ok(())
}

/// Refuses displays that listen on a network that is not there.
pub fn find_networks(shared: &Shared, description: &Domain) -> Result<()> {
    let listens = description.devices.graphics.iter().flat_map(Graphics::listens);
    for name in
        listens.filter(|listen| listen.address.is_none()).filter_map(|listen| listen.network.as_deref())
    {
        shared.network.network_lookup_by_name(name)?;
    }
    Ok(())
}

/// Gives displays that ask for any port the one that libvirt's command lines have for guests that do not run.
pub fn pretend_ports(settings: &Settings, description: &mut Domain) -> Result<()> {
    choose_ports(settings, description, |kind, _| {
        Ok(match kind {
            PortKind::Vnc => Some(5900),
            PortKind::Spice => Some(5901),
            PortKind::SpiceTls => Some(5902),
            PortKind::Websocket => None,
        })
    })
}

/// Asks `choose` for every port that is left open; it is told the address that the display listens on.
fn choose_ports(
    settings: &Settings,
    description: &mut Domain,
    mut choose: impl FnMut(PortKind, IpAddr) -> Result<Option<i32>>,
) -> Result<()> {
    for graphics in &mut description.devices.graphics {
        let address = model::display_address(graphics).and_then(|text| text.parse::<IpAddr>().ok());
        let address = address.unwrap_or(GraphicsPorts::LOOPBACK);
        let has_ports = graphics.listens().first().is_none_or(GraphicsListen::has_ports);
        let wanted = match graphics {
            Graphics::Vnc(vnc) if has_ports => {
                let open = vnc.is_autoport() && vnc.port.is_none_or(|port| port <= 0);
                let websocket = vnc.websocket == Some(-1);
                vec![
                    (PortKind::Vnc, open, &mut vnc.port),
                    (PortKind::Websocket, websocket, &mut vnc.websocket),
                ]
            }
            Graphics::Spice(spice) if has_ports => {
                let (plain, tls) = open_spice_ports(spice, settings.spice.tls.is_some());
                vec![
                    (PortKind::Spice, plain, &mut spice.port),
                    (PortKind::SpiceTls, tls, &mut spice.tls_port),
                ]
            }
            _ => Vec::new(),
        };
        for (kind, _, port) in wanted.into_iter().filter(|(_, open, _)| *open) {
            if let Some(chosen) = choose(kind, address)? {
                *port = Some(chosen);
            }
        }
    }
    Ok(())
}

/// Whether a SPICE display needs a plain port, and one for TLS, that it has not got.
fn open_spice_ports(spice: &SpiceGraphics, has_tls: bool) -> (bool, bool) {
    let uses = |wanted: SpiceChannelMode| {
        spice.default_mode == wanted || spice.channels.iter().any(|channel| channel.mode == wanted)
    };
    let (auto, any) = (spice.is_autoport(), spice.default_mode == SpiceChannelMode::Any);
    let open = |port: Option<i32>, needed: bool| port == Some(-1) || auto && needed && port.is_none();
    (
        open(spice.port, any || uses(SpiceChannelMode::Insecure)),
        open(spice.tls_port, any && has_tls || uses(SpiceChannelMode::Secure)),
    )
}

/// Puts the paths of pseudo terminals, which QEMU opens, into the description.
pub fn note_terminals(description: &mut Domain, terminals: &[(String, String)]) {
    for (label, path) in terminals {
        let Some(alias) = label.strip_prefix("char") else { continue };
        for (info, host_end) in model::chardevs_mut(description) {
            if let (true, ChardevKind::Pty { source }) =
                (info.alias.as_deref() == Some(alias), &mut host_end.kind)
            {
                source.path = Some(path.clone());
            }
        }
    }
    description.devices.refresh_first_console();
}
