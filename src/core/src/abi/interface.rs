//! `libvirt-interface.h`: network interfaces of the host.

/// A network interface of a host; opaque. Since 0.6.4.
#[repr(C)]
#[derive(Debug)]
pub struct virInterface {
    _opaque: [u8; 0],
}

/// Pointer to a `virInterface`. Since 0.6.4.
pub type virInterfacePtr = *mut virInterface;

c_enum! {
    /// Filters for a list of interfaces. Since 0.10.2.
    pub enum virConnectListAllInterfacesFlags: u32 {
        /// Interfaces that are down. Since 0.10.2.
        VIR_CONNECT_LIST_INTERFACES_INACTIVE = 1 << 0,
        /// Interfaces that are up. Since 0.10.2.
        VIR_CONNECT_LIST_INTERFACES_ACTIVE = 1 << 1,
    }
}

c_enum! {
    /// Flags for a definition. Since 7.7.0.
    pub enum virInterfaceDefineFlags: u32 {
        /// Check the XML against the schema. Since 7.7.0.
        VIR_INTERFACE_DEFINE_VALIDATE = 1 << 0,
    }
}

c_enum! {
    /// What the XML of an interface shows. Since 0.7.3.
    pub enum virInterfaceXMLFlags: u32 {
        /// The stored definition, even while it is up. Since 0.7.3.
        VIR_INTERFACE_XML_INACTIVE = 1 << 0,
    }
}
