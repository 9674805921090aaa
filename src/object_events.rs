//! What registering for the events of networks, pools, node devices and secrets has in common.

use crate::events::EventFilter;
use crate::{CallbackId, Connection, EventCallback};
use ferrovirt_core::{Error, EventHub, Result};
use std::sync::Arc;

/// A registration as it was asked for.
pub(crate) struct ObjectEvents<'a, H: FnOnce() -> Result<Arc<EventHub>>> {
    /// The connection of the one object whose events are wanted.
    pub owner: Option<&'a Connection>,
    pub event_id: i32,
    /// The first number that is no event id of this family.
    pub end: u32,
    /// Asked for once the arguments are known to be right.
    pub hub: H,
}

impl<H: FnOnce() -> Result<Arc<EventHub>>> ObjectEvents<'_, H> {
    pub fn register(
        self,
        connection: &Connection,
        filter: EventFilter,
        callback: EventCallback,
    ) -> Result<CallbackId> {
        if self.owner.is_some_and(|owner| owner.address() != connection.address()) {
            return Err(Error::invalid_arg(
                "the object is on another connection than the one whose events are asked for",
            ));
        }
        if u32::try_from(self.event_id).map_or(true, |id| id >= self.end) {
            let last = self.end - 1;
            return Err(Error::invalid_arg(format!(
                "eventID must be from 0 to {last}, not {}",
                self.event_id
            )));
        }
        connection.events().register(connection, &(self.hub)()?, filter, callback)
    }
}
