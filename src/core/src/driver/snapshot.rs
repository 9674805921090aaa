//! Snapshots of domains.

driver_trait! {
    /// Snapshots of domains.
    pub trait SnapshotDriver in DomainSnapshot {
    }
}
