//! After a restart or a crash: what is up is taken over, what is half up or half down is taken down.

use crate::driver::NetworkState;
use crate::network::{Live, VirtualNetwork};
use crate::{definitions, dnsmasq, firewall, status, stop, undo};
use ferrovirt_conf::network::{ForwardMode, Network};
use ferrovirt_core::{Error, Result, persist};
use ferrovirt_net::link;
use std::path::Path;
use std::sync::Arc;

/// Removes what interrupted writes have left. The driver's lock is held, so that nobody is writing now.
pub fn remove_half_written(state: &NetworkState) -> Result<()> {
    let paths = &state.paths;
    [paths.state(), paths.dnsmasq(), paths.definitions()]
        .iter()
        .try_for_each(|folder| persist::remove_half_written(folder))
}

/// Takes down what was being put up or taken down when the program ended.
pub fn take_down_pending(state: &NetworkState) -> Result<()> {
    for path in persist::list(&state.paths.state(), "pending")? {
        if let Err(err) = finish(state, &path) {
            tracing::error!(path = %path.display(), %err, "a network that was left half-done can't be taken down");
        }
    }
    Ok(())
}

fn finish(state: &NetworkState, path: &Path) -> Result<()> {
    let Some(network) = status::read(path)? else { return Ok(()) };
    if state.paths.status(&network.name).exists() {
        // It had come up; only the note was left.
        return persist::remove(path);
    }
    tracing::warn!(network = network.name, "the network was left half-done and is taken down");
    // One that was just being started may not have come to note its number.
    dnsmasq::end_strays(&state.paths, &network.name)?;
    refuse_foreign_bridge(state, &network)?;
    undo::combine(stop::take_down(state, &network))?;
    persist::remove(path)
}

/// A bridge of that name with another address is somebody else's.
fn refuse_foreign_bridge(state: &NetworkState, network: &Network) -> Result<()> {
    let (Some(bridge), true) = (network.bridge_name(), network.mode().owns_bridge()) else { return Ok(()) };
    let found = link::lookup(state.netlink()?, bridge)?;
    match (found.and_then(|link| link.mac), network.mac) {
        (Some(found), Some(own)) if found.0 != own.0 => Err(Error::operation_failed(format!(
            "'{bridge}' is not the bridge that network '{}' had made; remove it by hand if nobody needs it",
            network.name
        ))),
        _ => Ok(()),
    }
}

/// Takes over the networks that status files tell of.
pub fn take_over_active(state: &NetworkState) -> Result<()> {
    for path in persist::list(&state.paths.state(), "xml")? {
        if let Err(err) = take_over(state, &path) {
            tracing::error!(path = %path.display(), %err, "an active network can't be taken over");
        }
    }
    Ok(())
}

fn take_over(state: &NetworkState, path: &Path) -> Result<()> {
    let Some(definition) = status::read(path)? else { return Ok(()) };
    if path.file_stem().is_none_or(|stem| *stem != *definition.name) {
        return Err(Error::internal(format!("the file holds the status of '{}'", definition.name)));
    }
    if !is_up(state, &definition)? {
        tracing::warn!(
            network = definition.name,
            "the network's bridge is gone; the rest of it is taken down"
        );
        stop::stop(state, &definition)?;
        if state.networks.by_name(&definition.name).is_none() {
            persist::remove(&state.paths.leases(&definition.name))?;
        }
        return Ok(());
    }
    let network = definitions::insert(state, &definition)?;
    let ports = status::read_ports(&state.paths, &definition.name)?;
    let live = Arc::new(Live { definition: Arc::new(definition), ports: Arc::new(ports) });
    network.change(|view| {
        view.draft = None;
        view.live = Some(live.clone());
    });
    refresh(state, &network, &live.definition);
    Ok(())
}

fn is_up(state: &NetworkState, network: &Network) -> Result<bool> {
    let Some(bridge) = network.bridge_name() else { return Ok(!network.mode().owns_bridge()) };
    let found = link::lookup(state.netlink()?, bridge)?;
    Ok(found.is_some_and(|link| network.mode() == ForwardMode::Bridge || link.is_bridge()))
}

/// Rules and dnsmasq are put in order. What fails is logged: the guests' frames flow all the same.
fn refresh(state: &NetworkState, network: &VirtualNetwork, definition: &Network) {
    if !definition.mode().owns_bridge() {
        return;
    }
    let name = &network.id().name;
    if let Err(err) = state.firewall.keep(&firewall::of(definition)) {
        tracing::error!(network = %name, %err, "the network's firewall rules can't be put in force");
    }
    if dnsmasq::is_needed(definition)
        && let Err(err) = dnsmasq::refresh(&state.paths, definition)
    {
        tracing::error!(network = %name, %err, "the network's dnsmasq can't be brought up to date");
    }
}
