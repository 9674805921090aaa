//! What registering for the events of networks, pools, node devices and secrets has in common.

use crate::events::{EventFilter, Listener, Subject};
use crate::{CallbackId, Connection};
use ferrovirt_core::event::{EventObject, Interest};
use ferrovirt_core::{Error, EventHub, Result};
use std::sync::Arc;

/// A registration as it was asked for.
pub(crate) struct ObjectEvents<'a, H: FnOnce() -> Result<Arc<EventHub>>> {
    /// Whose event ids these are.
    pub family: &'static str,
    pub event_id: i32,
    /// The first number that is no event id of this family.
    pub end: u32,
    /// The one object whose events are wanted, with its connection.
    pub object: Option<(&'a Connection, EventObject)>,
    /// Asked for once the arguments are known to be right.
    pub hub: H,
}

impl<H: FnOnce() -> Result<Arc<EventHub>>> ObjectEvents<'_, H> {
    pub fn register(
        self,
        connection: &Connection,
        filter: EventFilter,
        listener: Listener,
    ) -> Result<CallbackId> {
        let Self { family, event_id, end, object, hub } = self;
        if let Some((_, name)) = object.as_ref().filter(|(owner, _)| owner.address() != connection.address())
        {
            let detail = format!("{family} {name} is on another connection than the one to register with");
            return Err(Error::invalid_arg(detail));
        }
        if u32::try_from(event_id).map_or(true, |id| id >= end) {
            let last = end - 1;
            return Err(Error::invalid_arg(format!("eventID must be from 0 to {last}, it is {event_id}")));
        }
        let object = object.map(|(_, object)| object);
        let name = object.as_ref().map(EventObject::to_string);
        let subject = Subject { family, event_id, object: name, legacy: false };
        let hub = hub()?.narrow(&Interest { event_id, object, monitor: None })?;
        connection.events().register_once(connection, &hub, subject, filter, listener)
    }
}
