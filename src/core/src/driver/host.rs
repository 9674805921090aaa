//! The host behind a connection: versions, capabilities, CPUs, memory, power.

driver_trait! {
    /// The host behind a connection: versions, capabilities, CPUs, memory, power.
    pub trait HostDriver in None {
    }
}
