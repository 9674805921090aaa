//! What a display or a pseudo terminal is found under, known only once the guest starts.

use crate::driver::Shared;
use crate::graphics_ports::GraphicsPorts;
use crate::model;
use ferrovirt_conf::domain::{ChardevKind, Domain, Graphics};
use ferrovirt_core::Result;
use std::net::IpAddr;

/// Gives every display that asks for any port a free one.
pub fn assign_ports(shared: &Shared, description: &mut Domain) -> Result<()> {
    for graphics in &mut description.devices.graphics {
        let address = model::display_address(graphics).and_then(|text| text.parse::<IpAddr>().ok());
        let address = address.unwrap_or(GraphicsPorts::LOOPBACK);
        let wanted = match graphics {
            Graphics::Vnc(vnc) if vnc.socket.is_none() => {
                vec![(&mut vnc.port, true), (&mut vnc.websocket, false)]
            }
            // A port for TLS would need certificates, which only the host's configuration can name.
            Graphics::Spice(spice) => vec![(&mut spice.port, true)],
            _ => Vec::new(),
        };
        for (port, always) in wanted {
            if *port == Some(-1) || (always && port.is_none()) {
                *port = Some(i32::from(shared.graphics_ports.take(address)?));
            }
        }
        for port in model::display_ports(graphics) {
            shared.graphics_ports.note(port);
        }
    }
    Ok(())
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
