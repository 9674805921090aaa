//! Attaching, detaching, changing devices; interface parameters and addresses.

use super::Domain;
use crate::arguments::{non_empty_params, without_string_okay};
use ferrovirt_core::abi::{VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT};
use ferrovirt_core::driver::DomainInterface;
use ferrovirt_core::driver::read_only_refusal;
use ferrovirt_core::{Error, ErrorCode, Result, TypedParams};
use std::os::fd::BorrowedFd;

impl Domain {
    /// Adds the device that `xml` describes to a running guest.
    pub fn attach_device_live(&self, xml: &str) -> Result<()> {
        match self.driver().domain_attach_device(&self.id(), xml) {
            Err(err) if err.code() == ErrorCode::NoSupport => self.attach_device(xml, VIR_DOMAIN_AFFECT_LIVE),
            answer => answer,
        }
    }

    /// Adds the device that `xml` describes; `flags` are `VIR_DOMAIN_AFFECT_*` and `VIR_DOMAIN_DEVICE_MODIFY_*`.
    pub fn attach_device(&self, xml: &str, flags: u32) -> Result<()> {
        self.driver().domain_attach_device_flags(&self.id(), xml, flags)
    }

    /// Removes the device that `xml` describes; a running guest may take its time to let go of it.
    pub fn detach_device(&self, xml: &str, flags: u32) -> Result<()> {
        self.driver().domain_detach_device_flags(&self.id(), xml, flags)
    }

    /// Asks for the removal of the device with this alias; an event tells when it is gone.
    pub fn detach_device_alias(&self, alias: &str, flags: u32) -> Result<()> {
        self.driver().domain_detach_device_alias(&self.id(), alias, flags)
    }

    /// Changes the device that `xml` describes: a medium, a link, a bandwidth.
    pub fn update_device(&self, xml: &str, flags: u32) -> Result<()> {
        self.driver().domain_update_device_flags(&self.id(), xml, flags)
    }

    /// The bandwidth limits of a network interface, found by MAC address or by the name of the host's end; without an
    /// interface only their names count.
    pub fn interface_parameters(&self, device: Option<&str>, flags: u32) -> Result<TypedParams> {
        self.driver().domain_get_interface_parameters(&self.id(), device, without_string_okay(flags))
    }

    pub fn set_interface_parameters(&self, device: &str, params: &TypedParams, flags: u32) -> Result<()> {
        non_empty_params(params)?;
        self.driver().domain_set_interface_parameters(&self.id(), device, params, flags)
    }

    /// Has an interface, by MAC address or name on the host, or every one announce itself to the network, so that
    /// switches learn where the guest is; `params` are `VIR_DOMAIN_ANNOUNCE_INTERFACE_*`, all with defaults.
    pub fn announce_interface(&self, device: Option<&str>, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_announce_interface(&self.id(), device, params, flags)
    }

    /// The guest's interfaces and their addresses, as `source` (`VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_*`) knows them.
    pub fn interface_addresses(&self, source: u32, flags: u32) -> Result<Vec<DomainInterface>> {
        // The agent runs in the guest: what it does for a question is up to the guest.
        if source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT && self.connection().is_read_only() {
            return Err(read_only_refusal("asking the guest agent for addresses"));
        }
        self.driver().domain_interface_addresses(&self.id(), source, flags)
    }

    /// Makes a display of this kind (`VIR_DOMAIN_GRAPHICS_RELOAD_TYPE_*`) read its certificates again.
    pub fn graphics_reload(&self, kind: u32, flags: u32) -> Result<()> {
        self.driver().domain_graphics_reload(&self.id(), kind, flags)
    }

    /// Lends open files to the domain for as long as the connection lives; its XML refers to them by `name`.
    pub fn fd_associate(&self, name: &str, fds: &[BorrowedFd<'_>], flags: u32) -> Result<()> {
        if fds.is_empty() {
            return Err(Error::invalid_arg(format!("no file descriptors were given for '{name}'")));
        }
        self.driver().domain_fd_associate(&self.id(), name, fds, flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessMode;
    use crate::connection::test_domain;
    use std::os::fd::AsFd;

    #[test]
    fn only_the_question_to_the_guest_agent_needs_write_access() {
        let code = |access, source| test_domain(access).interface_addresses(source, 0).unwrap_err().code();
        let agent = VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT;
        assert_eq!(code(AccessMode::ReadOnly, agent), ErrorCode::OperationDenied);
        assert_eq!(code(AccessMode::ReadWrite, agent), ErrorCode::NoSupport);
        assert_eq!(code(AccessMode::ReadOnly, 0), ErrorCode::NoSupport);
    }

    #[test]
    fn limits_and_descriptors_must_be_there() {
        let domain = test_domain(AccessMode::ReadWrite);
        let none = domain.set_interface_parameters("vnet0", &TypedParams::new(), 0).unwrap_err();
        assert_eq!(none.code(), ErrorCode::InvalidArg);
        let code = |fds: &[BorrowedFd<'_>]| domain.fd_associate("group", fds, 0).unwrap_err().code();
        assert_eq!(code(&[]), ErrorCode::InvalidArg);
        let file = std::fs::File::open("/dev/null").unwrap();
        assert_eq!(code(&[file.as_fd()]), ErrorCode::NoSupport);
    }
}
