//! Defining, starting, stopping, pausing.

driver_trait! {
    /// Defining, starting, stopping, pausing.
    pub trait DomainLifecycle in Domain {
    }
}
