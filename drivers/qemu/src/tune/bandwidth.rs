//! The limits of an interface.

use super::Guest;
use crate::network;
use ferrovirt_conf::domain::{Connection, Domain, Interface};
use ferrovirt_conf::network::Bandwidth;
use ferrovirt_conf::tuning::bandwidth;
use ferrovirt_conf::values::Mac;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result, TypedParams};
use ferrovirt_net::{link, qos};

/// The place of the interface with this MAC address, or with this name of its host's end.
pub fn find(model: &Domain, device: &str) -> Result<usize> {
    let mac: Option<Mac> = device.parse().ok();
    let is_it = |interface: &Interface| match mac {
        Some(mac) => interface.mac_address() == Some(mac),
        None => interface.target.dev.as_deref() == Some(device),
    };
    model.devices.interfaces.iter().position(is_it).ok_or_else(|| {
        let text = format!("domain '{}' has no interface '{device}', by MAC address or name", model.name);
        Error::invalid_arg(text).domain(ErrorDomain::Domain)
    })
}

/// Changes the limits in a description.
pub fn set(model: &mut Domain, device: &str, params: &TypedParams) -> Result<()> {
    let at = find(model, device)?;
    let interface = &mut model.devices.interfaces[at];
    check(interface)?;
    let changed = bandwidth::limited(interface.bandwidth.unwrap_or_default(), params);
    interface.bandwidth = Some(changed).filter(|limits| *limits != Bandwidth::default());
    Ok(())
}

/// Limits are kept on taps.
fn check(interface: &Interface) -> Result<()> {
    use Connection::{Bridge, Direct, Ethernet, Network};
    match &interface.connection {
        Network(_) | Bridge(_) | Ethernet(_) | Direct { .. } => Ok(()),
        other => Err(Error::new(
            ErrorCode::ConfigUnsupported,
            format!("an interface of type '{}' can have no limits", other.kind()),
        )),
    }
}

impl Guest<'_> {
    /// Puts new limits in force.
    pub fn limit_interface(&self, model: &mut Domain, device: &str, params: &TypedParams) -> Result<()> {
        let at = find(model, device)?;
        let before = network::limits(model.devices.interfaces[at].bandwidth.as_ref());
        set(model, device, params)?;
        let interface = &model.devices.interfaces[at];
        let after = network::limits(interface.bandwidth.as_ref());
        let Some(tap) = interface.target.dev.as_deref().filter(|_| before != after) else { return Ok(()) };
        let links = self.shared.links()?;
        let tap = link::find(&links.netlink, tap)?;
        if let Err(err) = qos::set(&links.netlink, tap.index, &after) {
            // A failure leaves none at all.
            qos::set(&links.netlink, tap.index, &before)?;
            return Err(err.into());
        }
        Ok(())
    }
}
