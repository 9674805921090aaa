//! The MAC table (`macTableManager='libvirt'`): the library, not the bridge's learning, says which guest is behind
//! which port, and sees to it that it stays so.
//!
//! A managed port neither learns nor gets frames for unknown stations; each of its addresses is a static entry. The
//! wanted table is kept here, compared with the kernel's by [`plan`], and put right by a thread that the kernel wakes
//! when somebody else changes it (`heal`).

mod heal;
mod kernel;
pub mod plan;
mod state;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use self::plan::PortWanted;
pub use self::plan::Station;
use self::state::{ManagedPort, State};
use crate::bridge_port::PortVlans;
use crate::error::{NetError, Result};
use crate::link::Link;
use crate::netlink::Netlink;
use crate::{MacAddr, bridge, link};

/// How many addresses beside its own a trusted guest is followed with.
pub const FURTHER_MACS: usize = 64;

/// A guest's port as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSpec {
    /// The bridge, by name: one that is removed and made again is the same bridge.
    pub bridge: String,
    /// The tap or veth, by name.
    pub port: String,
    /// The guest's address, as its `<interface>` has it.
    pub mac: MacAddr,
    pub isolated: bool,
    /// Without effect, but for a warning, where the bridge does not filter by VLAN.
    pub vlans: PortVlans,
    /// With the link down, the port is off and has no stations.
    pub link_up: bool,
    /// Whether a change that the guest makes to its addresses is followed (`trustGuestRxFilters`).
    pub trust_guest: bool,
}

impl PortSpec {
    /// A port with its link up, in no VLAN, whose guest is not trusted.
    pub fn new(bridge: impl Into<String>, port: impl Into<String>, mac: MacAddr) -> Self {
        Self {
            bridge: bridge.into(),
            port: port.into(),
            mac,
            isolated: false,
            vlans: PortVlans::default(),
            link_up: true,
            trust_guest: false,
        }
    }

    fn check(&self) -> Result<()> {
        link::check_name(&self.port)?;
        self.vlans.check()?;
        if self.mac.is_group() {
            return Err(NetError::GroupMac { port: self.port.clone(), mac: self.mac });
        }
        Ok(())
    }
}

/// What became of a guest's own choice of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// The table has the guest's address and its further ones but for `left_out`, which were beyond the bound.
    Yes { left_out: Vec<MacAddr> },
    /// The guest is not trusted; the table stays as its definition says.
    NotTrusted,
}

/// What others changed and the table put right, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drift {
    /// The port had left its bridge, or the bridge was made anew.
    pub reattached: u64,
    /// Learning or a flood flag had been turned back, or isolation.
    pub flags: u64,
    /// A station was missing, or behind another port.
    pub stations: u64,
}

impl Drift {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.reattached + self.flags + self.stations
    }
}

/// How a port stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortState {
    Programmed,
    /// Off, because its link is down.
    LinkDown,
    /// The bridge does not exist just now; the port joins it when it comes back.
    BridgeMissing,
    /// The interface does not exist any more.
    Gone,
}

/// What the table knows of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortReport {
    pub port: String,
    pub index: u32,
    pub state: PortState,
    pub isolated: bool,
    /// The stations behind it.
    pub stations: Vec<Station>,
    /// Stations that it has too, but a later port holds: a guest that migrates within its host.
    pub superseded: Vec<Station>,
    pub drift: Drift,
}

/// What the table knows of a bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeReport {
    pub bridge: String,
    pub index: Option<u32>,
    pub vlan_filtering: bool,
    pub ports: Vec<PortReport>,
    /// Of all its ports, those included that are gone.
    pub drift: Drift,
    /// How often it was compared as a whole.
    pub resyncs: u64,
    /// How often putting something right failed.
    pub failures: u64,
}

/// The MAC tables of a network namespace: that of the thread that makes it. Share it in an `Arc`.
pub struct MacTable {
    shared: Arc<Shared>,
    /// Runs while there are managed ports. Taken before the state, never while it is held.
    watcher: Mutex<Option<heal::Watcher>>,
}

struct Shared {
    netlink: Netlink,
    state: Mutex<State>,
    /// Rung by the healing thread after each look.
    healed: Condvar,
}

