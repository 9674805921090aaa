//! Moving a domain to another host.

driver_trait! {
    /// Moving a domain to another host.
    pub trait DomainMigration in Domain {
    }
}
