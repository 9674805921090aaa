//! Coming back after the connection was lost: when to try, and what happened to domains meanwhile.

use crate::dial::Arrival;
use crate::session::Session;
use ferrovirt_core::abi::*;
use ferrovirt_core::{DomainEvent, DomainEventKind, DomainId, Error, Event, Result, TypedValue, event_loop};
use ferrovirt_rpc::client::Client;
use ferrovirt_rpc::program::remote::{ConnectGetAllDomainStats, ConnectListAllDomains};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a call waits for the daemon to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// The event loop's first and longest pauses between attempts, in milliseconds.
const FIRST_PAUSE: i32 = 50;
const LONGEST_PAUSE: i32 = 2000;

/// What is known for the time after a loss.
#[derive(Default)]
pub(crate) struct Recovery {
    /// One thread makes the new connection.
    attempt: Mutex<()>,
    given_up: AtomicBool,
    /// The event loop has been asked to try.
    scheduled: AtomicBool,
    /// The domains as the listeners to their life cycle know them; kept only where it may be needed.
    known: Mutex<Option<HashMap<Uuid, Known>>>,
}

/// A domain as it was when it was last heard of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    domain: DomainId,
    persistent: bool,
    paused: bool,
    reason: i32,
}

impl Known {
    fn is_active(&self) -> bool {
        self.domain.id >= 0
    }
}

/// Makes the connection for a caller, who waits for the daemon for a while.
pub(crate) fn wait(session: &Session) -> Result<Arc<Client>> {
    if session.target.on_behalf.is_some() {
        return attempt(session);
    }
    let until = Instant::now() + PATIENCE;
    let mut arrival = Arrival::at(session.target.way.socket());
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match attempt(session) {
            Err(_) if !left.is_zero() && !session.recovery.is_given_up() => arrival.wait(left),
            outcome => return outcome,
        }
    }
}

/// One attempt, unless another thread has been faster.
fn attempt(session: &Session) -> Result<Arc<Client>> {
    let recovery = &session.recovery;
    if recovery.is_given_up() {
        return Err(Error::internal("the connection was closed by this program"));
    }
    let _one = recovery.attempt.lock();
    if let Some(link) = session.link().filter(|link| link.is_alive()) {
        return Ok(link);
    }
    let client = session.renew()?;
    recovery.tell_missed(session, &client);
    Ok(client)
}

/// Has the event loop try until the daemon is back. Without one the next call does.
pub(crate) fn begin(session: &Weak<Session>) {
    let Some(current) = event_loop::current() else { return };
    let Some(scheduled) = session.upgrade() else { return };
    if scheduled.recovery.scheduled.swap(true, Ordering::Relaxed) {
        return;
    }
    drop(scheduled);
    let (weak_loop, session) = (Arc::downgrade(&current), session.clone());
    let pause = AtomicI32::new(FIRST_PAUSE);
    let turn = move |timer| {
        let Some(current) = weak_loop.upgrade() else { return };
        let goes_on = session.upgrade().is_some_and(|session| {
            session.recovery.scheduled.store(false, Ordering::Relaxed);
            let goes_on = attempt(&session).is_err_and(|err| {
                tracing::debug!(%err, "the daemon is not back yet");
                !session.recovery.is_given_up()
            });
            // If an attempt's own connection was lost, too, that has scheduled another timer.
            goes_on && !session.recovery.scheduled.swap(true, Ordering::Relaxed)
        });
        if goes_on {
            let next = pause.load(Ordering::Relaxed);
            pause.store((next * 2).min(LONGEST_PAUSE), Ordering::Relaxed);
            current.update_timeout(timer, next);
        } else if let Err(err) = current.remove_timeout(timer) {
            tracing::warn!(%err, "the event loop did not know the timer of a reconnection");
        }
    };
    if let Err(err) = current.add_timeout(FIRST_PAUSE, Box::new(turn)) {
        tracing::warn!(%err, "the connection will come back only with the next call");
    }
}

impl Recovery {
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Somebody listens to life cycles from now on: what there is now has not been missed.
    pub fn remember(&self, session: &Session, client: &Client) {
        if !session.comes_back() || self.known.lock().is_some() {
            return;
        }
        match take_stock(client) {
            Ok(domains) => *self.known.lock() = Some(domains),
            Err(err) => tracing::warn!(%err, "what domains do while the daemon is away can not be told"),
        }
    }