impl MacTable {
    /// A table without ports. The healing thread starts with the first of them, from the thread that plugs it: that
    /// one must be in the namespace in which the table was made.
    pub fn new() -> Result<Self> {
        let shared = Shared { netlink: Netlink::open()?, state: Mutex::default(), healed: Condvar::new() };
        Ok(Self { shared: Arc::new(shared), watcher: Mutex::new(None) })
    }

    /// Makes an interface a managed port: master, flags, VLANs and stations in one send, and only then switched on.
    /// On failure it is in the bridge it was in before, or in none. A port that is right already (after a restart of
    /// the daemon) loses no frame by it.
    pub fn plug(&self, spec: &PortSpec) -> Result<()> {
        spec.check()?;
        let mut watcher = self.watcher.lock();
        let netlink = &self.shared.netlink;
        // Before the kernel is looked at: what others change from here on is heard of.
        if watcher.is_none() {
            *watcher = Some(heal::Watcher::start(&self.shared)?);
        }
        let outcome = (|| {
            let bridge = bridge::find(netlink, &spec.bridge)?;
            let port = link::find(netlink, &spec.port)?;
            self.shared.plug(&bridge, &port, spec)
        })();
        self.stop_if_idle(&mut watcher);
        outcome
    }

    /// Changes a port: its address, link state, bridge, VLANs, isolation; in force at once, undone on failure. The
    /// name of the port stays.
    pub fn update(&self, spec: &PortSpec) -> Result<()> {
        spec.check()?;
        let bridge = bridge::find(&self.shared.netlink, &spec.bridge)?;
        self.shared.change(&spec.port, &bridge, |port| {
            if port.spec.mac != spec.mac || !spec.trust_guest {
                port.followed = None;
            }
            port.spec = spec.clone();
        })
    }

    /// Follows a guest that chose its addresses itself (`NIC_RX_FILTER_CHANGED`): `main` is what its card answers to,
    /// `further` its other unicast filters, taken in order up to [`FURTHER_MACS`]. Group addresses are passed over.
    pub fn follow(&self, port: &str, main: MacAddr, further: &[MacAddr]) -> Result<Followed> {
        if main.is_group() {
            return Err(NetError::GroupMac { port: port.to_owned(), mac: main });
        }
        let spec = {
            let state = self.shared.state.lock();
            state.ports[&state.find(port).ok_or_else(|| unknown(port))?].spec.clone()
        };
        if !spec.trust_guest {
            tracing::warn!(port, bridge = spec.bridge, %main, "a guest that is not trusted changed its MAC address");
            return Ok(Followed::NotTrusted);
        }
        let mut seen = BTreeSet::from([main]);
        let unicast: Vec<_> =
            further.iter().copied().filter(|mac| !mac.is_group() && seen.insert(*mac)).collect();
        let (taken, left_out) = unicast.split_at(unicast.len().min(FURTHER_MACS));
        if !left_out.is_empty() {
            tracing::warn!(
                port,
                left_out = left_out.len(),
                bound = FURTHER_MACS,
                "a guest wants too many MAC addresses"
            );
        }
        let bridge = bridge::find(&self.shared.netlink, &spec.bridge)?;
        self.shared.change(port, &bridge, |managed| managed.followed = Some((main, taken.to_vec())))?;
        Ok(Followed::Yes { left_out: left_out.to_vec() })
    }

    /// Lets a port go: its own stations are removed, and those that have moved to another port are not. It stays in
    /// the bridge, because taking it out makes the kernel wait for all processors; removing the interface takes it
    /// out, else [`crate::bridge_port::detach`] does. That the interface is gone already is a success.
    pub fn unplug(&self, port: &str) -> Result<()> {
        let mut watcher = self.watcher.lock();
        let outcome = self.shared.unplug(port);
        self.stop_if_idle(&mut watcher);
        outcome
    }

    /// Lets many ports go and removes their interfaces together, which costs the kernel's wait only once. Names that
    /// are not managed, or do not exist, are passed over. The numbers of the others' interfaces come back.
    pub fn remove(&self, ports: &[&str]) -> Result<Vec<u32>> {
        let mut watcher = self.watcher.lock();
        let indices = self.shared.forget(ports);
        self.stop_if_idle(&mut watcher);
        link::delete_all(&self.shared.netlink, &indices)?;
        Ok(indices)
    }

