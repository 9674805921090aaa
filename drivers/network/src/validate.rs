//! What this driver can't do, or not for the way of forwarding (the model has refused what contradicts itself).

use crate::pool;
use ferrovirt_conf::network::{
    ForwardAddressKind, ForwardMode, Network, PortGroup, VirtualPort, VirtualPortType,
};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};

/// Refuses a definition that could never be started (`VIR_ERR_CONFIG_UNSUPPORTED`).
pub fn validate(network: &Network) -> Result<()> {
    check_name(&network.name)?;
    let mode = network.mode();
    if !mode.owns_bridge() {
        check_without_bridge(network)?;
    }
    let shapes = mode.owns_bridge() || (mode == ForwardMode::Bridge && network.bridge_name().is_some());
    if let Some(bandwidth) = &network.bandwidth {
        if !shapes {
            return refuse(network, "can't have <bandwidth>: there is no bridge to limit");
        }
        bandwidth.check_limits()?;
    }
    if network.dnsmasq.iter().flat_map(|dnsmasq| &dnsmasq.options).any(|option| option.value.is_none()) {
        let text = format!("an <option> in <dnsmasq:options> of network '{}' has no 'value'", network.name);
        return Err(Error::internal(text));
    }
    check_pool(network)?;
    check_dhcp(network)?;
    check_port_groups(network, shapes)
}

fn refuse<T>(network: &Network, why: &str) -> Result<T> {
    Err(Error::config_unsupported(format!(
        "network '{}' with forward mode '{}' {why}",
        network.name,
        network.mode()
    )))
}

/// Names become names of files.
fn check_name(name: &str) -> Result<()> {
    let text = || format!("'{}' can't be the name of a network", name.escape_debug());
    if name.contains('\n') {
        return Err(Error::new(ErrorCode::XmlDetail, text()).domain(ErrorDomain::Xml));
    }
    if name == "." || name == ".." {
        return Err(Error::new(ErrorCode::XmlDetail, text()));
    }
    Ok(())
}

fn check_without_bridge(network: &Network) -> Result<()> {
    let records = network
        .dns
        .as_ref()
        .is_some_and(|dns| !dns.txts.is_empty() || !dns.hosts.is_empty() || !dns.srvs.is_empty());
    let given = [
        (network.mac.is_some(), "<mac>"),
        (!network.ips.is_empty(), "<ip>"),
        (records, "<dns>"),
        (network.domain.is_some(), "<domain>"),
    ];
    match given.iter().find(|(given, _)| *given) {
        Some((_, element)) => refuse(network, &format!("can't have {element}: it has no bridge of its own")),
        None => Ok(()),
    }
}

fn check_pool(network: &Network) -> Result<()> {
    let Some(forward) = &network.forward else { return Ok(()) };
    let hostdev = network.mode() == ForwardMode::Hostdev;
    if let Some(interface) = forward.interfaces.first().filter(|_| hostdev) {
        return refuse(network, &format!("must list '{}' by PCI address, not by name", interface.dev));
    }
    for address in forward.addresses.iter().filter(|address| address.kind == ForwardAddressKind::Pci) {
        if !hostdev {
            return refuse(network, &format!("can't list a PCI device ({}); 'hostdev' can", address.name()));
        }
        if !pool::is_virtual_function(&address.name()) {
            return refuse(
                network,
                &format!("lists {}, which is no SR-IOV virtual function", address.name()),
            );
        }
    }
    Ok(())
}

/// dnsmasq serves one net of each family on an interface.
fn check_dhcp(network: &Network) -> Result<()> {
    for (v4, family) in [(true, "IPv4"), (false, "IPv6")] {
        let serving = network.ips.iter().filter(|ip| ip.address.is_ipv4() == v4 && !ip.dhcp().is_idle());
        if serving.count() > 1 {
            return refuse(network, &format!("can have <dhcp> in one {family} <ip> only"));
        }
    }
    Ok(())
}

fn check_port_groups(network: &Network, shapes: bool) -> Result<()> {
    let mode = network.mode();
    let open_vswitch = |port: &VirtualPort| port.kind == Some(VirtualPortType::OpenVSwitch);
    let tags = match mode {
        ForwardMode::Hostdev | ForwardMode::Passthrough => true,
        ForwardMode::Bridge => network.virtual_port.as_ref().is_none_or(open_vswitch),
        _ => false,
    };
    let tagged = network.vlan.is_some();
    let mut bad_tags = false;
    let mut default: Option<&PortGroup> = None;
    for (index, group) in network.port_groups.iter().enumerate() {
        if tagged || group.vlan.is_some() {
            bad_tags |= match &group.virtual_port {
                Some(port) => mode != ForwardMode::Bridge || !open_vswitch(port),
                None => !tags,
            };
        }
        if group.is_default {
            if let Some(other) = default {
                let (one, two) = (&other.name, &group.name);
                return refuse(network, &format!("has two default port groups, '{one}' and '{two}'"));
            }
            default = Some(group);
        }
        if network.port_groups[..index].iter().any(|other| other.name == group.name) {
            return refuse(network, &format!("has two port groups of the name '{}'", group.name));
        }
        if group.bandwidth.is_some() && !shapes {
            return refuse(network, &format!("can't have <bandwidth> in port group '{}'", group.name));
        }
    }
    // With a default group, nobody is plugged in without one, and the groups were all looked at.
    if bad_tags || (tagged && !tags && default.is_none()) {
        return refuse(
            network,
            "can't have <vlan>; host bridges, Open vSwitch and passed-through devices can",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line() {
        let wrong = check_name("a\nb").unwrap_err();
        assert_eq!((wrong.code(), wrong.error_domain()), (ErrorCode::XmlDetail, ErrorDomain::Xml));
        assert_eq!(check_name("..").unwrap_err().code(), ErrorCode::XmlDetail);
        check_name("a b").unwrap();
    }
}
