//! Finding domains: lists, look-ups, events, and what a driver knows at once.

driver_trait! {
    /// Finding domains: lists, look-ups, events, and what a driver knows at once.
    pub trait DomainLookup in Domain {
    }
}
