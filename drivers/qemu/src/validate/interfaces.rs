//! Network interfaces.

use ferrovirt_conf::domain::{Connection, Interface, InterfaceBackendType, TeamingType};
use ferrovirt_core::Result;

use super::{Subject, refuse};

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    subject.model.devices.interfaces.iter().try_for_each(|interface| check_one(subject, interface))
}

fn check_one(subject: &Subject<'_>, interface: &Interface) -> Result<()> {
    let kind = interface.connection.kind();
    if !interface.routes.is_empty() {
        return refuse("QEMU can't set routes inside of the guest");
    }
    let user = matches!(interface.connection, Connection::User { .. });
    let vhost_user = matches!(interface.connection, Connection::VhostUser(_));
    let passt = interface.backend.kind == Some(InterfaceBackendType::Passt);
    check_addresses(interface, user || vhost_user && passt)?;
    let vdpa = matches!(interface.connection, Connection::Vdpa { .. });
    if vdpa && !subject.capabilities.schema_has("netdev_add/arg-type/type/^vhost-vdpa") {
        return refuse("this QEMU has no vDPA network devices");
    }
    if vhost_user {
        subject.require_shared_memory("interface")?;
    }
    if (vdpa || vhost_user) && !interface.is_virtio() {
        return refuse(format!("an interface of type '{kind}' needs the model 'virtio'"));
    }
    if let Some(driver) = interface.driver.as_ref().filter(|_| interface.is_virtio()) {
        for (name, size) in [("rx_queue_size", driver.rx_queue_size), ("tx_queue_size", driver.tx_queue_size)]
        {
            if size != 0 && !size.is_power_of_two() {
                return refuse(format!("'{name}' of an interface must be a power of two, not {size}"));
            }
        }
    }
    check_team(interface)
}

/// QEMU hands out addresses itself only where it, or passt, is the network.
fn check_addresses(interface: &Interface, is_network: bool) -> Result<()> {
    if !is_network {
        return match interface.ips.is_empty() {
            true => Ok(()),
            false => refuse("<ip> of an interface is for user-mode networks only"),
        };
    }
    for (family, v6) in [("IPv4", false), ("IPv6", true)] {
        if interface.ips.iter().filter(|ip| ip.address.is_ipv6() == v6).count() > 1 {
            return refuse(format!("an interface has one {family} address"));
        }
    }
    Ok(())
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