    /// What the table knows, by bridge.
    pub fn report(&self) -> Vec<BridgeReport> {
        let state = self.shared.state.lock();
        let report = |(name, bridge): (&String, &state::ManagedBridge)| BridgeReport {
            bridge: name.clone(),
            index: bridge.index,
            vlan_filtering: bridge.vlan_filtering,
            ports: state.ports_on(name).into_iter().map(|index| port_report(&state, bridge, index)).collect(),
            drift: bridge.drift,
            resyncs: bridge.resyncs,
            failures: bridge.failures,
        };
        state.bridges.iter().map(report).collect()
    }

    /// Waits until the drift of a bridge's ports, counted together, has reached `total`; false if that takes longer
    /// than `patience`.
    pub fn wait_for_drift(&self, bridge: &str, total: u64, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.shared.state.lock();
        let reached = |state: &State| state.bridges.get(bridge).is_some_and(|b| b.drift.total() >= total);
        while !reached(&state) {
            if self.shared.healed.wait_until(&mut state, deadline).timed_out() {
                return reached(&state);
            }
        }
        true
    }

    /// Whether the healing thread runs.
    pub fn is_watching(&self) -> bool {
        self.watcher.lock().is_some()
    }

    fn stop_if_idle(&self, watcher: &mut Option<heal::Watcher>) {
        let idle = {
            let mut state = self.shared.state.lock();
            state.prune();
            state.ports.is_empty()
        };
        if idle {
            *watcher = None;
        }
    }
}

fn unknown(port: &str) -> NetError {
    NetError::PortUnknown { port: port.to_owned() }
}

fn port_report(state: &State, bridge: &state::ManagedBridge, index: u32) -> PortReport {
    let port = &state.ports[&index];
    let holds = |station: &Station| bridge.holder(station) == Some(index);
    let (stations, superseded) = port.stations(bridge.vlan_filtering).into_iter().partition(holds);
    let standing = match port {
        _ if port.gone => PortState::Gone,
        _ if bridge.index.is_none() => PortState::BridgeMissing,
        _ if !port.spec.link_up => PortState::LinkDown,
        _ => PortState::Programmed,
    };
    PortReport {
        port: port.spec.port.clone(),
        index,
        state: standing,
        isolated: port.spec.isolated,
        stations,
        superseded,
        drift: port.drift,
    }
}

impl Shared {
    fn plug(&self, bridge: &Link, port: &Link, spec: &PortSpec) -> Result<()> {
        let mut state = self.state.lock();
        // An interface number may have been given away again since its former owner went.
        if let Some(old) =
            state.find(&spec.port).or(state.ports.contains_key(&port.index).then_some(port.index))
        {
            let managed = &state.ports[&old];
            if old == port.index && !managed.gone && managed.spec.port == spec.port {
                let (port, bridge) = (spec.port.clone(), managed.spec.bridge.clone());
                return Err(NetError::PortManaged { port, bridge });
            }
            state.remove(old);
        }
        if !spec.vlans.is_empty() && !bridge.vlan_filtering {
            tracing::warn!(
                port = spec.port,
                bridge = bridge.name,
                "the bridge does not filter by VLAN; going without"
            );
        }
        state.insert(port.index, ManagedPort::new(spec.clone()));
        state.note_bridge(&bridge.name, Some(bridge.index), bridge.vlan_filtering);
        let mut wanted = state.wanted(port.index).expect("the port was just inserted");
        wanted.up = Some(spec.link_up);
        let mut now = kernel::assume_nothing(bridge, port.index);
        now.ports.get_mut(&port.index).expect("it is what is assumed").up = port.up;
        let changes = plan::plan(&now, &[(port.index, wanted)].into());
        let Err(first) = kernel::apply(&self.netlink, bridge.index, &changes) else { return Ok(()) };
        state.remove(port.index);
        match link::set_master(&self.netlink, port.index, port.master) {
            Ok(()) => Err(first),
            Err(undo) if undo.errno() == Some(rustix::io::Errno::NODEV) => Err(first),
            Err(undo) => Err(NetError::HalfDone { first: Box::new(first), undo: undo.to_string() }),
        }
    }

