//! A network as the driver holds it: an identity, a slot for its one job, and a snapshot for readers.

use arc_swap::ArcSwap;
use ferrovirt_conf::network::{Network, NetworkPort, PortPlug};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, JobSlot, NetworkId, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// A network. Its name and UUID never change.
pub struct VirtualNetwork {
    id: NetworkId,
    pub job: JobSlot,
    view: ArcSwap<View>,
}

/// What a network is at a moment.
#[derive(Clone, Default)]
pub struct View {
    /// The definition that is kept; transient networks have none.
    pub config: Option<Arc<Network>>,
    /// What is being taken in or put up, before it is either.
    pub draft: Option<Arc<Network>>,
    /// There while the network is active.
    pub live: Option<Arc<Live>>,
    pub autostart: bool,
    /// It has been taken out of the driver.
    pub gone: bool,
}

/// An active network.
#[derive(Clone)]
pub struct Live {
    /// As it is on the host, counts left out.
    pub definition: Arc<Network>,
    pub ports: Ports,
}

/// The ports that are plugged in.
pub type Ports = Arc<BTreeMap<Uuid, Arc<NetworkPort>>>;

impl VirtualNetwork {
    pub fn new(id: NetworkId, view: View) -> Arc<Self> {
        Arc::new(Self { id, job: JobSlot::new(), view: ArcSwap::from_pointee(view) })
    }

    pub fn id(&self) -> &NetworkId {
        &self.id
    }

    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Lets readers see a changed view from now on.
    pub fn change(&self, mut change: impl FnMut(&mut View)) {
        self.view.rcu(|view| {
            let mut view = View::clone(view);
            change(&mut view);
            view
        });
    }

    /// The active network, or the error that says that it is not.
    pub fn live(&self) -> Result<Arc<Live>> {
        self.view().live.clone().ok_or_else(|| {
            Error::operation_invalid(format!("network '{}' is not active; start it first", self.id.name))
        })
    }

    /// The stored definition, or the error that says that there is none.
    pub fn config(&self) -> Result<Arc<Network>> {
        self.view().config.clone().ok_or_else(|| {
            Error::operation_invalid(format!(
                "network '{}' is transient: it has no stored definition; define it first",
                self.id.name
            ))
        })
    }
}

impl Stored for VirtualNetwork {
    fn uuid(&self) -> Uuid {
        self.id.uuid
    }

    fn name(&self) -> Arc<str> {
        self.id.name.clone()
    }
}

impl View {
    pub fn is_active(&self) -> bool {
        self.live.is_some()
    }

    /// What the network is now: live, about to be, or defined.
    pub fn current(&self) -> Option<&Arc<Network>> {
        self.live.as_ref().map(|live| &live.definition).or(self.draft.as_ref()).or(self.config.as_ref())
    }

    /// The names of bridges that the network has or will have.
    pub fn bridges(&self) -> impl Iterator<Item = &str> {
        let live = self.live.as_ref().map(|live| &live.definition);
        [live, self.draft.as_ref(), self.config.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|d| d.bridge_name())
    }
}

impl Live {
    pub fn new(definition: Network) -> Self {
        Self { definition: Arc::new(definition), ports: Ports::default() }
    }

    /// The definition with the counts of what is plugged in where.
    pub fn counted(&self) -> Network {
        let mut network = Network::clone(&self.definition);
        network.connections = u32::try_from(self.ports.len()).unwrap_or(u32::MAX);
        for port in self.ports.values() {
            network.forward.iter_mut().for_each(|forward| count(forward, port));
        }
        network
    }
}

fn count(forward: &mut ferrovirt_conf::network::Forward, port: &NetworkPort) {
    match &port.plug {
        Some(PortPlug::Direct { dev, .. }) => {
            let used = forward.interfaces.iter_mut().filter(|interface| interface.dev == *dev);
            used.for_each(|interface| interface.connections += 1);
        }
        Some(PortPlug::HostdevPci { address, .. }) => {
            let used = forward.addresses.iter_mut().filter(|candidate| candidate.is_at(address));
            used.for_each(|address| address.connections += 1);
        }
        _ => {}
    }
}
