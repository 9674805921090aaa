//! Keeps networks' rules in force: a thread sleeps until the kernel tells that someone changed one of our tables, and
//! puts it back.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use netlink_packet_core::NlasIterator;
use netlink_sys::protocols::NETLINK_NETFILTER;
use parking_lot::{Condvar, Mutex};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use super::ruleset::{count_rules, ruleset};
use super::{NetworkFirewall, apply, nft, remove};
use crate::error::{NetError, Result};
use crate::netlink::{Event, Events};
use crate::pace::{Pace, take_due};

/// `NFNLGRP_NFTABLES`, the subsystem's number in a message's type, and the protocol family `inet`.
const GROUP: u32 = 7;
const SUBSYSTEM: u16 = 10;
const FAMILY_INET: u8 = 1;
/// In messages about tables, chains and rules alike, the attribute with the table's name.
const TABLE_NAME: u16 = 1;
const NEWTABLE_TO_DELRULE: std::ops::RangeInclusive<u16> = 0..=8;

/// Networks' rules that are put back when others remove or change them. They are those of the network namespace of the
/// thread that calls [`FirewallKeeper::keep`] first.
#[derive(Default)]
pub struct FirewallKeeper {
    shared: Arc<Shared>,
    watcher: Mutex<Option<Watcher>>,
}

#[derive(Default)]
struct Shared {
    /// By table.
    kept: Mutex<BTreeMap<String, Kept>>,
    restored: Condvar,
}

struct Kept {
    firewall: NetworkFirewall,
    /// The table as nft lists it while it is right; unset until the thread has seen it.
    listing: Option<String>,
    restored: u64,
    pace: Pace,
}

struct Watcher {
    stop: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let told = rustix::io::write(&*self.stop, &1u64.to_ne_bytes());
        if let (Ok(_), Some(thread)) = (told, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

impl FirewallKeeper {
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a network's rules in force and keeps them so; new rules of the same network take the place of the old.
    pub fn keep(&self, firewall: &NetworkFirewall) -> Result<()> {
        let mut watcher = self.watcher.lock();
        if watcher.is_none() {
            *watcher = Some(start(&self.shared)?);
        }
        let mut kept = self.shared.kept.lock();
        let outcome = apply(firewall);
        if outcome.is_ok() {
            let new = Kept { firewall: firewall.clone(), listing: None, restored: 0, pace: Pace::default() };
            kept.insert(firewall.table(), new);
        }
        let idle = kept.is_empty();
        drop(kept);
        if idle {
            *watcher = None;
        }
        outcome
    }

    /// Takes a network's rules away; that there are none is a success.
    pub fn release(&self, firewall: &NetworkFirewall) -> Result<()> {
        let mut watcher = self.watcher.lock();
        let mut kept = self.shared.kept.lock();
        kept.remove(&firewall.table());
        let outcome = remove(firewall);
        let idle = kept.is_empty();
        drop(kept);
        if idle {
            *watcher = None;
        }
        outcome
    }

    /// How often a network's rules were put back.
    pub fn restored(&self, firewall: &NetworkFirewall) -> u64 {
        self.shared.kept.lock().get(&firewall.table()).map_or(0, |kept| kept.restored)
    }

    /// Waits until a network's rules were put back `count` times; false if that takes longer than `patience`.
    pub fn wait_for_restored(&self, firewall: &NetworkFirewall, count: u64, patience: Duration) -> bool {
        let (table, deadline) = (firewall.table(), Instant::now() + patience);
        let mut kept = self.shared.kept.lock();
        loop {
            if kept.get(&table).is_some_and(|kept| kept.restored >= count) {
                return true;
            }
            if self.shared.restored.wait_until(&mut kept, deadline).timed_out() {
                return kept.get(&table).is_some_and(|kept| kept.restored >= count);
            }
        }
    }
}

fn start(shared: &Arc<Shared>) -> Result<Watcher> {
    const WHAT: &str = "start the thread that watches the firewall";
    let events = Events::subscribe(NETLINK_NETFILTER, &[GROUP])?;
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
    let stop = Arc::new(eventfd(0, flags).map_err(|errno| NetError::io(WHAT, errno))?);
    let (shared, wake) = (Arc::clone(shared), Arc::clone(&stop));
    let thread = std::thread::Builder::new()
        .name("net-firewall".into())
        .spawn(move || watch(&shared, events, &wake))
        .map_err(|source| NetError::io(WHAT, source))?;
    Ok(Watcher { stop, thread: Some(thread) })
}

fn watch(shared: &Shared, mut events: Events, stop: &OwnedFd) {
    let mut postponed: BTreeMap<String, Instant> = BTreeMap::new();
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
            Err(error) => return tracing::error!(%error, "the firewall is no longer watched"),
        }
        if !fds[0].revents().is_empty() {
            return;
        }
        let mut changed = BTreeSet::new();
        let complete = match events.drain(|event| changed.extend(changed_table(&event))) {
            Ok(complete) => complete,
            Err(error) => return tracing::error!(%error, "the firewall is no longer watched"),
        };
        let mut kept = shared.kept.lock();
        let now = Instant::now();
        changed.extend(take_due(&mut postponed, now));
        for (table, kept) in kept.iter_mut().filter(|(table, _)| !complete || changed.contains(*table)) {
            if let Err(later) = check(table, kept) {
                postponed.insert(table.clone(), later);
            }
        }
        shared.restored.notify_all();
    }
}

/// The table that an event is about, if it is one of the family that ours are of.
fn changed_table(event: &Event<'_>) -> Option<String> {
    let ours = event.kind >> 8 == SUBSYSTEM && NEWTABLE_TO_DELRULE.contains(&(event.kind & 0xff));
    if !ours || event.payload.first() != Some(&FAMILY_INET) {
        return None;
    }
    // Behind the family stand the version and two bytes of the resource, then the attributes.
    let mut attributes = NlasIterator::new(event.payload.get(4..)?).map_while(Result::ok);
    let name = attributes.find(|attribute| attribute.kind() == TABLE_NAME)?;
    Some(String::from_utf8_lossy(name.value()).trim_end_matches('\0').to_owned())
}

/// Compares a table with how it should be and puts it back if it is not; `Err` if that must wait.
fn check(table: &str, kept: &mut Kept) -> Result<(), Instant> {
    let network = &kept.firewall.network;
    let found = match nft::list_table(network, table) {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(network, %error, "cannot read the network's firewall rules");
            return Ok(());
        }
    };
    let wanted = count_rules(&ruleset(&kept.firewall));
    match (&found, &kept.listing) {
        (Some(found), Some(right)) if found == right => return Ok(()),
        (Some(found), None) if count_rules(found) == wanted => {
            kept.listing = Some(found.clone());
            return Ok(());
        }
        (None, _) if wanted == 0 => return Ok(()),
        _ => {}
    }
    kept.pace.step(Instant::now()).inspect_err(|_| {
        tracing::error!(network, "something keeps removing the network's firewall rules; waiting");
    })?;
    match apply(&kept.firewall) {
        Ok(()) => {
            kept.restored += 1;
            tracing::warn!(network, table, "the network's firewall rules had been changed and were put back");
            kept.listing = nft::list_table(network, table).ok().flatten();
        }
        Err(error) => tracing::error!(network, %error, "cannot put the network's firewall rules back"),
    }
    Ok(())
}
