//! What the guest agent answers: users, file systems, time, host name, keys.

driver_trait! {
    /// What the guest agent answers: users, file systems, time, host name, keys.
    pub trait DomainGuest in Domain {
    }
}
