//! What a display or a pseudo terminal is found under, known only once the guest starts.

use crate::driver::Shared;
use crate::graphics_ports::GraphicsPorts;
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::Result;
use std::net::IpAddr;

/// Gives every display that asks for any port a free one.
pub fn assign_ports(shared: &Shared, model: &mut Domain) -> Result<()> {
    for graphics in &mut model.devices.graphics {
        let address = graphics.listen_address().and_then(|text| text.parse::<IpAddr>().ok());
        let address = address.unwrap_or(GraphicsPorts::LOOPBACK);
        for port in graphics.ports_to_assign() {
            *port = Some(i32::from(shared.graphics_ports.take(address)?));
        }
        for port in graphics.ports() {
            shared.graphics_ports.note(port);
        }
    }
    Ok(())
}

/// Puts the paths of pseudo terminals, which QEMU opens, into the description.
pub fn note_terminals(model: &mut Domain, terminals: &[(String, String)]) {
    for (label, path) in terminals {
        let Some(alias) = label.strip_prefix("char") else { continue };
        for chardev in model.devices.chardevs_mut() {
            if chardev.info.alias.as_deref() == Some(alias) {
                chardev.source.note_terminal(path);
            }
        }
    }
}