    /// Keeps up with what listeners are told.
    pub fn note(&self, event: &Event) {
        let mut known = self.known.lock();
        let Some(known) = &mut *known else { return };
        let Event::Domain(DomainEvent { domain, kind: DomainEventKind::Lifecycle { event, detail } }) = event
        else {
            return;
        };
        follow(known, domain, *event as u32, *detail);
    }

    /// Tells listeners of what has changed while they could not hear of it.
    fn tell_missed(&self, session: &Session, client: &Client) {
        if !session.events.lifecycle_wanted() {
            *self.known.lock() = None;
            return;
        }
        let now = match take_stock(client) {
            Ok(now) => now,
            Err(err) => {
                tracing::warn!(%err, "what domains did while the daemon was away can not be told");
                return;
            }
        };
        let Some(before) = self.known.lock().replace(now.clone()) else { return };
        for (domain, event, detail) in changes(&before, &now) {
            let kind = DomainEventKind::Lifecycle { event: event as i32, detail: detail as i32 };
            session.events.publish_lifecycle(Event::Domain(DomainEvent { domain, kind }));
        }
    }
}

/// All domains, in two questions.
fn take_stock(client: &Client) -> Result<HashMap<Uuid, Known>> {
    let flags = VIR_CONNECT_LIST_DOMAINS_PERSISTENT;
    let persistent = client.call(&ConnectListAllDomains { need_results: 1, flags })?.domains.0;
    let stats = VIR_DOMAIN_STATS_STATE;
    let records = client.call(&ConnectGetAllDomainStats { doms: Vec::new().into(), stats, flags: 0 })?;
    let of_record = |record: ferrovirt_rpc::records::DomainStatsRecord| {
        let number = |name: &str| match record.params.get(name) {
            Some(TypedValue::Int(number)) => *number,
            _ => 0,
        };
        let (paused, reason) = (number("state.state") == VIR_DOMAIN_PAUSED as i32, number("state.reason"));
        let persistent = persistent.iter().any(|domain| domain.uuid == record.dom.uuid);
        (record.dom.uuid, Known { domain: record.dom, persistent, paused, reason })
    };
    Ok(records.into_iter().map(of_record).collect())
}

/// What a listener that is told of this event knows of the domain afterwards.
fn follow(known: &mut HashMap<Uuid, Known>, domain: &DomainId, event: u32, detail: i32) {
    let entry = known.entry(domain.uuid).or_insert_with(|| Known {
        domain: DomainId { id: -1, ..domain.clone() },
        persistent: false,
        paused: false,
        reason: 0,
    });
    entry.domain.name = domain.name.clone();
    match event {
        VIR_DOMAIN_EVENT_DEFINED => entry.persistent = true,
        VIR_DOMAIN_EVENT_UNDEFINED => entry.persistent = false,
        VIR_DOMAIN_EVENT_STARTED => (entry.domain.id, entry.paused) = (domain.id, false),
        VIR_DOMAIN_EVENT_SUSPENDED => entry.paused = true,
        VIR_DOMAIN_EVENT_RESUMED => entry.paused = false,
        VIR_DOMAIN_EVENT_STOPPED | VIR_DOMAIN_EVENT_CRASHED => {
            (entry.domain.id, entry.paused) = (-1, false);
        }
        _ => {}
    }
    entry.reason = detail;
    if !entry.persistent && !entry.is_active() {
        known.remove(&domain.uuid);
    }
}

