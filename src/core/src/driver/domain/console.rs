//! Consoles, channels, screenshots, keys, graphics.

driver_trait! {
    /// Consoles, channels, screenshots, keys, graphics.
    pub trait DomainConsole in Domain {
    }
}
