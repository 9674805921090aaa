//! Who listens to a connection's events, and the way from a driver's thread to the application's event loop.
//!
//! A driver's hub only queues; the callbacks run from the event loop that the application registered, woken by a
//! timer of ours on it that is otherwise idle.

use crate::Connection;
use ferrovirt_core::event::{Event, EventHub, Subscription};
use ferrovirt_core::{Error, ErrorDomain, Result, event_loop};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Names a registration on its connection.
pub type CallbackId = i32;

/// Called from the event loop with the connection and the event.
pub type EventCallback = Arc<dyn Fn(&Connection, &Event) + Send + Sync>;

/// What a registration calls, and what tells it from others.
pub struct Listener {
    pub callback: EventCallback,
    /// The address of the C function, which may be registered once for a subject. Closures of Rust programs have none.
    pub function: Option<usize>,
}

/// What a registration is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Whose event ids these are: `domain`, `network`, ...
    pub family: &'static str,
    pub event_id: i32,
    /// The one object whose events are wanted.
    pub object: Option<String>,
    /// Registered the old way, to be ended by its function.
    pub legacy: bool,
}

/// Decides whether a registration is to hear of an event.
pub(crate) type EventFilter = Box<dyn Fn(&Event) -> bool + Send + Sync>;

/// The registrations of one connection, and what they have yet to hear.
#[derive(Default)]
pub(crate) struct EventRegistry(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    next_id: CallbackId,
    registrations: Vec<Registration>,
    /// Each with the hub that it came from: one event may come from several, and each registration hears of one.
    queue: VecDeque<(HubId, Arc<Event>)>,
    timer: Option<i32>,
    /// One a hub: the families of objects may come from several drivers.
    subscriptions: Vec<(HubId, Subscription)>,
}

/// Tells a hub that is in use from others.
type HubId = usize;

fn hub_id(hub: &Arc<EventHub>) -> HubId {
    Arc::as_ptr(hub) as HubId
}

struct Registration {
    id: CallbackId,
    /// Kept for as long as it is listened to.
    hub: Arc<EventHub>,
    /// What it is for, and the C function that it calls.
    identity: Option<(Subject, usize)>,
    filter: EventFilter,
    callback: EventCallback,
    /// A registered callback keeps its connection open, as in libvirt.
    connection: Connection,
}

impl Registration {
    fn hears(&self, origin: HubId, event: &Event) -> bool {
        hub_id(&self.hub) == origin && (self.filter)(event)
    }
}

impl EventRegistry {
    /// Adds a registration for events of `hub` that pass `filter`.
    pub fn register(
        &self,
        connection: &Connection,
        hub: &Arc<EventHub>,
        filter: EventFilter,
        callback: EventCallback,
    ) -> Result<CallbackId> {
        self.add(connection, hub, None, filter, callback)
    }

    /// The same, but a C function that is registered for the same subject already is refused.
    pub fn register_once(
        &self,
        connection: &Connection,
        hub: &Arc<EventHub>,
        subject: Subject,
        filter: EventFilter,
        listener: Listener,
    ) -> Result<CallbackId> {
        let identity = listener.function.map(|function| (subject, function));
        self.add(connection, hub, identity, filter, listener.callback)
    }

    /// The registration of a C function for a subject.
    pub fn find(&self, subject: &Subject, function: usize) -> Option<CallbackId> {
        self.0.lock().find(subject, function)
    }

