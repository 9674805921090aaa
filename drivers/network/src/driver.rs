//! The driver: what its networks share, and how it is opened.

use crate::network::VirtualNetwork;
use crate::paths::Paths;
use crate::{autostart, definitions, recover};
use ferrovirt_core::instances::{Instances, Presence};
use ferrovirt_core::layout::Layout;
use ferrovirt_core::store::Store;
use ferrovirt_core::{
    Error, ErrorCode, ErrorDomain, Event, EventHub, Job, NetworkId, Result, event::NetworkEventKind,
};
use ferrovirt_host::process::PidFile;
use ferrovirt_net::Netlink;
use ferrovirt_net::firewall::FirewallKeeper;
use parking_lot::Mutex;
use std::sync::{Arc, OnceLock};

/// The virtual networks of one set of folders.
///
/// Networks are put up in the network namespace of the thread that first needs the host's links.
pub struct NetworkState {
    pub(crate) paths: Paths,
    pub(crate) networks: Store<VirtualNetwork>,
    pub(crate) events: Arc<EventHub>,
    /// Puts networks' rules back when someone flushes them.
    pub(crate) firewall: FirewallKeeper,
    /// Held while a bridge's name is chosen, until the definition that has it can be seen.
    pub(crate) naming: Mutex<()>,
    netlink: OnceLock<Netlink>,
    _lock: PidFile,
    _presence: Presence,
}

impl NetworkState {
    /// Opens the driver whose files are in `layout`, or joins the one that this process has open there already.
    /// Active networks are found again, what a crash has left half-done is taken down, and networks that are to start
    /// with the driver are started, once a boot.
    pub fn open(layout: Layout) -> Result<Arc<Self>> {
        static OPEN: Instances<NetworkState> = Instances::new();
        let load = |presence| Self::load(layout.clone(), presence);
        OPEN.open(&layout, load).map_err(|err| err.or_domain(ErrorDomain::Network))
    }

    fn load(layout: Layout, presence: Presence) -> Result<Arc<Self>> {
        let paths = Paths::new(layout);
        let state = Arc::new(Self {
            _lock: PidFile::acquire_driver(&paths.state(), "network")?,
            networks: Store::new(),
            events: Arc::new(EventHub::new()),
            firewall: FirewallKeeper::new(),
            naming: Mutex::new(()),
            netlink: OnceLock::new(),
            paths,
            _presence: presence,
        });
        recover::remove_half_written(&state)?;
        recover::take_down_pending(&state)?;
        definitions::load_all(&state)?;
        recover::take_over_active(&state)?;
        autostart::start_marked(&state);
        Ok(state)
    }

    /// The host's links; the first call opens them in the caller's network namespace.
    pub(crate) fn netlink(&self) -> Result<&Netlink> {
        if let Some(netlink) = self.netlink.get() {
            return Ok(netlink);
        }
        let netlink = Netlink::open()?;
        Ok(self.netlink.get_or_init(|| netlink))
    }

    /// The network behind a key.
    pub(crate) fn find(&self, id: &NetworkId) -> Result<Arc<VirtualNetwork>> {
        self.networks.by_uuid(id.uuid).ok_or_else(|| no_network(id))
    }

    /// Takes the slot of a network's one job; a network that was removed while we waited is an error.
    pub(crate) fn job<'n>(&self, network: &'n VirtualNetwork, name: &'static str) -> Result<Job<'n>> {
        let job = network.job.begin(name)?;
        if network.view().gone { Err(no_network(network.id())) } else { Ok(job) }
    }

    /// Takes a network that is neither active nor defined out of the driver.
    pub(crate) fn forget(&self, network: &Arc<VirtualNetwork>) {
        network.change(|view| view.gone = true);
        self.networks.remove(network);
    }

    pub(crate) fn announce(&self, network: &NetworkId, event: u32) {
        let kind = NetworkEventKind::Lifecycle { event: event as i32, detail: 0 };
        self.events.publish(Event::Network { network: network.clone(), kind });
    }
}

fn no_network(id: &NetworkId) -> Error {
    Error::new(ErrorCode::NoNetwork, format!("no network with matching uuid '{}' ({})", id.uuid, id.name))
}
