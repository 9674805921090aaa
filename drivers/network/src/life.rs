//! A network's life: started from its definition or from a description, stopped.

use crate::driver::NetworkState;
use crate::network::{Live, VirtualNetwork};
use crate::{definitions, start, stop};
use ferrovirt_core::abi::{VIR_NETWORK_EVENT_STARTED, VIR_NETWORK_EVENT_STOPPED};
use ferrovirt_core::{Error, NetworkId, Result};
use std::sync::Arc;

/// Starts a defined network.
pub fn create(state: &NetworkState, id: &NetworkId) -> Result<()> {
    let network = state.find(id)?;
    let _job = state.job(&network, "start")?;
    refuse_active(&network)?;
    let definition = network.config()?;
    let live = Arc::new(Live::new(start::start(state, &definition)?));
    network.change(|view| view.live = Some(live.clone()));
    state.announce(network.id(), VIR_NETWORK_EVENT_STARTED);
    Ok(())
}

/// Starts a network from a description; without a stored definition, it is gone when it is stopped.
pub fn create_xml(state: &NetworkState, xml: &str, strict: bool) -> Result<NetworkId> {
    let mut model = definitions::parse(xml, strict)?.inactive();
    let network = definitions::claim(state, &mut model)?;
    let _job = state.job(&network, "start")?;
    refuse_active(&network)?;
    let draft = |view: &mut crate::network::View, model| view.draft = Some(model);
    let started = definitions::publish(state, &network, &mut model, draft)
        .and_then(|definition| start::start(state, &definition));
    let outcome = started.map(|definition| Arc::new(Live::new(definition)));
    network.change(|view| {
        view.draft = None;
        view.live = outcome.as_ref().ok().cloned();
    });
    if let Err(err) = outcome {
        if network.view().config.is_none() {
            state.forget(&network);
        }
        return Err(err);
    }
    state.announce(network.id(), VIR_NETWORK_EVENT_STARTED);
    Ok(network.id().clone())
}

fn refuse_active(network: &VirtualNetwork) -> Result<()> {
    match network.view().is_active() {
        true => Err(Error::operation_invalid(format!("network '{}' is already active", network.id().name))),
        false => Ok(()),
    }
}

/// Stops a network, whoever is plugged in.
pub fn destroy(state: &NetworkState, id: &NetworkId) -> Result<()> {
    let network = state.find(id)?;
    let _job = state.job(&network, "stop")?;
    let live = network.live()?;
    let outcome = stop::stop(state, &live.definition);
    network.change(|view| view.live = None);
    state.announce(network.id(), VIR_NETWORK_EVENT_STOPPED);
    let removed = match network.view().config {
        None => definitions::remove(state, &network),
        Some(_) => Ok(()),
    };
    outcome.and(removed)
}
