//! Network interfaces.

use ferrovirt_conf::domain::{Connection, Interface, InterfaceBackendType, TeamingType, VhostUserMode};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::YesNo;

use super::{Subject, refuse};

pub(super) fn check(subject: &Subject<'_>, interface: &Interface) -> Result<()> {
    if !interface.routes.is_empty() {
        return refuse("QEMU can't set routes inside of the guest");
    }
    let user = matches!(interface.connection, Connection::User { .. });
    let passt = interface.backend.kind == Some(InterfaceBackendType::Passt);
    let vhost_user = matches!(interface.connection, Connection::VhostUser(_));
    if user || vhost_user && passt {
        let backend = if passt { "stream" } else { "user" };
        if !subject.capabilities.schema_has(&format!("netdev_add/arg-type/+{backend}")) {
            return refuse("this QEMU has no such <backend> of an interface");
        }
        check_addresses(interface)?;
    } else if !interface.ips.is_empty() {
        return refuse("<ip> of an interface is for user-mode networks only");
    }
    check_connection(subject, interface, passt)?;
    check_virtio(subject, interface)?;
    if interface.mtu != 0 && !takes_mtu(&interface.connection, passt) {
        return refuse(format!("an interface of type '{}' has no <mtu>", interface.connection.kind()));
    }
    check_team(interface)?;
    let coalesces = matches!(interface.connection, Connection::Network(_) | Connection::Bridge(_));
    if interface.rx_max_coalesced_frames != 0 && !coalesces {
        return refuse(format!("an interface of type '{}' has no <coalesce>", interface.connection.kind()));
    }
    Ok(())
}

/// QEMU hands out addresses itself only where it, or passt, is the network.
fn check_addresses(interface: &Interface) -> Result<()> {
    let (mut v4, mut v6) = (false, false);
    for ip in &interface.ips {
        if ip.peer.is_some() {
            return refuse("an <ip> of a guest's interface has no 'peer'");
        }
        let (family, seen) = if ip.address.is_ipv6() { ("IPv6", &mut v6) } else { ("IPv4", &mut v4) };
        if std::mem::replace(seen, true) {
            return refuse(format!("an interface has one {family} address"));
        }
        match ip.prefix {
            0 => {}
            64 if ip.address.is_ipv6() => {}
            prefix if ip.address.is_ipv6() => {
                return refuse(format!(
                    "the prefix of an IPv6 address in a guest's network is 64, not {prefix}"
                ));
            }
            4..=27 => {}
            prefix => {
                let text =
                    format!("the prefix of an IPv4 address in a guest's network is 4 to 27, not {prefix}");
                return Err(Error::xml(text));
            }
        }
    }
    Ok(())
}

fn check_connection(subject: &Subject<'_>, interface: &Interface, passt: bool) -> Result<()> {
    match &interface.connection {
        Connection::Vdpa { .. }
            if !subject.capabilities.schema_has("netdev_add/arg-type/type/^vhost-vdpa") =>
        {
            refuse("this QEMU has no vDPA network devices")
        }
        Connection::VhostUser(port) => {
            if port.path.is_none() && !passt {
                return Err(Error::xml("an interface of type 'vhostuser' needs a 'path' in its <source>"));
            }
            let again = port.reconnect.as_ref().is_some_and(|again| again.enabled == Some(YesNo::Yes));
            if port.mode == Some(VhostUserMode::Server) && again {
                return refuse("an interface of type 'vhostuser' reconnects with mode='client' only");
            }
            subject.require_shared_memory("interface")
        }
        _ => Ok(()),
    }
}

fn check_virtio(subject: &Subject<'_>, interface: &Interface) -> Result<()> {
    let kind = interface.connection.kind();
    if !interface.is_virtio() {
        return match interface.connection {
            Connection::Vdpa { .. } | Connection::VhostUser(_) => {
                refuse(format!("an interface of type '{kind}' needs the model 'virtio'"))
            }
            _ => Ok(()),
        };
    }
    let Some(driver) = &interface.driver else { return Ok(()) };
    for (name, size) in [("rx_queue_size", driver.rx_queue_size), ("tx_queue_size", driver.tx_queue_size)] {
        if size != 0 && !size.is_power_of_two() {
            return refuse(format!("'{name}' of an interface must be a power of two, not {size}"));
        }
    }
    let scales = driver.rss.is_some() || driver.rss_hash_report.is_some();
    if scales && !subject.any_has(&["virtio-net-pci", "virtio-net-ccw"], "rss") {
        return refuse("this QEMU has no 'rss' for interfaces");
    }
    Ok(())
}

fn takes_mtu(connection: &Connection, passt: bool) -> bool {
    match connection {
        Connection::Network(_)
        | Connection::Bridge(_)
        | Connection::Ethernet(_)
        | Connection::VhostUser(_) => true,
        Connection::User { .. } => passt,
        _ => false,
    }
}

fn check_team(interface: &Interface) -> Result<()> {
    let Some(teaming) = &interface.teaming else { return Ok(()) };
    let handed = matches!(interface.connection, Connection::Hostdev(_) | Connection::Network(_));
    match teaming.kind {
        TeamingType::Persistent if !interface.is_virtio() => {
            refuse("the persistent interface of a team needs the model 'virtio'")
        }
        TeamingType::Transient if !handed => {
            refuse("the transient interface of a team needs the type 'hostdev'")
        }
        _ => Ok(()),
    }
}
