//! Finding domains: lists, look-ups, events, and what a driver knows at once.

use crate::DomainId;
use crate::event::EventHub;
use std::sync::Arc;
use uuid::Uuid;

driver_trait! {
    /// Finding domains: lists, look-ups, events, and what a driver knows at once.
    pub trait DomainLookup in Domain {
        /// Which domains there are; `flags` are `VIR_CONNECT_LIST_DOMAINS_*`.
        fn connect_list_all_domains(&self, flags: u32) -> Vec<DomainId> = "virConnectListAllDomains";
        /// How many run, or else are defined and do not run; without it the list is counted.
        fn connect_num_of_domains(&self, active: bool) -> usize = "virConnectNumOfDomains";
        fn domain_lookup_by_id(&self, id: i32) -> DomainId = "virDomainLookupByID";
        fn domain_lookup_by_uuid(&self, uuid: Uuid) -> DomainId = "virDomainLookupByUUID";
        fn domain_lookup_by_name(&self, name: &str) -> DomainId = "virDomainLookupByName";
        fn domain_is_active(&self, domain: &DomainId) -> bool = "virDomainIsActive";
        fn domain_is_persistent(&self, domain: &DomainId) -> bool = "virDomainIsPersistent";
        /// Whether the running guest differs from its permanent definition.
        fn domain_is_updated(&self, domain: &DomainId) -> bool = "virDomainIsUpdated";
        /// The kind of operating system that the guest is booted as: `hvm`, `exe`, `linux`, ...
        fn domain_get_os_type(&self, domain: &DomainId) -> String = "virDomainGetOSType";
        /// Where this driver's events come from.
        fn domain_events(&self) -> Arc<EventHub> = "virConnectDomainEventRegisterAny";
    }
}
