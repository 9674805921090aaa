//! Host interfaces: configuration, life cycle, transactions.

driver_trait! {
    /// Host interfaces: configuration, life cycle, transactions.
    pub trait InterfaceDriver in Interface {
    }
}
