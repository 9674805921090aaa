//! Storage pools and volumes.

driver_trait! {
    /// Storage pools and volumes.
    pub trait StorageDriver in Storage {
    }
}
