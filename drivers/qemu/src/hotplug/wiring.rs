//! Where a tap is plugged in on the host, and how; and moving it from one wiring to another.

use crate::driver::Links;
use crate::network;
use ferrovirt_conf::domain::{Connection, Interface, LinkState, MacTableManager};
use ferrovirt_core::{Error, Result};
use ferrovirt_net::bridge_port::{self, PortFlags};
use ferrovirt_net::mac_table::PortSpec;
use ferrovirt_net::{bridge, link};

/// How a tap is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wiring {
    /// With an empty name where the tap is on no bridge.
    spec: PortSpec,
    managed: bool,
}

impl Wiring {
    /// Of a running guest's interface; `None` where there is no tap.
    pub fn of(interface: &Interface) -> Option<Self> {
        let (bridge, manager) = match &interface.connection {
            Connection::Network(port) => (port.bridge.as_deref().unwrap_or_default(), port.mac_table_manager),
            Connection::Bridge(port) => (&*port.bridge, port.mac_table_manager),
            Connection::Ethernet(_) => ("", None),
            _ => return None,
        };
        let tap = interface.target.dev.as_deref()?;
        let link_up = interface.link_state != Some(LinkState::Down);
        let spec = network::port_spec(interface, bridge, tap, interface.mac_address()?, link_up);
        Some(Self { spec, managed: manager == Some(MacTableManager::Libvirt) })
    }

    pub fn bridge(&self) -> Option<&str> {
        Some(&*self.spec.bridge).filter(|name| !name.is_empty())
    }

    pub fn tap(&self) -> &str {
        &self.spec.port
    }

    pub fn is_managed(&self) -> bool {
        self.managed
    }
}

/// Makes the tap's wiring what `to` says; on failure it is what `from` said.
pub fn rewire(links: &Links, from: &Wiring, to: &Wiring) -> Result<()> {
    if from == to {
        return Ok(());
    }
    if let Some(name) = to.bridge().filter(|name| from.bridge() != Some(name))
        && link::lookup(&links.netlink, name)?.is_none()
    {
        return Err(Error::operation_failed(format!("there is no bridge '{name}' to put '{}' on", to.tap())));
    }
    // Between managed wirings, the table changes all at once or nothing.
    if from.managed && to.managed {
        return Ok(links.mac_table.update(&to.spec)?);
    }
    wire(links, from, to).map_err(|err| match wire(links, to, from) {
        Ok(()) => err,
        Err(undo) => err.context(format!("the way back failed as well ({undo})")),
    })
}

fn wire(links: &Links, from: &Wiring, to: &Wiring) -> Result<()> {
    if from.managed {
        // Also on the way back, where it may never have become managed.
        let _ = links.mac_table.unplug(from.tap());
    }
    if to.managed {
        return Ok(links.mac_table.plug(&to.spec)?);
    }
    let port = link::find(&links.netlink, to.tap())?;
    if let Some(name) = to.bridge() {
        let bridge = bridge::find(&links.netlink, name)?;
        let flags = PortFlags { isolated: to.spec.isolated, ..PortFlags::default() };
        let stays = port.master == Some(bridge.index) && from.spec.vlans == to.spec.vlans;
        if stays {
            bridge_port::set_flags(&links.netlink, port.index, flags)?;
        } else {
            // Leaving takes the VLANs along.
            if port.master.is_some() {
                bridge_port::detach(&links.netlink, port.index)?;
            }
            bridge_port::attach(&links.netlink, port.index, bridge.index, flags, &to.spec.vlans)?;
        }
    }
    Ok(link::set_up(&links.netlink, port.index, to.spec.link_up)?)
}
