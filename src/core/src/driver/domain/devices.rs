//! Attaching, detaching, changing devices; interface parameters and addresses.

use crate::{DomainId, TypedParams};
use std::os::fd::BorrowedFd;

/// A network interface as it is seen from inside a guest, or by whoever gave it its addresses (`virDomainInterface`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainInterface {
    pub name: String,
    pub mac: Option<String>,
    pub addresses: Vec<InterfaceAddress>,
}

/// An IP address of a guest's interface (`virDomainIPAddress`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceAddress {
    /// `virIPAddrType`.
    pub kind: i32,
    pub address: String,
    pub prefix: u32,
}

driver_trait! {
    /// Attaching, detaching, changing devices; interface parameters and addresses.
    pub trait DomainDevices in Domain {
        /// To a running guest; by default that is the next call, with `VIR_DOMAIN_AFFECT_LIVE`.
        fn domain_attach_device(&self, domain: &DomainId, xml: &str) -> () = "virDomainAttachDevice" writes;
        /// `flags` are `VIR_DOMAIN_DEVICE_MODIFY_*` or `VIR_DOMAIN_AFFECT_*`, which have the same numbers.
        fn domain_attach_device_flags(&self, domain: &DomainId, xml: &str, flags: u32) -> () = "virDomainAttachDeviceFlags" writes;
        fn domain_detach_device_flags(&self, domain: &DomainId, xml: &str, flags: u32) -> () = "virDomainDetachDeviceFlags" writes;
        fn domain_update_device_flags(&self, domain: &DomainId, xml: &str, flags: u32) -> () = "virDomainUpdateDeviceFlags" writes;
        /// Asks the guest to let go of the device and does not wait for it.
        fn domain_detach_device_alias(&self, domain: &DomainId, alias: &str, flags: u32) -> () = "virDomainDetachDeviceAlias" writes;
        /// `device` is the MAC address or the name of the host's end, absent where the caller only wants to know which
        /// parameters there are.
        fn domain_get_interface_parameters(
            &self,
            domain: &DomainId,
            device: Option<&str>,
            flags: u32,
        ) -> TypedParams = "virDomainGetInterfaceParameters";
        fn domain_set_interface_parameters(
            &self,
            domain: &DomainId,
            device: &str,
            params: &TypedParams,
            flags: u32,
        ) -> () = "virDomainSetInterfaceParameters" writes;
        /// Has the guest's side of an interface, or of all, announce itself to the network; `params` are
        /// `VIR_DOMAIN_ANNOUNCE_INTERFACE_*`.
        fn domain_announce_interface(
            &self,
            domain: &DomainId,
            device: Option<&str>,
            params: &TypedParams,
            flags: u32,
        ) -> () = "virDomainAnnounceInterface" writes;
        /// `source` is a `virDomainInterfaceAddressesSource`.
        fn domain_interface_addresses(
            &self,
            domain: &DomainId,
            source: u32,
            flags: u32,
        ) -> Vec<DomainInterface> = "virDomainInterfaceAddresses";
        /// `kind` is a `virDomainGraphicsReloadType`.
        fn domain_graphics_reload(&self, domain: &DomainId, kind: u32, flags: u32) -> () = "virDomainGraphicsReload" writes;
        /// Lends descriptors to the domain under a name, for as long as the connection is open. The driver duplicates them.
        fn domain_fd_associate(
            &self,
            domain: &DomainId,
            name: &str,
            fds: &[BorrowedFd<'_>],
            flags: u32,
        ) -> () = "virDomainFDAssociate" writes;
    }
}
