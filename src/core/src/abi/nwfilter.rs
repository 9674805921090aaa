//! `libvirt-nwfilter.h`: network filters and their bindings.

/// A network filter; opaque. Since 0.8.0.
#[repr(C)]
#[derive(Debug)]
pub struct virNWFilter {
    _opaque: [u8; 0],
}

/// Pointer to a `virNWFilter`. Since 0.8.0.
pub type virNWFilterPtr = *mut virNWFilter;

/// A network filter bound to a guest's interface; opaque. Since 4.5.0.
#[repr(C)]
#[derive(Debug)]
pub struct virNWFilterBinding {
    _opaque: [u8; 0],
}

/// Pointer to a `virNWFilterBinding`. Since 4.5.0.
pub type virNWFilterBindingPtr = *mut virNWFilterBinding;

c_enum! {
    /// Flags for creating a binding. Since 7.8.0.
    pub enum virNWFilterBindingCreateFlags: u32 {
        /// Check the XML against the schema. Since 7.8.0.
        VIR_NWFILTER_BINDING_CREATE_VALIDATE = 1 << 0,
    }
}

c_enum! {
    /// Flags for a definition. Since 7.7.0.
    pub enum virNWFilterDefineFlags: u32 {
        /// Check the XML against the schema. Since 7.7.0.
        VIR_NWFILTER_DEFINE_VALIDATE = 1 << 0,
    }
}
