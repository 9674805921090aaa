//! Node devices: the host's device tree, mediated and virtual devices.

driver_trait! {
    /// Node devices: the host's device tree, mediated and virtual devices.
    pub trait NodeDeviceDriver in Nodedev {
    }
}
