//! Streams, as a driver serves them.

/// Bulk data between a caller and a driver.
pub trait StreamDriver: Send + Sync {}
