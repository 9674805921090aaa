//! Changing one part of a network, active or defined.

use crate::driver::NetworkState;
use crate::network::{Live, VirtualNetwork};
use crate::{definitions, dnsmasq, firewall, status};
use ferrovirt_conf::network::Network;
use ferrovirt_core::abi::{VIR_NETWORK_UPDATE_AFFECT_CONFIG, VIR_NETWORK_UPDATE_AFFECT_LIVE};
use ferrovirt_core::{Error, NetworkId, Result};
use std::sync::Arc;

/// What a change is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impact {
    pub live: bool,
    pub config: bool,
}

impl Impact {
    /// From `VIR_NETWORK_UPDATE_AFFECT_*`: without one, the active network, or the definition of one that is not.
    pub fn of(network: &VirtualNetwork, flags: u32) -> Result<Self> {
        let view = network.view();
        let live = flags & VIR_NETWORK_UPDATE_AFFECT_LIVE != 0;
        let config = flags & VIR_NETWORK_UPDATE_AFFECT_CONFIG != 0;
        let impact = match (live, config) {
            (false, false) => Self { live: view.is_active(), config: !view.is_active() },
            _ => Self { live, config },
        };
        if impact.live {
            network.live()?;
        }
        if impact.config {
            network.config()?;
        }
        Ok(impact)
    }
}

/// One change, as `virNetworkUpdate` has it.
pub struct Change<'a> {
    pub command: u32,
    pub section: u32,
    pub parent: i32,
    pub xml: &'a str,
}

impl Change<'_> {
    fn made_to(&self, network: &Network) -> Result<Network> {
        let mut changed = network.clone();
        changed.update(self.command, self.section, self.parent, self.xml)?;
        // Nothing may get in by parts that would be refused as a whole.
        Network::from_xml(&changed.to_xml(), false)?;
        changed.strip_counts();
        Ok(changed)
    }
}

pub fn update(state: &NetworkState, id: &NetworkId, change: &Change<'_>, flags: u32) -> Result<()> {
    let network = state.find(id)?;
    let _job = state.job(&network, "update")?;
    let impact = Impact::of(&network, flags)?;
    let old = if impact.live { Some(network.live()?) } else { None };
    let new = match &old {
        Some(old) => {
            Some(Live { definition: Arc::new(change.made_to(&old.counted())?), ports: old.ports.clone() })
        }
        None => None,
    };
    let config = if impact.config { Some(Arc::new(change.made_to(&*network.config()?)?)) } else { None };
    let new = new.map(Arc::new);
    if let (Some(old), Some(new)) = (&old, &new) {
        apply_or_undo(state, &old.definition, &new.definition)?;
    }
    if let Some(config) = &config {
        let saved = definitions::save(state, config);
        if let (Err(_), Some(old), Some(new)) = (&saved, &old, &new) {
            apply_or_undo(state, &new.definition, &old.definition)?;
        }
        saved?;
    }
    network.change(|view| {
        view.live = new.clone().or(view.live.take());
        view.config = config.clone().or(view.config.take());
    });
    new.map_or(Ok(()), |new| status::save(&state.paths, &new))
}

/// Brings the host from one definition to another; if that fails, back.
fn apply_or_undo(state: &NetworkState, from: &Network, to: &Network) -> Result<()> {
    apply(state, from, to).map_err(|err| match apply(state, to, from) {
        Ok(()) => err,
        Err(undo) => {
            let text = format!("{}; undoing what was already done failed as well: {undo}", err.message());
            Error::new(err.code(), text).caused_by(err)
        }
    })
}

fn apply(state: &NetworkState, from: &Network, to: &Network) -> Result<()> {
    if !to.mode().owns_bridge() {
        return Ok(());
    }
    let rules = firewall::of(to);
    if rules != firewall::of(from) {
        state.firewall.keep(&rules)?;
    }
    dnsmasq::change(&state.paths, from, to)
}
