//! Virtual networks that no packet passes.

use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::metadata::{self, Notes};
use ferrovirt_conf::network::Network;
use ferrovirt_core::driver::NetworkDriver;
use ferrovirt_core::event::NetworkEventKind;
use ferrovirt_core::flags::{either, matches};
use ferrovirt_core::held::Held;
use ferrovirt_core::store::{Claim, Store, Stored};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Event, EventHub, NetworkId, Result, abi};
use ferrovirt_xml::Node;
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// The networks of a host.
#[derive(Default)]
pub struct Networks(Store<NetworkObject>);

/// A network, active or not.
pub struct NetworkObject {
    uuid: Uuid,
    name: Arc<str>,
    view: Held<View>,
}

#[derive(Clone)]
struct View {
    active: bool,
    persistent: bool,
    autostart: bool,
    /// The description in force: of the active network, or of the next start.
    definition: Arc<Definition>,
    /// What counts from the next start on, while a permanent network is active.
    next: Option<Arc<Definition>>,
    gone: bool,
}

/// A description with its text, made once.
struct Definition {
    model: Network,
    text: OnceLock<String>,
}

impl Definition {
    fn new(model: Network) -> Arc<Self> {
        Arc::new(Self { model, text: OnceLock::new() })
    }

    fn xml(&self) -> &str {
        self.text.get_or_init(|| self.model.to_xml())
    }
}

impl Stored for NetworkObject {
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn name(&self) -> Arc<str> {
        self.name.clone()
    }
}

impl NetworkObject {
    fn new(definition: &Arc<Definition>, active: bool, persistent: bool) -> Arc<Self> {
        let view = View {
            active,
            persistent,
            autostart: false,
            definition: definition.clone(),
            next: None,
            gone: false,
        };
        Arc::new(Self {
            uuid: uuid(&definition.model),
            name: definition.model.name.as_str().into(),
            view: Held::new(view),
        })
    }

    fn id(&self) -> NetworkId {
        NetworkId { name: self.name.clone(), uuid: self.uuid }
    }
}

impl View {
    fn permanent(&self) -> &Arc<Definition> {
        self.next.as_ref().unwrap_or(&self.definition)
    }

    /// Whether `flags` (`virNetworkUpdateFlags`) mean the active network, and whether its permanent description.
    fn affected(&self, flags: u32) -> Result<(bool, bool)> {
        let (live, config) = (abi::VIR_NETWORK_UPDATE_AFFECT_LIVE, abi::VIR_NETWORK_UPDATE_AFFECT_CONFIG);
        let (on_live, on_config) = match flags & (live | config) {
            0 => (self.active, !self.active),
            chosen => (chosen & live != 0, chosen & config != 0),
        };
        if on_live && !self.active {
            let text = "the network is not active; start it first";
            return Err(Error::operation_invalid(text).domain(ErrorDomain::Network));
        }
        if on_config && !self.persistent {
            let text = "the network is transient: it has no permanent description";
            return Err(Error::operation_invalid(text).domain(ErrorDomain::Network));
        }
        Ok((on_live, on_config))
    }

    /// Changes the description in force, the permanent one, or both. Nothing changes if one of them can't.
    fn edit(
        &mut self,
        (live, config): (bool, bool),
        edit: impl Fn(&mut Network) -> Result<()>,
    ) -> Result<()> {
        // Of a network that is down, a description that waits is the permanent one. It goes on waiting: so libvirt's
        // test driver has it.
        if let Some(next) = self.next.as_ref().filter(|_| config && !self.active) {
            let mut model = next.model.clone();
            edit(&mut model)?;
            self.definition = Definition::new(model);
            return Ok(());
        }
        // From now on the two may differ.
        if config && self.active && self.next.is_none() {
            self.next = Some(self.definition.clone());
        }
        for (wanted, live) in [(live, true), (config, false)] {
            if !wanted {
                continue;
            }
            let place = match &mut self.next {
                Some(next) if !live => next,
                _ => &mut self.definition,
            };
            let mut model = place.model.clone();
            edit(&mut model)?;
            *place = Definition::new(model);
        }
        Ok(())
    }
}

fn uuid(model: &Network) -> Uuid {
    model.uuid.expect("a description that was read has a UUID")
}

