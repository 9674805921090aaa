//! Definitions: taking in what users define, and keeping it on disk.

use crate::driver::NetworkState;
use crate::network::{View, VirtualNetwork};
use crate::{bridge_names, dnsmasq, stop, undo, validate};
use ferrovirt_conf::network::Network;
use ferrovirt_core::abi::{VIR_NETWORK_EVENT_DEFINED, VIR_NETWORK_EVENT_UNDEFINED};
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::store::Claim;
use ferrovirt_core::{Error, NetworkId, Result};
use ferrovirt_xml::from_str;
use std::path::Path;
use std::sync::Arc;

/// Reads a user's description.
pub fn parse(xml: &str, strict: bool) -> Result<Network> {
    let network = Network::from_xml(xml, strict)?;
    validate::validate(&network)?;
    Ok(network)
}

/// Finds the network that a description means, or makes it; a name or UUID that belongs to another is refused.
/// A network that is new has the description as its draft, and its bridge's name is taken.
pub fn claim(state: &NetworkState, model: &mut Network) -> Result<Arc<VirtualNetwork>> {
    let _naming = state.naming.lock();
    bridge_names::settle(state, model)?;
    insert(state, model)
}

/// As [`claim`], for a definition from disk whose names are what they are.
pub fn insert(state: &NetworkState, model: &Network) -> Result<Arc<VirtualNetwork>> {
    let uuid = model.uuid.expect("filling in the defaults gives every network a UUID");
    let name = &model.name;
    let make = || {
        let id = NetworkId { name: name.as_str().into(), uuid };
        VirtualNetwork::new(id, View { draft: Some(Arc::new(model.clone())), ..View::default() })
    };
    match state.networks.claim(uuid, name, make) {
        Claim::Existing(network) | Claim::Inserted(network) => Ok(network),
        Claim::NameTaken(other) => Err(Error::operation_failed(format!(
            "network '{name}' already exists with uuid {}",
            other.id().uuid
        ))),
        Claim::UuidTaken(other) => Err(Error::operation_failed(format!(
            "network '{}' is already defined with uuid {uuid}; '{name}' needs another",
            other.id().name
        ))),
    }
}

/// Lets a definition be seen. Its bridge's name is settled again: since the claim, another may have taken it.
pub fn publish(
    state: &NetworkState,
    network: &VirtualNetwork,
    model: &mut Network,
    put: impl Fn(&mut View, Arc<Network>),
) -> Result<Arc<Network>> {
    let _naming = state.naming.lock();
    bridge_names::settle(state, model)?;
    let model = Arc::new(model.clone());
    network.change(|view| put(view, model.clone()));
    Ok(model)
}

/// Makes a description permanent: a new network, or another definition of one that is there.
pub fn define(state: &NetworkState, xml: &str, strict: bool) -> Result<NetworkId> {
    let mut model = parse(xml, strict)?.inactive();
    let network = claim(state, &mut model)?;
    let _job = state.job(&network, "define")?;
    let before = network.view();
    let outcome = publish(state, &network, &mut model, |view, model| {
        view.config = Some(model);
        view.draft = None;
    })
    .and_then(|model| save(state, &model));
    if let Err(err) = outcome {
        network.change(|view| {
            view.config = before.config.clone();
            view.draft = None;
        });
        if before.config.is_none() && !before.is_active() {
            state.forget(&network);
        }
        return Err(err);
    }
    state.announce(network.id(), VIR_NETWORK_EVENT_DEFINED);
    Ok(network.id().clone())
}

/// Removes the stored definition; an active network becomes transient, another one is gone.
pub fn undefine(state: &NetworkState, id: &NetworkId) -> Result<()> {
    let network = state.find(id)?;
    let _job = state.job(&network, "undefine")?;
    network.config()?;
    persist::remove(&state.paths.autostart_link(&id.name))?;
    persist::remove(&state.paths.definition(&id.name))?;
    network.change(|view| {
        view.config = None;
        view.autostart = false;
    });
    if !network.view().is_active() {
        remove(state, &network)?;
    }
    state.announce(network.id(), VIR_NETWORK_EVENT_UNDEFINED);
    Ok(())
}

/// Takes a network that is neither active nor defined out of the driver, with the last of its files.
pub fn remove(state: &NetworkState, network: &Arc<VirtualNetwork>) -> Result<()> {
    let name = &network.id().name;
    let mut failures = dnsmasq::remove_files(&state.paths, name);
    failures.extend(persist::remove(&state.paths.leases(name)).err());
    failures.extend(stop::forget_ports(&state.paths, name).err());
    state.forget(network);
    undo::combine(failures)
}

/// Marks the network to be started with the driver, or not.
pub fn set_autostart(state: &NetworkState, id: &NetworkId, autostart: bool) -> Result<()> {
    let network = state.find(id)?;
    let _job = state.job(&network, "set autostart")?;
    network.config()?;
    let link = state.paths.autostart_link(&id.name);
    match autostart {
        true => persist::link(&state.paths.definition(&id.name), &link)?,
        false => persist::remove(&link)?,
    }
    network.change(|view| view.autostart = autostart);
    Ok(())
}

/// Writes a definition to its place.
pub fn save(state: &NetworkState, network: &Network) -> Result<()> {
    let text = format!("{}{}", persist::edit_warning("net-edit"), network.inactive().to_xml());
    persist::write_atomic(&state.paths.definition(&network.name), text.as_bytes(), 0o600, Durability::Power)
}

/// Takes in all definitions on disk. One that can't be read is logged and left alone: the others must not suffer.
pub fn load_all(state: &NetworkState) -> Result<()> {
    for path in persist::list(&state.paths.definitions(), "xml")? {
        if let Err(err) = load(state, &path) {
            tracing::error!(path = %path.display(), %err, "a network's definition can't be read; it is left alone");
        }
    }
    Ok(())
}

fn load(state: &NetworkState, path: &Path) -> Result<()> {
    let Some(text) = persist::read_optional(path)? else { return Ok(()) };
    let mut model = Network::from_xml(&text, false)?;
    if path.file_stem().is_none_or(|stem| *stem != *model.name) {
        return Err(Error::internal(format!("the file holds the definition of '{}'", model.name)));
    }
    if !model.mode().owns_bridge() {
        // Old versions of libvirt gave every network an address.
        model.mac = None;
    }
    let complete = model.mac.is_some() && model.bridge_name().is_some_and(|name| !name.contains("%d"));
    let network = if complete { insert(state, &model)? } else { claim(state, &mut model)? };
    let autostart = state.paths.autostart_link(&model.name).symlink_metadata().is_ok();
    let definition = Arc::new(model);
    network.change(|view| {
        view.config = Some(definition.clone());
        view.draft = None;
        view.autostart = autostart;
    });
    // What was made up must be the same next time.
    let given: Network = from_str(&text, "network_definition")?;
    let same = (given.uuid, given.bridge_name()) == (definition.uuid, definition.bridge_name())
        && (given.mac == definition.mac || definition.mac.is_none());
    if same { Ok(()) } else { save(state, &definition) }
}
