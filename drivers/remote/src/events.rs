//! Events of the daemon: each interest is registered there and has a hub of its own, so that the daemon sends nothing
//! that nobody wants to hear.

use crate::decode::{Family, decode};
use crate::session::Session;
use ferrovirt_core::event::{EventObject, Interest};
use ferrovirt_core::{Error, Event, EventHub, Result};
use ferrovirt_rpc::client::Client;
use ferrovirt_rpc::frame::Message;
use ferrovirt_rpc::procedure::EventMessage;
use ferrovirt_rpc::program::Program;
use ferrovirt_rpc::program::qemu::{
    QemuConnectDomainMonitorEventDeregister, QemuConnectDomainMonitorEventRegister,
};
use ferrovirt_rpc::program::remote::*;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// What is registered with the daemon.
pub(crate) struct Events {
    session: Weak<Session>,
    registered: Mutex<Vec<Registered>>,
    /// One registers at a time: two listeners with the same interest share one registration.
    registering: Mutex<()>,
}

struct Registered {
    family: Family,
    interest: Interest,
    hub: Weak<EventHub>,
    /// What the daemon calls it.
    callback: i32,
}

/// Ends a registration when its hub goes.
struct Keeper {
    session: Weak<Session>,
    family: Family,
    interest: Interest,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(session) = self.session.upgrade() {
            session.events.end(&session, self.family, &self.interest);
        }
    }
}

impl Events {
    pub fn new(session: &Weak<Session>) -> Self {
        Self { session: session.clone(), registered: Mutex::default(), registering: Mutex::default() }
    }

    /// A hub that has the daemon asked for each interest.
    pub fn of(&self, family: Family) -> Arc<EventHub> {
        let session = self.session.clone();
        let narrow = move |interest: &Interest| {
            let session = session.upgrade().ok_or_else(|| Error::internal("the connection is closed"))?;
            session.events.narrow(&session, family, interest)
        };
        Arc::new(EventHub::narrowed_by(narrow))
    }

    fn narrow(&self, session: &Session, family: Family, interest: &Interest) -> Result<Arc<EventHub>> {
        let _one = self.registering.lock();
        if let Some(hub) = self.find(family, interest) {
            return Ok(hub);
        }
        let client = session.client()?;
        let callback = register(&client, family, interest)?;
        if family == Family::Domain && interest.event_id == 0 {
            session.recovery.remember(session, &client);
        }
        let keeper = Keeper { session: self.session.clone(), family, interest: interest.clone() };
        let hub = Arc::new(EventHub::keeping(keeper));
        let registered =
            Registered { family, interest: interest.clone(), hub: Arc::downgrade(&hub), callback };
        self.registered.lock().push(registered);
        Ok(hub)
    }

    fn find(&self, family: Family, interest: &Interest) -> Option<Arc<EventHub>> {
        let registered = self.registered.lock();
        let mut same = registered.iter().filter(|r| r.family == family && r.interest == *interest);
        same.find_map(|r| r.hub.upgrade())
    }

    /// A hub is gone: nobody wants to hear this any more.
    fn end(&self, session: &Session, family: Family, interest: &Interest) {
        let ended = {
            let mut registered = self.registered.lock();
            let is_it =
                |r: &Registered| r.family == family && r.interest == *interest && r.hub.strong_count() == 0;
            registered.iter().position(is_it).map(|at| registered.swap_remove(at))
        };
        if let (Some(ended), Some(link)) = (ended, session.link().filter(|link| link.is_alive()))
            && let Err(err) = deregister(&link, family, ended.callback)
        {
            tracing::debug!(%err, "the daemon did not end a registration for events");
        }
    }

    /// Registers with a daemon that knows of nothing yet.
    pub fn restore(&self, client: &Client) -> Result<()> {
        let _one = self.registering.lock();
        let wanted: Vec<_> = {
            let registered = self.registered.lock();
            registered.iter().map(|r| (r.family, r.interest.clone())).collect()
        };
        for (family, interest) in wanted {
            let callback = register(client, family, &interest)?;
            let mut registered = self.registered.lock();
            if let Some(r) = registered.iter_mut().find(|r| r.family == family && r.interest == interest) {
                r.callback = callback;
            }
        }
        Ok(())
    }

