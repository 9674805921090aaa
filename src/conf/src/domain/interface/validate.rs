//! What contradicts itself in a card, whatever the hypervisor.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::YesNo;

use super::{Connection, Interface, InterfaceBackendType, Socket, TeamingType};
use crate::values::Mac;

pub(super) fn interface(card: &Interface) -> Result<()> {
    source(card)?;
    virtual_port(card)?;
    if card.target.managed == Some(YesNo::No) && !matches!(card.connection, Connection::Ethernet(_)) {
        return unsupported(card, "can't have <target managed='no'/>: only type 'ethernet' can");
    }
    if let Some(vlan) = &card.vlan {
        vlan.validate()?;
    }
    teaming(card)?;
    isolation(card)?;
    passt(card)?;
    if let Some(bandwidth) = &card.bandwidth {
        bandwidth.check_limits()?;
    }
    Ok(())
}

fn name(card: &Interface) -> String {
    let mac = card.mac.address.unwrap_or(Mac([0; 6]));
    format!("interface {mac} of type '{}'", card.connection.kind())
}

fn unsupported<T>(card: &Interface, text: &str) -> Result<T> {
    Err(Error::config_unsupported(format!("{} {text}", name(card))))
}

fn source(card: &Interface) -> Result<()> {
    if let Some(mac) = card.mac.address.filter(|mac| mac.is_multicast()) {
        return Err(Error::xml(format!("'{mac}' is the address of a group: a card needs one of its own")));
    }
    match &card.connection {
        Connection::Client(Socket { address: None, .. })
        | Connection::Multicast(Socket { address: None, .. }) => {
            Err(Error::xml(format!("{} needs an 'address' in its <source>", name(card))))
        }
        Connection::Hostdev(port) => {
            let source = &port.source;
            if !source.is_usb() && source.startup_policy.is_some() {
                return unsupported(card, "can't have a 'startupPolicy': only USB devices can");
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn virtual_port(card: &Interface) -> Result<()> {
    let Some(port) = &card.virtual_port else { return Ok(()) };
    port.validate()?;
    match &card.connection {
        Connection::Network(_) => Ok(()),
        Connection::Bridge(_) | Connection::Direct(_) | Connection::Hostdev(_) => port.require_all(),
        _ => unsupported(card, "can't have a <virtualport>"),
    }
}

fn teaming(card: &Interface) -> Result<()> {
    let Some(teaming) = &card.teaming else { return Ok(()) };
    match (teaming.kind, &teaming.persistent) {
        (TeamingType::Transient, None) => {
            unsupported(card, "is the transient part of a team, and must name the 'persistent' one")
        }
        (TeamingType::Persistent, Some(_)) => {
            unsupported(card, "is the persistent part of a team, and can't name a 'persistent' one")
        }
        _ => Ok(()),
    }
}

fn isolation(card: &Interface) -> Result<()> {
    if card.isolated != Some(YesNo::Yes) {
        return Ok(());
    }
    if !matches!(card.connection, Connection::Network(_) | Connection::Bridge(_)) {
        return unsupported(card, "can't have <port isolated='yes'/>: it is on no bridge");
    }
    if card.virtual_port.as_ref().is_some_and(|port| port.kind.is_some()) {
        return unsupported(card, "can't have <port isolated='yes'/> on a switch that has a <virtualport>");
    }
    Ok(())
}

fn passt(card: &Interface) -> Result<()> {
    let can = matches!(card.connection, Connection::User { .. } | Connection::VhostUser(_));
    let is = card.backend.kind == Some(InterfaceBackendType::Passt);
    if is && !can {
        return unsupported(card, "can't have the backend 'passt': types 'user' and 'vhostuser' can");
    }
    if card.connection.passt_dev().is_some() && !is {
        return unsupported(card, "can name a 'dev' in its <source> only with the backend 'passt'");
    }
    if !card.port_forwards.is_empty() && !is {
        return unsupported(card, "can have <portForward> only with the backend 'passt'");
    }
    card.port_forwards.iter().flat_map(|forward| &forward.ranges).try_for_each(super::PortRange::validate)
}
