//! Titles, descriptions and what applications keep with a network.

use crate::driver::NetworkState;
use crate::network::Live;
use crate::update::Impact;
use crate::{definitions, status};
use ferrovirt_conf::metadata::{self, Notes};
use ferrovirt_conf::network::Network;
use ferrovirt_core::event::NetworkEventKind;
use ferrovirt_core::{Error, ErrorCode, Event, NetworkId, Result};
use std::sync::Arc;

/// What is to be kept, as `virNetworkSetMetadata` has it.
pub struct Change<'a> {
    pub kind: i32,
    pub metadata: Option<&'a str>,
    pub key: Option<&'a str>,
    pub uri: Option<&'a str>,
}

pub fn set(state: &NetworkState, id: &NetworkId, change: &Change<'_>, flags: u32) -> Result<()> {
    let network = state.find(id)?;
    let _job = state.job(&network, "set metadata")?;
    let impact = Impact::of(&network, flags)?;
    let changed = |definition: &Network| {
        let mut definition = definition.clone();
        apply(&mut definition, change).map(|()| Arc::new(definition))
    };
    let live = if impact.live { Some(network.live()?) } else { None };
    let live = live
        .map(|live| {
            Ok::<_, Error>(Arc::new(Live {
                definition: changed(&live.definition)?,
                ports: live.ports.clone(),
            }))
        })
        .transpose()?;
    let config = if impact.config { Some(changed(&*network.config()?)?) } else { None };
    if let Some(live) = &live {
        status::save(&state.paths, live)?;
    }
    if let Some(config) = &config {
        definitions::save(state, config)?;
    }
    network.change(|view| {
        view.live = live.clone().or(view.live.take());
        view.config = config.clone().or(view.config.take());
    });
    let kind = NetworkEventKind::MetadataChange { kind: change.kind, uri: change.uri.map(str::to_owned) };
    state.events.publish(Event::Network { network: id.clone(), kind });
    Ok(())
}

fn apply(definition: &mut Network, change: &Change<'_>) -> Result<()> {
    let Network { title, description, metadata, .. } = definition;
    Notes { title, description, metadata }.set(change.kind, change.metadata, change.key, change.uri)
}

pub fn get(state: &NetworkState, id: &NetworkId, kind: i32, uri: Option<&str>, flags: u32) -> Result<String> {
    let network = state.find(id)?;
    let impact = Impact::of(&network, flags)?;
    if impact.live && impact.config {
        return Err(Error::invalid_arg(
            "the metadata of either the active network or its definition can be read",
        ));
    }
    let definition = if impact.live { network.live()?.definition.clone() } else { network.config()? };
    let (title, description) = (definition.title.as_deref(), definition.description.as_deref());
    let found = metadata::get(title, description, definition.metadata.as_ref(), kind, uri)?;
    found.ok_or_else(|| {
        let text = format!("network '{}' has none of this kind", id.name);
        Error::new(ErrorCode::NoNetworkMetadata, text)
    })
}
