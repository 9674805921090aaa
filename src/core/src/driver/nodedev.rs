//! The host's devices, and lending them to guests.

use crate::NodeDeviceId;
use crate::event::EventHub;
use std::sync::Arc;

driver_trait! {
    /// The host's devices: the tree of them, and those that are made by description (vHBAs, mediated devices).
    pub trait NodeDeviceDriver in Nodedev {
        /// Which devices there are; `flags` are `VIR_CONNECT_LIST_NODE_DEVICES_*`.
        fn connect_list_all_node_devices(&self, flags: u32) -> Vec<NodeDeviceId> = "virConnectListAllNodeDevices";
        fn node_device_lookup_by_name(&self, name: &str) -> NodeDeviceId = "virNodeDeviceLookupByName";
        /// The SCSI host with these node and port names, 16 hexadecimal digits each.
        fn node_device_lookup_scsi_host_by_wwn(
            &self,
            wwnn: &str,
            wwpn: &str,
            flags: u32,
        ) -> NodeDeviceId = "virNodeDeviceLookupSCSIHostByWWN";
        fn node_device_get_xml_desc(&self, device: &NodeDeviceId, flags: u32) -> String = "virNodeDeviceGetXMLDesc";
        /// The parent's name, `None` for the root of the tree. Asked only where the id does not tell.
        fn node_device_get_parent(&self, device: &NodeDeviceId) -> Option<String> = "virNodeDeviceGetParent";
        /// The names of the device's capabilities.
        fn node_device_list_caps(&self, device: &NodeDeviceId) -> Vec<String> = "virNodeDeviceListCaps";
        fn node_device_create_xml(&self, xml: &str, flags: u32) -> NodeDeviceId = "virNodeDeviceCreateXML" writes;
        fn node_device_destroy(&self, device: &NodeDeviceId) -> () = "virNodeDeviceDestroy" writes;
        fn node_device_define_xml(&self, xml: &str, flags: u32) -> NodeDeviceId = "virNodeDeviceDefineXML" writes;
        fn node_device_undefine(&self, device: &NodeDeviceId, flags: u32) -> () = "virNodeDeviceUndefine" writes;
        fn node_device_create(&self, device: &NodeDeviceId, flags: u32) -> () = "virNodeDeviceCreate" writes;
        fn node_device_update(&self, device: &NodeDeviceId, xml: &str, flags: u32) -> () = "virNodeDeviceUpdate" writes;
        fn node_device_get_autostart(&self, device: &NodeDeviceId) -> bool = "virNodeDeviceGetAutostart";
        fn node_device_set_autostart(&self, device: &NodeDeviceId, autostart: bool) -> () = "virNodeDeviceSetAutostart" writes;
        fn node_device_is_persistent(&self, device: &NodeDeviceId) -> bool = "virNodeDeviceIsPersistent";
        fn node_device_is_active(&self, device: &NodeDeviceId) -> bool = "virNodeDeviceIsActive";
        /// Where this driver's events come from.
        fn node_device_events(&self) -> Arc<EventHub> = "virConnectNodeDeviceEventRegisterAny";
    }
}

driver_trait! {
    /// Taking a device from the host for a guest and giving it back: work of the hypervisor, which knows who uses it.
    pub trait NodeDeviceAssignment in Nodedev {
        /// Takes the device from the host's driver; `driver` names the one that is to hold it for guests.
        fn node_device_detach_flags(
            &self,
            device: &NodeDeviceId,
            driver: Option<&str>,
            flags: u32,
        ) -> () = "virNodeDeviceDetachFlags" writes;
        fn node_device_re_attach(&self, device: &NodeDeviceId) -> () = "virNodeDeviceReAttach" writes;
        fn node_device_reset(&self, device: &NodeDeviceId) -> () = "virNodeDeviceReset" writes;
    }
}
