//! CPUs, memory, pinning, scheduling, NUMA, I/O threads, perf events.

driver_trait! {
    /// CPUs, memory, pinning, scheduling, NUMA, I/O threads, perf events.
    pub trait DomainTuning in Domain {
    }
}
