//! Names for networks' bridges: of two networks, no two have the same.

use crate::driver::NetworkState;
use ferrovirt_conf::network::Network;
use ferrovirt_conf::values::Mac;
use ferrovirt_core::{Error, Result};
use ferrovirt_net::link;

/// A template's number does not go beyond this.
const LAST: u32 = 256;

/// Gives the bridge of a network that owns one its name and address; a name that another network has is refused.
/// The caller holds the driver's naming lock until the definition can be seen by others.
pub fn settle(state: &NetworkState, network: &mut Network) -> Result<()> {
    if !network.mode().owns_bridge() {
        return Ok(());
    }
    network.mac.get_or_insert_with(|| Mac::generate(Mac::QEMU_PREFIX));
    match network.bridge_name() {
        Some(name) if !name.contains("%d") => {
            let name = name.to_owned();
            match owner(state, &name, &network.name) {
                None => Ok(()),
                Some(other) => Err(Error::internal(format!(
                    "bridge name '{name}' already in use: network '{other}' has it; choose another, or none"
                ))),
            }
        }
        template => {
            let template = template.filter(|name| name.matches('%').count() == 1).unwrap_or("virbr%d");
            let free = find_free(state, template, &network.name)?;
            network.bridge_mut().name = Some(free);
            Ok(())
        }
    }
}

fn find_free(state: &NetworkState, template: &str, network: &str) -> Result<String> {
    let netlink = state.netlink()?;
    for number in 0..=LAST {
        let name = template.replace("%d", &number.to_string());
        if owner(state, &name, network).is_none() && link::lookup(netlink, &name)?.is_none() {
            return Ok(name);
        }
    }
    Err(Error::internal(format!("no name is left for the bridge of network '{network}': {template} is full")))
}

/// Another network that has this bridge, or will have it.
fn owner(state: &NetworkState, bridge: &str, except: &str) -> Option<String> {
    let networks = state.networks.all();
    let found = networks
        .iter()
        .find(|other| *other.id().name != *except && other.view().bridges().any(|name| name == bridge));
    found.map(|other| other.id().name.to_string())
}
