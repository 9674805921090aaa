//! Checkpoints of domains: marks from which incremental backups start.

driver_trait! {
    /// Checkpoints of domains: marks from which incremental backups start.
    pub trait CheckpointDriver in DomainCheckpoint {
    }
}
