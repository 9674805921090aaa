//! What a client has registered for, and the messages in which it is told.
//!
//! A driver's thread only encodes the message and queues it; the reactor sends it.

mod domain;
mod gate;
mod object;

pub use domain::domain_filter;
pub use object::{
    network_filter, node_device_filter, qemu_monitor_filter, secret_filter, storage_pool_filter,
};

use crate::client::Client;
use ferrovirt_core::event::{Event, EventHub, Subscription};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_rpc::server::Caller;
use gate::Gate;
use parking_lot::Mutex;
use std::sync::Arc;

/// Whose event ids these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Domain,
    Network,
    StoragePool,
    NodeDevice,
    Secret,
    QemuMonitor,
}

/// Tells a client of an event, if that is one that it has registered for: given the client and the registration's id.
pub type Teller = Box<dyn Fn(&Client, i32, &Event) + Send + Sync>;

/// The registrations of a client.
#[derive(Default)]
pub struct Registrations(Mutex<State>);

#[derive(Default)]
struct State {
    next: i32,
    /// For clients that are told of some objects only.
    gate: Option<Gate>,
    all: Vec<Registration>,
}

struct Registration {
    id: i32,
    family: Family,
    event_id: i32,
    /// Of the kind without ids: there is one for an event.
    legacy: bool,
    /// Ends with the registration.
    _subscription: Subscription,
    /// The hub may be there for this registration only.
    _hub: Arc<EventHub>,
}

impl Registrations {
    /// Registers for events of `hub`; the registration's id comes back.
    pub fn add(
        &self,
        client: &Client,
        family: Family,
        event_id: i32,
        hub: Arc<EventHub>,
        tell: Teller,
    ) -> Result<i32> {
        self.subscribe(client, family, event_id, false, hub, tell)
    }

    /// Registers in the old way, which has no ids.
    pub fn add_legacy(&self, client: &Client, event_id: i32, hub: Arc<EventHub>, tell: Teller) -> Result<()> {
        if self.find_legacy(event_id).is_some() {
            let detail = format!("domain event {event_id} is registered already");
            return Err(Error::internal(detail).domain(ErrorDomain::Rpc));
        }
        self.subscribe(client, Family::Domain, event_id, true, hub, tell).map(drop)
    }

    fn subscribe(
        &self,
        client: &Client,
        family: Family,
        event_id: i32,
        legacy: bool,
        hub: Arc<EventHub>,
        tell: Teller,
    ) -> Result<i32> {
        let mut state = self.0.lock();
        if client.is_controlled() && state.gate.is_none() {
            state.gate = Some(Gate::new(client, client.daemon().access()?)?);
        }
        let (gate, tell) = (state.gate.clone(), Arc::new(tell));
        let id = state.next;
        state.next += 1;
        let client = client.downgrade();
        let sink = move |event: &Arc<Event>| match &gate {
            Some(gate) => gate.push(&tell, id, event),
            None => {
                if let Some(client) = client.upgrade() {
                    tell(&client, id, event);
                }
            }
        };
        let subscription = hub.subscribe(sink);
        state.all.push(Registration { id, family, event_id, legacy, _subscription: subscription, _hub: hub });
        Ok(id)
    }

    fn find_legacy(&self, event_id: i32) -> Option<i32> {
        let state = self.0.lock();
        state.all.iter().find(|one| one.legacy && one.event_id == event_id).map(|one| one.id)
    }

    /// Ends a registration.
    pub fn remove(&self, family: Family, id: i32) -> Result<()> {
        let removed = {
            let mut state = self.0.lock();
            let found = state.all.iter().position(|one| one.id == id && one.family == family && !one.legacy);
            found.map(|at| state.all.remove(at))
        };
        removed.map(drop).ok_or_else(|| {
            Error::internal(format!("no event callback is registered under id {id}")).domain(ErrorDomain::Rpc)
        })
    }

    /// Ends a registration of the old kind.
    pub fn remove_legacy(&self, event_id: i32) -> Result<()> {
        let removed = {
            let mut state = self.0.lock();
            let found = state.all.iter().position(|one| one.legacy && one.event_id == event_id);
            found.map(|at| state.all.remove(at))
        };
        removed.map(drop).ok_or_else(|| {
            Error::internal(format!("domain event {event_id} is not registered")).domain(ErrorDomain::Rpc)
        })
    }

    /// Ends all registrations.
    pub fn clear(&self) {
        let mut state = self.0.lock();
        let all = (std::mem::take(&mut state.all), state.gate.take());
        drop(state);
        drop(all);
    }
}
