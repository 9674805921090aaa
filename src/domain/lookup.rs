//! Finding domains: lists, look-ups, events, and what a driver knows at once.

use super::Domain;
use crate::events::{EventFilter, Listener, Subject};
use crate::flags::not_negative;
use crate::host::or_if_unsupported;
use crate::object_events::ObjectEvents;
use crate::{CallbackId, Connection};
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_DOMAINS_INACTIVE, VIR_DOMAIN_EVENT_ID_LAST,
    VIR_DOMAIN_EVENT_ID_LIFECYCLE,
};
use ferrovirt_core::event::{EventObject, Interest};
use ferrovirt_core::{DomainId, Error, ErrorDomain, Event, Result};
use std::sync::Arc;
use uuid::Uuid;

impl Connection {
    /// The domains there are; `flags` are `VIR_CONNECT_LIST_DOMAINS_*`, 0 for all.
    pub fn list_all_domains(&self, flags: u32) -> Result<Vec<Domain>> {
        let ids = self.drivers().hypervisor.connect_list_all_domains(flags)?;
        Ok(ids.into_iter().map(|id| Domain::new(self, id)).collect())
    }

    /// The numeric ids of the running domains.
    pub fn list_domains(&self) -> Result<Vec<i32>> {
        let ids = self.drivers().hypervisor.connect_list_all_domains(VIR_CONNECT_LIST_DOMAINS_ACTIVE)?;
        Ok(ids.into_iter().map(|id| id.id).collect())
    }

    /// The names of the domains that are defined but do not run.
    pub fn list_defined_domains(&self) -> Result<Vec<Arc<str>>> {
        let ids = self.drivers().hypervisor.connect_list_all_domains(VIR_CONNECT_LIST_DOMAINS_INACTIVE)?;
        Ok(ids.into_iter().map(|id| id.name).collect())
    }

    /// How many domains run.
    pub fn count_domains(&self) -> Result<usize> {
        match self.counted(true)? {
            Some(count) => Ok(count),
            None => Ok(self.list_domains()?.len()),
        }
    }

    /// How many domains are defined but do not run.
    pub fn count_defined_domains(&self) -> Result<usize> {
        match self.counted(false)? {
            Some(count) => Ok(count),
            None => Ok(self.list_defined_domains()?.len()),
        }
    }

    /// What the driver says that has counted them.
    fn counted(&self, active: bool) -> Result<Option<usize>> {
        or_if_unsupported(self.drivers().hypervisor.connect_num_of_domains(active).map(Some), || None)
    }

    pub fn lookup_domain_by_id(&self, id: i32) -> Result<Domain> {
        not_negative(id, "id")?;
        self.drivers().hypervisor.domain_lookup_by_id(id).map(|id| Domain::new(self, id))
    }

    pub fn lookup_domain_by_name(&self, name: &str) -> Result<Domain> {
        self.drivers().hypervisor.domain_lookup_by_name(name).map(|id| Domain::new(self, id))
    }

    pub fn lookup_domain_by_uuid(&self, uuid: Uuid) -> Result<Domain> {
        self.drivers().hypervisor.domain_lookup_by_uuid(uuid).map(|id| Domain::new(self, id))
    }

    /// A handle for a domain that is known already, such as an event's; no driver is asked.
    pub fn domain_with_id(&self, id: DomainId) -> Domain {
        Domain::new(self, id)
    }

    /// Tells `listener` of events of the kind `event_id` (`virDomainEventID`), of one domain or of all.
    pub fn register_domain_event(
        &self,
        domain: Option<&Domain>,
        event_id: i32,
        listener: Listener,
    ) -> Result<CallbackId> {
        ObjectEvents {
            family: FAMILY,
            event_id,
            end: VIR_DOMAIN_EVENT_ID_LAST,
            object: domain.map(|domain| (domain.connection(), EventObject::Domain(domain.id()))),
            hub: || self.drivers().hypervisor.domain_events(),
        }
        .register(self, domain_filter(domain.map(Domain::uuid), event_id), listener)
    }

    /// Tells `listener` of all life cycle events, the old way: it is ended by its function, not by an id.
    pub fn register_domain_lifecycle(&self, listener: Listener) -> Result<()> {
        let interest = Interest { event_id: LIFECYCLE, object: None, monitor: None };
        let hub = self.drivers().hypervisor.domain_events()?.narrow(&interest)?;
        let filter = domain_filter(None, LIFECYCLE);
        self.events().register_once(self, &hub, old_lifecycle(), filter, listener).map(|_| ())
    }

    /// Ends the registration of `function` that [`Self::register_domain_lifecycle`] made.
    pub fn deregister_domain_lifecycle(&self, function: usize) -> Result<()> {
        let id = self.events().find(&old_lifecycle(), function).ok_or_else(|| {
            Error::invalid_arg(format!("function {function:#x} is not registered for domain events"))
                .domain(ErrorDomain::None)
        })?;
        self.events().deregister(id)
    }

    /// Ends a registration for events, of whatever kind.
    pub fn deregister_event(&self, id: CallbackId) -> Result<()> {
        not_negative(id, "callbackID")?;
        self.events().deregister(id)
    }
}

const LIFECYCLE: i32 = VIR_DOMAIN_EVENT_ID_LIFECYCLE as i32;

const FAMILY: &str = "domain";

/// What registering the old way is for.
fn old_lifecycle() -> Subject {
    Subject { family: FAMILY, event_id: LIFECYCLE, object: None, legacy: true }
}

fn domain_filter(uuid: Option<Uuid>, event_id: i32) -> EventFilter {
    Box::new(move |event: &Event| match event {
        Event::Domain(event) => {
            event.kind.matches(event_id) && uuid.is_none_or(|uuid| uuid == event.domain.uuid)
        }
        _ => false,
    })
}

impl Domain {
    pub fn is_active(&self) -> Result<bool> {
        self.driver().domain_is_active(&self.id())
    }

    pub fn is_persistent(&self) -> Result<bool> {
        self.driver().domain_is_persistent(&self.id())
    }

    /// Whether the running guest differs from its permanent definition.
    pub fn is_updated(&self) -> Result<bool> {
        self.driver().domain_is_updated(&self.id())
    }

    /// The kind of operating system that the guest is booted as: `hvm`, `exe`, `linux`, ...
    pub fn os_type(&self) -> Result<String> {
        self.driver().domain_get_os_type(&self.id())
    }
}