    fn add(
        &self,
        connection: &Connection,
        hub: &Arc<EventHub>,
        identity: Option<(Subject, usize)>,
        filter: EventFilter,
        callback: EventCallback,
    ) -> Result<CallbackId> {
        let event_loop = event_loop::current().ok_or_else(|| {
            Error::internal(
                "no event loop is registered: call virEventRegisterDefaultImpl (or virEventRegisterImpl) before \
                 opening the connection",
            )
            .domain(ErrorDomain::None)
        })?;
        let mut state = self.0.lock();
        if let Some((subject, function)) = &identity
            && let Some(id) = state.find(subject, *function)
        {
            let detail = format!("this function is registered for the same events already, under id {id}");
            return Err(Error::invalid_arg(detail).domain(ErrorDomain::None));
        }
        if state.timer.is_none() {
            let shared = Arc::downgrade(&self.0);
            let dispatch = move |_| {
                if let Some(shared) = shared.upgrade() {
                    dispatch(&shared);
                }
            };
            state.timer = Some(event_loop.add_timeout(-1, Box::new(dispatch))?);
        }
        let origin = hub_id(hub);
        if !state.subscriptions.iter().any(|(known, _)| *known == origin) {
            let shared = Arc::downgrade(&self.0);
            let subscription = hub.subscribe(move |event| {
                if let Some(shared) = shared.upgrade() {
                    enqueue(&shared, origin, event.clone());
                }
            });
            state.subscriptions.push((origin, subscription));
        }
        let id = state.next_id;
        state.next_id += 1;
        state.registrations.push(Registration {
            id,
            hub: hub.clone(),
            identity,
            filter,
            callback,
            connection: connection.clone(),
        });
        Ok(id)
    }

    /// Ends a registration; its callback is dropped now, or when its present run ends.
    pub fn deregister(&self, id: CallbackId) -> Result<()> {
        let removed = {
            let mut state = self.0.lock();
            let found = state.registrations.iter().position(|r| r.id == id);
            let at = found.ok_or_else(|| {
                let detail = format!("no event callback is registered under id {id}");
                Error::invalid_arg(detail).domain(ErrorDomain::None)
            })?;
            let removed = state.registrations.remove(at);
            state.forget_hub(hub_id(&removed.hub));
            let idle = state.registrations.is_empty();
            (removed, idle.then(|| state.stop_listening()).flatten())
        };
        if let (_, Some(timer)) = &removed
            && let Some(event_loop) = event_loop::current()
        {
            event_loop.remove_timeout(*timer)?;
        }
        Ok(())
    }
}

impl State {
    fn find(&self, subject: &Subject, function: usize) -> Option<CallbackId> {
        let is_it =
            |r: &&Registration| r.identity.as_ref().is_some_and(|(s, f)| s == subject && *f == function);
        self.registrations.iter().find(is_it).map(|r| r.id)
    }

    /// Ends the subscription at a hub that no registration listens to any more.
    fn forget_hub(&mut self, hub: HubId) {
        if !self.registrations.iter().any(|r| hub_id(&r.hub) == hub) {
            self.subscriptions.retain(|(known, _)| *known != hub);
            self.queue.retain(|(origin, _)| *origin != hub);
        }
    }

    /// Nobody listens any more: the timer to remove comes back.
    fn stop_listening(&mut self) -> Option<i32> {
        self.subscriptions.clear();
        self.queue.clear();
        self.timer.take()
    }
}

fn enqueue(shared: &Mutex<State>, origin: HubId, event: Arc<Event>) {
    let timer = {
        let mut state = shared.lock();
        if !state.registrations.iter().any(|r| r.hears(origin, &event)) {
            return;
        }
        state.queue.push_back((origin, event));
        state.timer
    };
    if let (Some(timer), Some(event_loop)) = (timer, event_loop::current()) {
        event_loop.update_timeout(timer, 0);
    }
}

/// Runs from the event loop: tells every registration, in order, what has been queued.
fn dispatch(shared: &Mutex<State>) {
    // The timer is put to rest before the queue is taken, so that whatever comes in meanwhile wakes it again.
    let timer = shared.lock().timer;
    if let (Some(timer), Some(event_loop)) = (timer, event_loop::current()) {
        event_loop.update_timeout(timer, -1);
    }
    let queue = std::mem::take(&mut shared.lock().queue);
    for (origin, event) in queue {
        let ids: Vec<_> = shared.lock().registrations.iter().map(|r| r.id).collect();
        for id in ids {
            if let Some((callback, connection)) = listener(shared, id, origin, &event) {
                callback(&connection, &event);
            }
        }
    }
}

/// Looked up one by one: an earlier callback may have ended this registration.
fn listener(
    shared: &Mutex<State>,
    id: CallbackId,
    origin: HubId,
    event: &Event,
) -> Option<(EventCallback, Connection)> {
    let state = shared.lock();
    let registration = state.registrations.iter().find(|r| r.id == id)?;
    registration
        .hears(origin, event)
        .then(|| (registration.callback.clone(), registration.connection.clone()))
}
