//! The host's own network interfaces, as a caller holds them.

use crate::Connection;
use crate::object::object;
use ferrovirt_core::abi::{VIR_CONNECT_LIST_INTERFACES_ACTIVE, VIR_CONNECT_LIST_INTERFACES_INACTIVE};
use ferrovirt_core::driver::InterfaceDriver;
use ferrovirt_core::{InterfaceId, Result};

object! {
    /// A network interface of the host. Cloning shares the handle.
    Interface keyed InterfaceId, served by interface: InterfaceDriver
}

impl Connection {
    /// The interfaces there are; `flags` are `VIR_CONNECT_LIST_INTERFACES_*`, 0 for all.
    pub fn list_all_interfaces(&self, flags: u32) -> Result<Vec<Interface>> {
        Ok(Interface::all(self, self.drivers().interface.connect_list_all_interfaces(flags)?))
    }

    /// The names of the interfaces that are up.
    pub fn list_interfaces(&self) -> Result<Vec<String>> {
        self.interface_names(VIR_CONNECT_LIST_INTERFACES_ACTIVE)
    }

    /// The names of the interfaces that are configured and not up.
    pub fn list_defined_interfaces(&self) -> Result<Vec<String>> {
        self.interface_names(VIR_CONNECT_LIST_INTERFACES_INACTIVE)
    }

    fn interface_names(&self, flags: u32) -> Result<Vec<String>> {
        let ids = self.drivers().interface.connect_list_all_interfaces(flags)?;
        Ok(ids.iter().map(|id| id.name.to_string()).collect())
    }

    pub fn lookup_interface_by_name(&self, name: &str) -> Result<Interface> {
        self.drivers().interface.interface_lookup_by_name(name).map(|id| Interface::new(self, id))
    }

    /// The one interface with this MAC address.
    pub fn lookup_interface_by_mac(&self, mac: &str) -> Result<Interface> {
        self.drivers().interface.interface_lookup_by_mac_string(mac).map(|id| Interface::new(self, id))
    }

    /// Writes an interface's configuration; it is not brought up.
    pub fn define_interface(&self, xml: &str, flags: u32) -> Result<Interface> {
        self.drivers().interface.interface_define_xml(xml, flags).map(|id| Interface::new(self, id))
    }

    /// Remembers the configuration of all interfaces, to go back to.
    pub fn begin_interface_change(&self, flags: u32) -> Result<()> {
        self.drivers().interface.interface_change_begin(flags)
    }

    /// Keeps what has been changed since the beginning.
    pub fn commit_interface_change(&self, flags: u32) -> Result<()> {
        self.drivers().interface.interface_change_commit(flags)
    }

    /// Goes back to what was remembered at the beginning.
    pub fn rollback_interface_change(&self, flags: u32) -> Result<()> {
        self.drivers().interface.interface_change_rollback(flags)
    }
}

impl Interface {
    pub fn name(&self) -> &str {
        &self.id().name
    }

    /// Empty where the driver knows none.
    pub fn mac(&self) -> &str {
        &self.id().mac
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().interface_get_xml_desc(self.id(), flags)
    }

    /// Forgets the interface's configuration.
    pub fn undefine(&self) -> Result<()> {
        self.driver().interface_undefine(self.id())
    }

    /// Brings the interface up.
    pub fn create(&self, flags: u32) -> Result<()> {
        self.driver().interface_create(self.id(), flags)
    }

    /// Takes the interface down.
    pub fn destroy(&self, flags: u32) -> Result<()> {
        self.driver().interface_destroy(self.id(), flags)
    }

    pub fn is_active(&self) -> Result<bool> {
        self.driver().interface_is_active(self.id())
    }
}