/// The events that lead from what was known to what there is.
fn changes(before: &HashMap<Uuid, Known>, now: &HashMap<Uuid, Known>) -> Vec<(DomainId, u32, u32)> {
    let mut told = Vec::new();
    for old in before.values() {
        let new = now.get(&old.domain.uuid);
        let same_run = new.is_some_and(|new| new.domain.id == old.domain.id);
        if old.is_active() && !same_run {
            let gone = DomainId { id: -1, ..old.domain.clone() };
            let detail =
                new.filter(|new| !new.is_active()).map_or(VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN, stopped_by);
            told.push((gone, VIR_DOMAIN_EVENT_STOPPED, detail));
        }
        if old.persistent && !new.is_some_and(|new| new.persistent) {
            let domain =
                new.map_or_else(|| DomainId { id: -1, ..old.domain.clone() }, |new| new.domain.clone());
            told.push((domain, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED));
        }
    }
    for new in now.values() {
        let old = before.get(&new.domain.uuid);
        if new.persistent && !old.is_some_and(|old| old.persistent) {
            told.push((new.domain.clone(), VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED));
        }
        let same_run = old.is_some_and(|old| old.domain.id == new.domain.id);
        if new.is_active() && !same_run {
            told.push((new.domain.clone(), VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED));
        }
        let was_paused = same_run && old.is_some_and(|old| old.paused);
        if new.is_active() && new.paused && !was_paused {
            told.push((new.domain.clone(), VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED));
        }
        if new.is_active() && !new.paused && was_paused {
            told.push((new.domain.clone(), VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED));
        }
    }
    told
}

/// The detail of the event that a stop would have made, by the reason for which the domain is shut off.
fn stopped_by(domain: &Known) -> u32 {
    match u32::try_from(domain.reason).unwrap_or(0) {
        VIR_DOMAIN_SHUTOFF_DESTROYED => VIR_DOMAIN_EVENT_STOPPED_DESTROYED,
        VIR_DOMAIN_SHUTOFF_CRASHED => VIR_DOMAIN_EVENT_STOPPED_CRASHED,
        VIR_DOMAIN_SHUTOFF_MIGRATED => VIR_DOMAIN_EVENT_STOPPED_MIGRATED,
        VIR_DOMAIN_SHUTOFF_SAVED => VIR_DOMAIN_EVENT_STOPPED_SAVED,
        VIR_DOMAIN_SHUTOFF_FAILED => VIR_DOMAIN_EVENT_STOPPED_FAILED,
        VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT => VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT,
        _ => VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: i32, persistent: bool, paused: bool) -> Known {
        let domain = DomainId { name: "web".into(), uuid: Uuid::from_u128(7), id };
        Known { domain, persistent, paused, reason: VIR_DOMAIN_SHUTOFF_DESTROYED as i32 }
    }

    fn told(before: Option<Known>, now: Option<Known>) -> Vec<(u32, u32)> {
        let map = |known: Option<Known>| known.into_iter().map(|known| (known.domain.uuid, known)).collect();
        let events = changes(&map(before), &map(now)).into_iter();
        events.map(|(_, event, detail)| (event, detail)).collect()
    }

    #[test]
    fn what_has_not_changed_is_not_told() {
        for same in [known(3, true, false), known(3, false, true), known(-1, true, false)] {
            assert_eq!(told(Some(same.clone()), Some(same)), []);
        }
    }

    #[test]
    fn a_guest_that_stopped_or_was_started_again_is_told() {
        let stopped = (VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
        assert_eq!(told(Some(known(3, true, false)), Some(known(-1, true, false))), [stopped]);
        let vanished = (VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
        let started = (VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
        assert_eq!(told(Some(known(3, true, true)), Some(known(4, true, false))), [vanished, started]);
        assert_eq!(told(Some(known(3, false, true)), None), [vanished]);
    }

    #[test]
    fn definitions_that_came_and_went_are_told() {
        let defined = (VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED);
        let suspended = (VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
        let started = (VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
        assert_eq!(told(None, Some(known(1, true, true))), [defined, started, suspended]);
        let undefined = (VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
        assert_eq!(told(Some(known(-1, true, false)), None), [undefined]);
    }

    #[test]
    fn what_listeners_were_told_is_known() {
        let mut map = HashMap::new();
        let domain = known(5, true, false).domain;
        for event in [VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_SUSPENDED] {
            follow(&mut map, &domain, event, 0);
        }
        assert!(map[&domain.uuid].paused && map[&domain.uuid].domain.id == 5);
        follow(&mut map, &DomainId { id: -1, ..domain.clone() }, VIR_DOMAIN_EVENT_STOPPED, 0);
        follow(&mut map, &domain, VIR_DOMAIN_EVENT_UNDEFINED, 0);
        assert!(map.is_empty());
    }
}
