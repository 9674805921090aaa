//! The definition and its texts: XML, metadata, autostart, names, native formats.

driver_trait! {
    /// The definition and its texts: XML, metadata, autostart, names, native formats.
    pub trait DomainConfig in Domain {
    }
}
