//! Finding guests: answered from snapshots, whatever changes are under way.

use super::{Guest, filter};
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_core::driver::DomainLookup;
use ferrovirt_core::{DomainId, Error, ErrorCode, EventHub, Result};
use std::sync::Arc;
use uuid::Uuid;

impl DomainLookup for TestDriver {
    fn connect_list_all_domains(&self, flags: u32) -> Result<Vec<DomainId>> {
        refuse::flags(flags, filter::KNOWN, "virConnectListAllDomains")?;
        let all = self.host.guests.all();
        let found = all.iter().filter_map(|guest| {
            let view = guest.view();
            filter::passes(&view, flags).then(|| guest.id_in(&view))
        });
        Ok(found.collect())
    }

    fn domain_lookup_by_id(&self, id: i32) -> Result<DomainId> {
        found(self.host.guests.by_id(id), || format!("no domain with matching id {id}"))
    }

    fn domain_lookup_by_uuid(&self, uuid: Uuid) -> Result<DomainId> {
        found(self.host.guests.by_uuid(uuid), || format!("no domain with matching uuid '{uuid}'"))
    }

    fn domain_lookup_by_name(&self, name: &str) -> Result<DomainId> {
        found(self.host.guests.by_name(name), || format!("no domain with matching name '{name}'"))
    }

    fn domain_is_active(&self, domain: &DomainId) -> Result<bool> {
        Ok(self.host.guest(domain)?.view().is_active())
    }

    fn domain_is_persistent(&self, domain: &DomainId) -> Result<bool> {
        Ok(self.host.guest(domain)?.view().persistent)
    }

    fn domain_is_updated(&self, _domain: &DomainId) -> Result<bool> {
        Ok(false)
    }

    fn domain_get_os_type(&self, _domain: &DomainId) -> Result<String> {
        Ok("linux".to_owned())
    }

    fn domain_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.host.events.clone())
    }
}

fn found(guest: Option<Arc<Guest>>, missing: impl FnOnce() -> String) -> Result<DomainId> {
    let missing = || -> Error { refuse::error(ErrorCode::NoDomain, missing()) };
    guest.map(|guest| guest.id()).ok_or_else(missing)
}