/// Lines for dnsmasq mean nothing here: there is no dnsmasq, and they are not kept.
fn parse(xml: &str, strict: bool) -> Result<Network> {
    Ok(Network { dnsmasq: None, ..Network::from_xml(xml, strict)? })
}

impl Networks {
    /// Takes in a network of the host's own description: it is active.
    pub fn install(&self, element: &Node<'_>) -> Result<()> {
        let text = ferrovirt_xml::RawElement::from_node(element).to_xml();
        self.add(Definition::new(parse(&text, false)?), |view, _| {
            (view.active, view.persistent) = (true, true);
            Ok(())
        })
        .map(|_| ())
    }

    /// The network's description, for guests that are plugged into it.
    pub fn find(&self, name: &str) -> Result<Network> {
        Ok(self.by_name(name)?.view.get().definition.model.clone())
    }

    fn by_name(&self, name: &str) -> Result<Arc<NetworkObject>> {
        self.0.by_name(name).ok_or_else(|| missing(format!("no network with matching name '{name}'")))
    }

    fn by_id(&self, id: &NetworkId) -> Result<Arc<NetworkObject>> {
        let missing = || missing(format!("no network with matching uuid '{}' ({})", id.uuid, id.name));
        self.0.by_uuid(id.uuid).ok_or_else(missing)
    }

    /// Finds or makes the network that a description means, and has `act` (told whether it is new) change it.
    fn add(
        &self,
        definition: Arc<Definition>,
        act: impl Fn(&mut View, bool) -> Result<()>,
    ) -> Result<Arc<NetworkObject>> {
        let (uuid, name) = (uuid(&definition.model), definition.model.name.as_str());
        loop {
            let claim = self.0.claim(uuid, name, || NetworkObject::new(&definition, false, false));
            let (network, is_new) = match claim {
                Claim::Inserted(network) => (network, true),
                Claim::Existing(network) => (network, false),
                Claim::NameTaken(other) => {
                    return Err(taken(format!("network '{name}' already exists with uuid {}", other.uuid)));
                }
                Claim::UuidTaken(other) => {
                    return Err(taken(format!(
                        "network '{}' is already defined with uuid {uuid}",
                        other.name
                    )));
                }
            };
            let outcome = network.view.change(|view| {
                // Somebody undefined it between the two steps: it is to be made anew.
                if view.gone { Ok(false) } else { act(view, is_new).map(|()| true) }
            });
            match outcome {
                Ok(false) => {}
                Ok(true) => return Ok(network),
                Err(err) => return Err(err),
            }
        }
    }
}

fn missing(text: String) -> Error {
    refuse::error(ErrorCode::NoNetwork, text)
}

fn taken(text: String) -> Error {
    Error::operation_failed(text).domain(ErrorDomain::Network)
}

impl TestDriver {
    /// The network that a handle means, by its UUID. Other calls go by the name, whichever network has that now: so does
    /// libvirt's test driver have it.
    fn network(&self, network: &NetworkId) -> Result<Arc<NetworkObject>> {
        self.host.networks.by_id(network)
    }

    fn named(&self, network: &NetworkId) -> Result<Arc<NetworkObject>> {
        self.host.networks.by_name(&network.name)
    }

    /// Changes a network, takes it out of the list if that is what happened, and tells of it.
    fn change_network(
        &self,
        network: &NetworkId,
        event: u32,
        act: impl FnOnce(&mut View) -> Result<()>,
    ) -> Result<()> {
        let network = self.named(network)?;
        network.view.change_and(act, |_, view, ()| {
            if view.gone {
                self.host.networks.0.remove(&network);
            }
            self.announce_network(&network, event);
        })
    }

    fn announce_network(&self, network: &NetworkObject, event: u32) {
        let kind = NetworkEventKind::Lifecycle { event: event as i32, detail: 0 };
        self.host.events.publish(Event::Network { network: network.id(), kind });
    }
}

impl NetworkDriver for TestDriver {
    fn connect_list_all_networks(&self, flags: u32) -> Result<Vec<NetworkId>> {
        refuse::flags(flags, LIST_FLAGS, "virConnectListAllNetworks")?;
        let all = self.host.networks.0.all();
        Ok(all
            .iter()
            .filter(|network| passes(&network.view.get(), flags))
            .map(|network| network.id())
            .collect())
    }

    fn network_lookup_by_name(&self, name: &str) -> Result<NetworkId> {
        Ok(self.host.networks.by_name(name)?.id())
    }

