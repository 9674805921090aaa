//! Statistics: CPU, memory, block, interface, and the grouped form.

driver_trait! {
    /// Statistics: CPU, memory, block, interface, and the grouped form.
    pub trait DomainStats in Domain {
    }
}
