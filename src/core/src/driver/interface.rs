//! The host's own network interfaces.

use crate::InterfaceId;

driver_trait! {
    /// The host's own network interfaces: their configuration, and a transaction around changes to it.
    pub trait InterfaceDriver in Interface {
        /// Which interfaces there are; `flags` are `VIR_CONNECT_LIST_INTERFACES_*`.
        fn connect_list_all_interfaces(&self, flags: u32) -> Vec<InterfaceId> = "virConnectListAllInterfaces";
        fn interface_lookup_by_name(&self, name: &str) -> InterfaceId = "virInterfaceLookupByName";
        fn interface_lookup_by_mac_string(&self, mac: &str) -> InterfaceId = "virInterfaceLookupByMACString";
        fn interface_get_xml_desc(&self, interface: &InterfaceId, flags: u32) -> String = "virInterfaceGetXMLDesc";
        fn interface_define_xml(&self, xml: &str, flags: u32) -> InterfaceId = "virInterfaceDefineXML" writes;
        fn interface_undefine(&self, interface: &InterfaceId) -> () = "virInterfaceUndefine" writes;
        fn interface_create(&self, interface: &InterfaceId, flags: u32) -> () = "virInterfaceCreate" writes;
        fn interface_destroy(&self, interface: &InterfaceId, flags: u32) -> () = "virInterfaceDestroy" writes;
        fn interface_is_active(&self, interface: &InterfaceId) -> bool = "virInterfaceIsActive";
        /// Remembers the configuration of all interfaces, to go back to.
        fn interface_change_begin(&self, flags: u32) -> () = "virInterfaceChangeBegin" writes;
        /// Keeps what has been changed since the beginning.
        fn interface_change_commit(&self, flags: u32) -> () = "virInterfaceChangeCommit" writes;
        /// Goes back to what was remembered.
        fn interface_change_rollback(&self, flags: u32) -> () = "virInterfaceChangeRollback" writes;
    }
}