    fn network_lookup_by_uuid(&self, uuid: Uuid) -> Result<NetworkId> {
        let found = self.host.networks.0.by_uuid(uuid);
        found
            .map(|network| network.id())
            .ok_or_else(|| missing(format!("no network with matching uuid '{uuid}'")))
    }

    fn network_create_xml(&self, xml: &str, flags: u32) -> Result<NetworkId> {
        refuse::flags(flags, abi::VIR_NETWORK_CREATE_VALIDATE, "virNetworkCreateXMLFlags")?;
        let definition = Definition::new(parse(xml, flags & abi::VIR_NETWORK_CREATE_VALIDATE != 0)?);
        let network = self.host.networks.add(definition.clone(), |view, _| {
            if view.active {
                let text = format!("network '{}' is already active", definition.model.name);
                return Err(Error::operation_invalid(text).domain(ErrorDomain::Network));
            }
            if view.persistent && view.next.is_none() {
                view.next = Some(view.definition.clone());
            }
            view.definition = definition.clone();
            view.active = true;
            Ok(())
        })?;
        self.announce_network(&network, abi::VIR_NETWORK_EVENT_STARTED);
        Ok(network.id())
    }

    fn network_define_xml(&self, xml: &str, flags: u32) -> Result<NetworkId> {
        refuse::flags(flags, abi::VIR_NETWORK_DEFINE_VALIDATE, "virNetworkDefineXMLFlags")?;
        let definition = Definition::new(parse(xml, flags & abi::VIR_NETWORK_DEFINE_VALIDATE != 0)?);
        let network = self.host.networks.add(definition.clone(), |view, _| {
            match view.active {
                true => view.next = Some(definition.clone()),
                false => (view.definition, view.next) = (definition.clone(), None),
            }
            view.persistent = true;
            Ok(())
        })?;
        self.announce_network(&network, abi::VIR_NETWORK_EVENT_DEFINED);
        Ok(network.id())
    }

    fn network_create(&self, network: &NetworkId) -> Result<()> {
        self.change_network(network, abi::VIR_NETWORK_EVENT_STARTED, |view| {
            if view.active {
                let text = format!("network '{}' is already active", network.name);
                return Err(refuse::operation_invalid(text));
            }
            view.active = true;
            Ok(())
        })
    }

    fn network_destroy(&self, network: &NetworkId) -> Result<()> {
        self.change_network(network, abi::VIR_NETWORK_EVENT_STOPPED, |view| {
            // What counted from the next start on still waits, as with libvirt: a definition while it is off replaces both.
            view.active = false;
            view.gone = !view.persistent;
            Ok(())
        })
    }

    fn network_undefine(&self, network: &NetworkId) -> Result<()> {
        self.change_network(network, abi::VIR_NETWORK_EVENT_UNDEFINED, |view| {
            if view.active {
                let text = format!("network '{}' is active; stop it first", network.name);
                return Err(refuse::operation_invalid(text));
            }
            view.gone = true;
            Ok(())
        })
    }

    fn network_update(
        &self,
        network: &NetworkId,
        command: u32,
        section: u32,
        parent_index: i32,
        xml: &str,
        flags: u32,
    ) -> Result<()> {
        let known = abi::VIR_NETWORK_UPDATE_AFFECT_LIVE | abi::VIR_NETWORK_UPDATE_AFFECT_CONFIG;
        refuse::flags(flags, known, "virNetworkUpdate")?;
        self.network(network)?.view.change(|view| {
            view.edit(view.affected(flags)?, |model| {
                model.update(command, section, parent_index, xml)?;
                // What came out must be a description that could be defined.
                *model = parse(&model.to_xml(), false)?;
                Ok(())
            })
        })
    }

    fn network_get_xml_desc(&self, network: &NetworkId, flags: u32) -> Result<String> {
        refuse::flags(flags, 0, "virNetworkGetXMLDesc")?;
        Ok(self.named(network)?.view.get().definition.xml().to_owned())
    }

    fn network_get_bridge_name(&self, network: &NetworkId) -> Result<String> {
        let view = self.named(network)?.view.get();
        let bridge = view.definition.model.bridge_name().map(str::to_owned);
        bridge
            .ok_or_else(|| refuse::internal(format!("network '{}' has no bridge with a name", network.name)))
    }

