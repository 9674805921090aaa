//! Disks: resizing, reading, block jobs, throttling, disk errors.

driver_trait! {
    /// Disks: resizing, reading, block jobs, throttling, disk errors.
    pub trait DomainBlock in Domain {
    }
}
