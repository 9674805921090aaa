//! Network filters and their bindings to ports.

driver_trait! {
    /// Network filters and their bindings to ports.
    pub trait NwFilterDriver in Nwfilter {
    }
}
