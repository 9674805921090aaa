//! Finding guests: answered from snapshots, whatever jobs are under way.

use crate::driver::{QemuDriver, no_domain};
use crate::vm::View;
use ferrovirt_core::driver::DomainLookup;
use ferrovirt_core::{DomainId, EventHub, Result, abi};
use std::sync::Arc;
use uuid::Uuid;

impl DomainLookup for QemuDriver {
    fn connect_list_all_domains(&self, flags: u32) -> Result<Vec<DomainId>> {
        let all = self.shared.domains.all();
        let wanted = all.iter().filter(|vm| passes(&vm.view(), flags));
        Ok(wanted.map(|vm| vm.id()).collect())
    }

    /// As many as the list has, without a look at those that do not run: of these there may be many.
    fn connect_num_of_domains(&self, active: bool) -> Result<usize> {
        let domains = &self.shared.domains;
        let (all, running) = (domains.len(), domains.running());
        let running = running.iter().filter(|vm| vm.view().is_active()).count();
        Ok(if active { running } else { all.saturating_sub(running) })
    }

    fn domain_lookup_by_id(&self, id: i32) -> Result<DomainId> {
        let found = self.shared.domains.by_id(id);
        found.map(|vm| vm.id()).ok_or_else(|| no_domain(format!("no domain with matching id {id}")))
    }

    fn domain_lookup_by_uuid(&self, uuid: Uuid) -> Result<DomainId> {
        let found = self.shared.domains.by_uuid(uuid);
        found.map(|vm| vm.id()).ok_or_else(|| no_domain(format!("no domain with matching uuid '{uuid}'")))
    }

    fn domain_lookup_by_name(&self, name: &str) -> Result<DomainId> {
        let found = self.shared.domains.by_name(name);
        found.map(|vm| vm.id()).ok_or_else(|| no_domain(format!("no domain with matching name '{name}'")))
    }

    fn domain_is_active(&self, domain: &DomainId) -> Result<bool> {
        Ok(self.shared.find(domain)?.view().is_active())
    }

    fn domain_is_persistent(&self, domain: &DomainId) -> Result<bool> {
        Ok(self.shared.find(domain)?.view().persistent.is_some())
    }

    fn domain_is_updated(&self, domain: &DomainId) -> Result<bool> {
        Ok(self.shared.find(domain)?.view().updated)
    }

    fn domain_get_os_type(&self, domain: &DomainId) -> Result<String> {
        Ok(self.shared.find(domain)?.view().current()?.model.os.os_type.to_string())
    }

    fn domain_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.shared.events.clone())
    }
}

/// Whether a guest is among those that `flags` ask for: of each group of flags at least one must hold, a group of
/// which none is given holds for all.
pub(super) fn passes(view: &View, flags: u32) -> bool {
    let state = view.state as u32;
    let running = state == abi::VIR_DOMAIN_RUNNING;
    let paused = state == abi::VIR_DOMAIN_PAUSED;
    let off = state == abi::VIR_DOMAIN_SHUTOFF;
    let groups: [&[(u32, bool)]; 7] = [
        &[
            (abi::VIR_CONNECT_LIST_DOMAINS_ACTIVE, view.is_active()),
            (abi::VIR_CONNECT_LIST_DOMAINS_INACTIVE, !view.is_active()),
        ],
        &[
            (abi::VIR_CONNECT_LIST_DOMAINS_PERSISTENT, view.persistent.is_some()),
            (abi::VIR_CONNECT_LIST_DOMAINS_TRANSIENT, view.persistent.is_none()),
        ],
        &[
            (abi::VIR_CONNECT_LIST_DOMAINS_RUNNING, running),
            (abi::VIR_CONNECT_LIST_DOMAINS_PAUSED, paused),
            (abi::VIR_CONNECT_LIST_DOMAINS_SHUTOFF, off),
            (abi::VIR_CONNECT_LIST_DOMAINS_OTHER, !running && !paused && !off),
        ],
        &[
            (abi::VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, view.managed_save),
            (abi::VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE, !view.managed_save),
        ],
        &[
            (abi::VIR_CONNECT_LIST_DOMAINS_AUTOSTART, view.autostart),
            (abi::VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART, !view.autostart),
        ],
        &[
            (abi::VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, !view.snapshots.is_empty()),
            (abi::VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT, view.snapshots.is_empty()),
        ],
        &[
            (abi::VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT, !view.checkpoints.is_empty()),
            (abi::VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT, view.checkpoints.is_empty()),
        ],
    ];
    groups.iter().all(|group| {
        let mut asked = group.iter().filter(|(flag, _)| flags & flag != 0).peekable();
        asked.peek().is_none() || asked.any(|(_, holds)| *holds)
    })
}
