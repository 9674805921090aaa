//! The thread that puts the table right: it sleeps until the kernel tells of a change, looks at the ports concerned,
//! and does what the plan says. Its own changes come back as events too; then the plan is empty.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use super::plan::{BridgeNow, Change, plan};
use super::state::State;
use super::{Drift, Shared, kernel};
use crate::error::{NetError, Result};
use crate::fdb::{Entry, EntryKind};
use crate::link::{self, Link};
use crate::netlink::{Event, Events, Netlink};
use crate::pace::take_due;

const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_NEIGH: u32 = 3;
/// Message types whose first payload byte is the address family: links and neighbours, made and removed.
const RTM_NEWNEIGH: u16 = 28;
const RTM_DELNEIGH: u16 = 29;
/// With more ports than this to look at, two dumps are cheaper than a look-up each.
const ONE_BY_ONE: usize = 32;

/// The running thread; dropping it stops it.
pub struct Watcher {
    stop: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    pub fn start(shared: &Arc<Shared>) -> Result<Self> {
        let failed = |errno: Errno| NetError::io("start the thread that watches the bridges", errno);
        let events = Events::subscribe(NETLINK_ROUTE, &[RTNLGRP_LINK, RTNLGRP_NEIGH])?;
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(failed)?);
        let (shared, wake) = (Arc::clone(shared), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("net-heal".into())
            .spawn(move || watch(&shared, events, &wake))
            .map_err(|source| NetError::io("start the thread that watches the bridges", source))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // An eventfd takes eight bytes whenever its counter is not at its end.
        let told = rustix::io::write(&*self.stop, &1u64.to_ne_bytes());
        if let (Ok(_), Some(thread)) = (told, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

/// What has to be looked at.
#[derive(Default)]
struct Suspects {
    ports: BTreeSet<u32>,
    everything: bool,
}

fn watch(shared: &Shared, mut events: Events, stop: &OwnedFd) {
    let mut postponed: BTreeMap<u32, Instant> = BTreeMap::new();
    loop {
        let now = Instant::now();
        let timeout = postponed.values().min().map(|at| at.saturating_duration_since(now));
        let timeout = timeout.and_then(|duration| Timespec::try_from(duration).ok());
        let mut fds = [
            PollFd::from_borrowed_fd(stop.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(events.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return tracing::error!(%error, "the bridges are no longer watched"),
        }
        if !fds[0].revents().is_empty() {
            return;
        }
        // Reading is done before the state is locked: who plugs a port just now need not wait for it.
        let mut news = Vec::new();
        let mut suspects = Suspects::default();
        match events.drain(|event| news.extend(read_event(&event))) {
            Ok(complete) => suspects.everything = !complete,
            Err(error) => return tracing::error!(%error, "the bridges are no longer watched"),
        }
        let mut state = shared.state.lock();
        news.into_iter().for_each(|message| note(&mut state, message, &mut suspects));
        let now = Instant::now();
        suspects.ports.extend(take_due(&mut postponed, now));
        heal(&shared.netlink, &mut state, suspects, &mut postponed);
        shared.healed.notify_all();
    }
}

/// The event as a message, unless it is of the host's ARP cache, of which there is much.
fn read_event(event: &Event<'_>) -> Option<RouteNetlinkMessage> {
    let neighbour = matches!(event.kind, RTM_NEWNEIGH | RTM_DELNEIGH);
    if neighbour && event.payload.first() != Some(&u8::from(AddressFamily::Bridge)) {
        return None;
    }
    event.parse()
}

/// Decides from one event which ports have to be looked at.
fn note(state: &mut State, message: RouteNetlinkMessage, suspects: &mut Suspects) {
    match message {
        RouteNetlinkMessage::NewLink(message) => note_link(state, message, suspects),
        RouteNetlinkMessage::DelLink(message) => note_gone(state, &message, suspects),
        RouteNetlinkMessage::NewNeighbour(message) => {
            let Some(entry) = Entry::from_message(&message) else { return };
            let Some(bridge) = entry.bridge else { return };
            // Someone put a station of ours behind another port, or made it one that ages.
            if let Some(holder) = state.holder_on(bridge, &(entry.mac, entry.vlan))
                && (holder != entry.port || entry.kind != EntryKind::Static)
            {
                suspects.ports.insert(holder);
            }
        }
        RouteNetlinkMessage::DelNeighbour(message) => {
            let Some(entry) = Entry::from_message(&message) else { return };
            if state.ports.contains_key(&entry.port) {
                suspects.ports.insert(entry.port);
            }
        }
        _ => {}
    }
}

fn note_link(state: &mut State, message: LinkMessage, suspects: &mut Suspects) {
    let from_bridge = message.header.interface_family == AddressFamily::Bridge;
    let index = message.header.index;
    let Some(link) = Link::from_message(message) else { return };
    if let Some(port) = state.ports.get_mut(&index) {
        if port.spec.port != link.name {
            port.spec.port.clone_from(&link.name);
        }
        let bridge = state.bridges.get(&state.ports[&index].spec.bridge).and_then(|bridge| bridge.index);
        let flags = state.ports[&index].flags();
        if link.master != bridge || link.port != Some(flags) {
            suspects.ports.insert(index);
        }
    }
    if !from_bridge && link.is_bridge() && state.note_bridge(&link.name, Some(index), link.vlan_filtering) {
        suspects.ports.extend(state.ports_on(&link.name));
    }
}

fn note_gone(state: &mut State, message: &LinkMessage, suspects: &mut Suspects) {
    let index = message.header.index;
    if message.header.interface_family == AddressFamily::Bridge {
        // A port left its bridge; the interface itself is still there.
        if state.ports.contains_key(&index) {
            suspects.ports.insert(index);
        }
        return;
    }
    if let Some(port) = state.ports.get_mut(&index) {
        port.gone = true;
    }
    let bridge = state.bridges.iter().find(|(_, b)| b.index == Some(index)).map(|(name, _)| name.clone());
    if let Some(name) = bridge {
        state.note_bridge(&name, None, false);
    }
}

fn heal(netlink: &Netlink, state: &mut State, suspects: Suspects, postponed: &mut BTreeMap<u32, Instant>) {
    if suspects.everything || suspects.ports.len() > ONE_BY_ONE {
        return resync(netlink, state, suspects.everything);
    }
    for port in suspects.ports {
        if let Err(later) = repair(netlink, state, port) {
            postponed.insert(port, later);
        }
    }
}

/// Looks at one port and puts it right; `Err` if that was done so often of late that it must wait.
fn repair(netlink: &Netlink, state: &mut State, port: u32) -> Result<(), Instant> {
    let Some((bridge, filtering)) = bridge_of(state, port) else { return Ok(()) };
    let wanted = state.wanted(port).expect("the port has a bridge, hence is managed");
    let outcome = kernel::read_port(netlink, bridge, filtering, port, &wanted.stations).map(|now| {
        if now.ports.is_empty() {
            state.ports.get_mut(&port).expect("it is managed").gone = true;
        }
        plan(&now, &[(port, wanted)].into())
    });
    match outcome {
        Ok(changes) if changes.is_empty() => Ok(()),
        Ok(changes) => {
            let managed = state.ports.get_mut(&port).expect("it is managed");
            if let Err(later) = managed.pace.step(Instant::now()) {
                tracing::error!(
                    port = managed.spec.port,
                    "something keeps undoing a port's settings; waiting"
                );
                return Err(later);
            }
            correct(netlink, state, port, bridge, &changes);
            Ok(())
        }
        Err(error) => {
            failed(state, port, &error);
            Ok(())
        }
    }
}

/// Puts one port right without counting it as drift: it is the table itself that changed.
pub fn repair_quietly(netlink: &Netlink, state: &mut State, port: u32) {
    let Some((bridge, filtering)) = bridge_of(state, port) else { return };
    let wanted = state.wanted(port).expect("the port has a bridge, hence is managed");
    let outcome = kernel::read_port(netlink, bridge, filtering, port, &wanted.stations)
        .and_then(|now| kernel::apply(netlink, bridge, &plan(&now, &[(port, wanted)].into())));
    if let Err(error) = outcome {
        failed(state, port, &error);
    }
}

fn bridge_of(state: &State, port: u32) -> Option<(u32, bool)> {
    let managed = state.ports.get(&port).filter(|managed| !managed.gone)?;
    let bridge = state.bridges.get(&managed.spec.bridge)?;
    Some((bridge.index?, bridge.vlan_filtering))
}

/// Compares all bridges as a whole, because events were lost or are too many.
fn resync(netlink: &Netlink, state: &mut State, lost: bool) {
    if lost {
        tracing::warn!("the kernel's network events came too fast; comparing all bridges");
    }
    for name in state.bridges.keys().cloned().collect::<Vec<_>>() {
        match read(netlink, state, &name) {
            Ok(Some(now)) => resync_bridge(netlink, state, &name, &now),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(bridge = name, %error, "cannot read the bridge");
                state.bridges.get_mut(&name).expect("its name was just listed").failures += 1;
            }
        }
    }
}

fn read(netlink: &Netlink, state: &mut State, name: &str) -> Result<Option<BridgeNow>> {
    let Some(bridge) = link::lookup(netlink, name)?.filter(Link::is_bridge) else {
        state.note_bridge(name, None, false);
        return Ok(None);
    };
    state.note_bridge(name, Some(bridge.index), bridge.vlan_filtering);
    kernel::read_bridge(netlink, &bridge).map(Some)
}

fn resync_bridge(netlink: &Netlink, state: &mut State, name: &str, now: &BridgeNow) {
    state.bridges.get_mut(name).expect("its name was just listed").resyncs += 1;
    for port in state.ports_on(name) {
        let managed = state.ports.get_mut(&port).expect("it was just listed");
        managed.gone = !now.ports.contains_key(&port);
        let wanted = state.wanted(port).expect("it was just listed");
        let changes = plan(now, &[(port, wanted)].into());
        if !changes.is_empty() {
            correct(netlink, state, port, now.index, &changes);
        }
    }
}

fn correct(netlink: &Netlink, state: &mut State, port: u32, bridge: u32, changes: &[Change]) {
    match kernel::apply(netlink, bridge, changes) {
        Ok(()) => count(state, port, changes),
        // A bridge that went in the meantime: its events are on their way, and say what to do.
        Err(_) if matches!(link::lookup_index(netlink, bridge), Ok(None)) => {}
        Err(error) => failed(state, port, &error),
    }
}

fn count(state: &mut State, port: u32, changes: &[Change]) {
    let managed = state.ports.get_mut(&port).expect("only managed ports are put right");
    let number = |wanted: fn(&Change) -> bool| changes.iter().filter(|change| wanted(change)).count() as u64;
    let reattached = number(|change| matches!(change, Change::Attach { .. }));
    let drift = Drift {
        reattached,
        // What a port loses with its bridge is one matter and not three.
        flags: if reattached > 0 { 0 } else { number(|change| matches!(change, Change::Program { .. })) },
        stations: if reattached > 0 { 0 } else { number(|change| matches!(change, Change::Put { .. })) },
    };
    add(&mut managed.drift, drift);
    tracing::warn!(
        port = managed.spec.port,
        bridge = managed.spec.bridge,
        reattached = drift.reattached,
        flags = drift.flags,
        stations = drift.stations,
        "the MAC table had been changed from outside and was put right"
    );
    if let Some(bridge) = state.bridges.get_mut(&managed.spec.bridge) {
        add(&mut bridge.drift, drift);
    }
}

fn add(sum: &mut Drift, drift: Drift) {
    sum.reattached += drift.reattached;
    sum.flags += drift.flags;
    sum.stations += drift.stations;
}

/// Notes that a port could not be put right; an interface that went meanwhile is no failure.
fn failed(state: &mut State, port: u32, error: &NetError) {
    let Some(managed) = state.ports.get_mut(&port) else { return };
    if error.errno() == Some(Errno::NODEV) {
        return;
    }
    tracing::error!(port = managed.spec.port, bridge = managed.spec.bridge, %error, "cannot put the MAC table right");
    if let Some(bridge) = state.bridges.get_mut(&managed.spec.bridge) {
        bridge.failures += 1;
    }
}
