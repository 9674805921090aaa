//! Attaching, detaching, changing devices; interface parameters and addresses.

driver_trait! {
    /// Attaching, detaching, changing devices; interface parameters and addresses.
    pub trait DomainDevices in Domain {
    }
}