    fn change(&self, name: &str, bridge: &Link, edit: impl FnOnce(&mut ManagedPort)) -> Result<()> {
        let mut state = self.state.lock();
        let index = state.find(name).ok_or_else(|| unknown(name))?;
        let old = state.ports[&index].clone();
        let mut new = old.clone();
        edit(&mut new);
        let old_bridge = state.bridges.get(&old.spec.bridge).and_then(|b| Some((b.index?, b.vlan_filtering)));

        state.put(index, new.clone());
        state.note_bridge(&bridge.name, Some(bridge.index), bridge.vlan_filtering);
        let outcome = self.move_over(&state, (bridge.index, bridge.vlan_filtering), index, &old, &new);
        if let Err(first) = outcome {
            state.put(index, old.clone());
            let undone = match old_bridge {
                Some(bridge) => self.move_over(&state, bridge, index, &new, &old),
                None => Ok(()),
            };
            state.prune();
            return Err(match undone {
                Ok(()) => first,
                Err(undo) => NetError::HalfDone { first: Box::new(first), undo: undo.to_string() },
            });
        }
        let released = old.stations(old_bridge.is_some_and(|(_, filtering)| filtering));
        self.hand_back(&mut state, &old.spec.bridge, &released);
        state.prune();
        Ok(())
    }

    /// Programs `index` as the state has it, on `bridge` (index, filtering), where it was as `from` has it.
    fn move_over(
        &self,
        state: &State,
        (bridge, filtering): (u32, bool),
        index: u32,
        from: &ManagedPort,
        to: &ManagedPort,
    ) -> Result<()> {
        let mut wanted: PortWanted = state.wanted(index).expect("the port is in the state");
        wanted.up = (from.spec.link_up != to.spec.link_up).then_some(to.spec.link_up);
        if from.spec.bridge == to.spec.bridge {
            wanted.dropped = &from.stations(filtering) - &to.stations(filtering);
            wanted.dropped_vlans = from.spec.vlans.clone();
        }
        let stations = &wanted.stations | &wanted.dropped;
        let now = kernel::read_port(&self.netlink, bridge, filtering, index, &stations)?;
        if now.ports.is_empty() {
            return Err(NetError::NoSuchLink { name: to.spec.port.clone() });
        }
        kernel::apply(&self.netlink, bridge, &plan::plan(&now, &[(index, wanted)].into()))
    }

    fn unplug(&self, name: &str) -> Result<()> {
        let mut state = self.state.lock();
        let index = state.find(name).ok_or_else(|| unknown(name))?;
        let port = state.remove(index).expect("it was just found");
        let Some((bridge, filtering)) =
            state.bridges.get(&port.spec.bridge).and_then(|b| Some((b.index?, b.vlan_filtering)))
        else {
            return Ok(());
        };
        let dropped = port.stations(filtering);
        // Each is removed only where it is behind this very port: the kernel compares.
        let changes: Vec<_> =
            dropped.iter().map(|&station| plan::Change::Drop { port: index, station }).collect();
        let outcome = kernel::apply(&self.netlink, bridge, &changes);
        self.hand_back(&mut state, &port.spec.bridge, &dropped);
        match outcome {
            // Without the interface, or out of its bridge, it has no stations either.
            Err(error) if error.errno().is_some_and(not_a_port) => Ok(()),
            other => other,
        }
    }

    fn forget(&self, ports: &[&str]) -> Vec<u32> {
        let mut state = self.state.lock();
        let mut indices = Vec::new();
        for port in ports {
            let Some(index) = state.find(port) else { continue };
            let managed = state.remove(index).expect("it was just found");
            let filtering = state.bridges.get(&managed.spec.bridge).is_some_and(|b| b.vlan_filtering);
            self.hand_back(&mut state, &managed.spec.bridge, &managed.stations(filtering));
            if !managed.gone {
                indices.push(index);
            }
        }
        indices
    }

    /// Stations that a port let go and an older one still claims are the older one's again.
    fn hand_back(&self, state: &mut State, bridge: &str, stations: &BTreeSet<Station>) {
        let Some(managed) = state.bridges.get(bridge) else { return };
        let heirs: BTreeSet<u32> = stations.iter().filter_map(|station| managed.holder(station)).collect();
        for port in heirs {
            heal::repair_quietly(&self.netlink, state, port);
        }
    }
}

/// The errors by which the kernel says that an interface is gone, or in no bridge.
fn not_a_port(errno: rustix::io::Errno) -> bool {
    use rustix::io::Errno;
    matches!(errno, Errno::NODEV | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOENT)
}