    fn network_get_autostart(&self, network: &NetworkId) -> Result<bool> {
        Ok(self.named(network)?.view.get().autostart)
    }

    fn network_set_autostart(&self, network: &NetworkId, autostart: bool) -> Result<()> {
        self.named(network)?.view.change(|view| {
            view.autostart = autostart;
            Ok(())
        })
    }

    fn network_is_active(&self, network: &NetworkId) -> Result<bool> {
        Ok(self.network(network)?.view.get().active)
    }

    fn network_is_persistent(&self, network: &NetworkId) -> Result<bool> {
        Ok(self.network(network)?.view.get().persistent)
    }

    fn network_set_metadata(
        &self,
        network: &NetworkId,
        kind: i32,
        text: Option<&str>,
        key: Option<&str>,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<()> {
        let known = abi::VIR_NETWORK_UPDATE_AFFECT_LIVE | abi::VIR_NETWORK_UPDATE_AFFECT_CONFIG;
        refuse::flags(flags, known, "virNetworkSetMetadata")?;
        let found = self.network(network)?;
        let act = |view: &mut View| {
            view.edit(view.affected(flags)?, |model| {
                let (title, description) = (&mut model.title, &mut model.description);
                let notes = Notes { title, description, metadata: &mut model.metadata };
                notes.set(kind, text, key, uri).map_err(own)
            })
        };
        found.view.change_and(act, |_, _, ()| {
            let kind = NetworkEventKind::MetadataChange { kind, uri: uri.map(str::to_owned) };
            self.host.events.publish(Event::Network { network: found.id(), kind });
        })
    }

    fn network_get_metadata(
        &self,
        network: &NetworkId,
        kind: i32,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<String> {
        let known = abi::VIR_NETWORK_UPDATE_AFFECT_LIVE | abi::VIR_NETWORK_UPDATE_AFFECT_CONFIG;
        refuse::flags(flags, known, "virNetworkGetMetadata")?;
        let view = self.network(network)?.view.get();
        metadata::check_kind(kind).map_err(own)?;
        let (live, _) = view.affected(flags)?;
        let model = if live { &view.definition.model } else { &view.permanent().model };
        let (title, description) = (model.title.as_deref(), model.description.as_deref());
        let found = metadata::get(title, description, model.metadata.as_ref(), kind, uri).map_err(own)?;
        found.ok_or_else(|| {
            let text = format!("network '{}' has no such metadata", network.name);
            Error::new(ErrorCode::NoNetworkMetadata, text).domain(ErrorDomain::Network)
        })
    }

    fn network_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.host.events.clone())
    }
}

fn own(err: Error) -> Error {
    err.or_domain(ErrorDomain::Network)
}

const LIST_FLAGS: u32 = abi::VIR_CONNECT_LIST_NETWORKS_ACTIVE
    | abi::VIR_CONNECT_LIST_NETWORKS_INACTIVE
    | abi::VIR_CONNECT_LIST_NETWORKS_PERSISTENT
    | abi::VIR_CONNECT_LIST_NETWORKS_TRANSIENT
    | abi::VIR_CONNECT_LIST_NETWORKS_AUTOSTART
    | abi::VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART;

fn passes(view: &View, flags: u32) -> bool {
    let pairs = [
        (abi::VIR_CONNECT_LIST_NETWORKS_ACTIVE, abi::VIR_CONNECT_LIST_NETWORKS_INACTIVE, view.active),
        (
            abi::VIR_CONNECT_LIST_NETWORKS_PERSISTENT,
            abi::VIR_CONNECT_LIST_NETWORKS_TRANSIENT,
            view.persistent,
        ),
        (
            abi::VIR_CONNECT_LIST_NETWORKS_AUTOSTART,
            abi::VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART,
            view.autostart,
        ),
    ];
    pairs.iter().all(|(yes, no, holds)| matches(flags, &either(*yes, *no, *holds)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lines_for_dnsmasq_are_not_kept() {
        let text = "<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'><name>n</name>\
                    <dnsmasq:options><dnsmasq:option value='a=b'/></dnsmasq:options></network>";
        assert!(ferrovirt_conf::network::Network::from_xml(text, true).unwrap().to_xml().contains("a=b"));
        assert!(!parse(text, true).unwrap().to_xml().contains("dnsmasq"));
    }
}