    /// Whether anybody listens to anything.
    pub fn are_wanted(&self) -> bool {
        !self.registered.lock().is_empty()
    }

    /// Whether anybody listens to the life cycle of domains.
    pub fn lifecycle_wanted(&self) -> bool {
        self.registered.lock().iter().any(|r| r.family == Family::Domain && r.interest.event_id == 0)
    }

    /// Tells those who listen to the life cycle of domains of something that the daemon did not tell.
    pub fn publish_lifecycle(&self, event: Event) {
        let hubs: Vec<_> = {
            let registered = self.registered.lock();
            let of_lifecycle =
                registered.iter().filter(|r| r.family == Family::Domain && r.interest.event_id == 0);
            of_lifecycle.filter_map(|r| r.hub.upgrade()).collect()
        };
        hubs.iter().for_each(|hub| hub.publish(event.clone()));
    }

    /// Hands a message of the daemon to those who listen.
    pub fn publish(&self, session: &Session, message: &Message) {
        let number = message.header.procedure;
        let is_closed = message.header.program == Program::Remote as u32
            && number == ConnectEventConnectionClosed::ROW.number;
        if is_closed {
            match message.event::<ConnectEventConnectionClosed>() {
                Ok(event) => session.tell_closed(event.reason),
                Err(err) => tracing::warn!(%err, "the news of a closed connection could not be read"),
            }
            return;
        }
        match decode(message) {
            Ok(Some((family, callback, event))) => {
                session.recovery.note(&event);
                self.hand_out(family, callback, event);
            }
            Ok(None) => tracing::debug!(number, "a message that is no event known here"),
            Err(err) => tracing::warn!(%err, number, "an event could not be read"),
        }
    }

    fn hand_out(&self, family: Family, callback: i32, event: Event) {
        let hub = {
            let registered = self.registered.lock();
            let mut known = registered.iter().filter(|r| r.family == family && r.callback == callback);
            known.find_map(|r| r.hub.upgrade())
        };
        if let Some(hub) = hub {
            hub.publish(event);
        }
    }
}

/// The object of an interest, as its family names it.
macro_rules! object {
    ($interest:ident, $variant:ident) => {
        match &$interest.object {
            Some(EventObject::$variant(object)) => Some(object.clone()),
            _ => None,
        }
    };
}

fn register(client: &Client, family: Family, interest: &Interest) -> Result<i32> {
    let event_id = interest.event_id;
    match family {
        Family::Domain => {
            client.call(&ConnectDomainEventCallbackRegisterAny { event_id, dom: object!(interest, Domain) })
        }
        Family::Network => {
            client.call(&ConnectNetworkEventRegisterAny { event_id, net: object!(interest, Network) })
        }
        Family::StoragePool => client
            .call(&ConnectStoragePoolEventRegisterAny { event_id, pool: object!(interest, StoragePool) }),
        Family::NodeDevice => {
            client.call(&ConnectNodeDeviceEventRegisterAny { event_id, dev: object!(interest, NodeDevice) })
        }
        Family::Secret => {
            client.call(&ConnectSecretEventRegisterAny { event_id, secret: object!(interest, Secret) })
        }
        Family::Monitor => {
            let events = interest.monitor.clone().unwrap_or_default();
            client.call(&QemuConnectDomainMonitorEventRegister {
                dom: object!(interest, Domain),
                event: events.name,
                flags: events.flags,
            })
        }
    }
}

fn deregister(client: &Client, family: Family, callback_id: i32) -> Result<()> {
    match family {
        Family::Domain => client.call(&ConnectDomainEventCallbackDeregisterAny { callback_id }),
        Family::Network => client.call(&ConnectNetworkEventDeregisterAny { callback_id }),
        Family::StoragePool => client.call(&ConnectStoragePoolEventDeregisterAny { callback_id }),
        Family::NodeDevice => client.call(&ConnectNodeDeviceEventDeregisterAny { callback_id }),
        Family::Secret => client.call(&ConnectSecretEventDeregisterAny { callback_id }),
        Family::Monitor => client.call(&QemuConnectDomainMonitorEventDeregister { callback_id }),
    }
}
