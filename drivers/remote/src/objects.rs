//! Secrets, node devices, network filters and the host's interfaces.

use crate::RemoteDriver;
use crate::decode::Family;
use crate::forward::{forward, text};
use ferrovirt_core::driver::{
    InterfaceDriver, NodeDeviceAssignment, NodeDeviceDriver, NwFilterDriver, SecretDriver,
};
use ferrovirt_core::{EventHub, InterfaceId, NodeDeviceId, NwFilterBindingId, NwFilterId, Result, SecretId};
use ferrovirt_rpc::limits::NODE_DEVICE_CAPS_LIST_MAX;
use ferrovirt_rpc::program::remote::*;
use std::sync::Arc;
use uuid::Uuid;

impl SecretDriver for RemoteDriver {
    forward! {
        fn connect_list_all_secrets(flags: u32) -> Vec<SecretId> =
            ConnectListAllSecrets { need_results: 1, flags } => |reply| reply.secrets.0;
        fn secret_lookup_by_uuid(uuid: Uuid) -> SecretId = SecretLookupByUuid { uuid };
        fn secret_lookup_by_usage(usage_type: i32, usage_id: &str) -> SecretId =
            SecretLookupByUsage { usage_type, usage_id: usage_id.into() };
        fn secret_define_xml(xml: &str, flags: u32) -> SecretId = SecretDefineXml { xml: xml.into(), flags };
        fn secret_get_xml_desc(secret: &SecretId, flags: u32) -> String =
            SecretGetXmlDesc { secret: secret.clone(), flags };
        fn secret_set_value(secret: &SecretId, value: &[u8], flags: u32) -> () =
            SecretSetValue { secret: secret.clone(), value: value.into(), flags };
        fn secret_get_value(secret: &SecretId, flags: u32) -> Vec<u8> =
            SecretGetValue { secret: secret.clone(), flags };
        fn secret_undefine(secret: &SecretId) -> () = SecretUndefine { secret: secret.clone() };
    }

    fn secret_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.session.events.of(Family::Secret))
    }
}

/// A device is known by its name alone on the wire.
fn name(device: &NodeDeviceId) -> String {
    device.name.to_string()
}

impl NodeDeviceDriver for RemoteDriver {
    forward! {
        fn connect_list_all_node_devices(flags: u32) -> Vec<NodeDeviceId> =
            ConnectListAllNodeDevices { need_results: 1, flags } => |reply| reply.devices.0;
        fn node_device_lookup_by_name(name: &str) -> NodeDeviceId = NodeDeviceLookupByName { name: name.into() };
        fn node_device_lookup_scsi_host_by_wwn(wwnn: &str, wwpn: &str, flags: u32) -> NodeDeviceId =
            NodeDeviceLookupScsiHostByWwn { wwnn: wwnn.into(), wwpn: wwpn.into(), flags };
        fn node_device_get_xml_desc(device: &NodeDeviceId, flags: u32) -> String =
            NodeDeviceGetXmlDesc { name: name(device), flags };
        fn node_device_get_parent(device: &NodeDeviceId) -> Option<String> =
            NodeDeviceGetParent { name: name(device) };
        fn node_device_list_caps(device: &NodeDeviceId) -> Vec<String> =
            NodeDeviceListCaps { name: name(device), maxnames: NODE_DEVICE_CAPS_LIST_MAX as i32 };
        fn node_device_create_xml(xml: &str, flags: u32) -> NodeDeviceId =
            NodeDeviceCreateXml { xml_desc: xml.into(), flags };
        fn node_device_destroy(device: &NodeDeviceId) -> () = NodeDeviceDestroy { name: name(device) };
        fn node_device_define_xml(xml: &str, flags: u32) -> NodeDeviceId =
            NodeDeviceDefineXml { xml_desc: xml.into(), flags };
        fn node_device_undefine(device: &NodeDeviceId, flags: u32) -> () =
            NodeDeviceUndefine { name: name(device), flags };
        fn node_device_create(device: &NodeDeviceId, flags: u32) -> () = NodeDeviceCreate { name: name(device), flags };
        fn node_device_update(device: &NodeDeviceId, xml: &str, flags: u32) -> () =
            NodeDeviceUpdate { name: name(device), xml_desc: xml.into(), flags };
        fn node_device_get_autostart(device: &NodeDeviceId) -> bool = NodeDeviceGetAutostart { name: name(device) };
        fn node_device_set_autostart(device: &NodeDeviceId, autostart: bool) -> () =
            NodeDeviceSetAutostart { name: name(device), autostart: autostart.into() };
        fn node_device_is_persistent(device: &NodeDeviceId) -> bool = NodeDeviceIsPersistent { name: name(device) };
        fn node_device_is_active(device: &NodeDeviceId) -> bool = NodeDeviceIsActive { name: name(device) };
    }

    fn node_device_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.session.events.of(Family::NodeDevice))
    }
}

impl NodeDeviceAssignment for RemoteDriver {
    forward! {
        fn node_device_detach_flags(device: &NodeDeviceId, driver: Option<&str>, flags: u32) -> () =
            NodeDeviceDetachFlags { name: name(device), driver_name: text(driver), flags };
        fn node_device_re_attach(device: &NodeDeviceId) -> () = NodeDeviceReAttach { name: name(device) };
        fn node_device_reset(device: &NodeDeviceId) -> () = NodeDeviceReset { name: name(device) };
    }
}

impl NwFilterDriver for RemoteDriver {
    forward! {
        fn connect_list_all_nw_filters(flags: u32) -> Vec<NwFilterId> =
            ConnectListAllNwfilters { need_results: 1, flags } => |reply| reply.filters.0;
        fn nw_filter_lookup_by_name(name: &str) -> NwFilterId = NwfilterLookupByName { name: name.into() };
        fn nw_filter_lookup_by_uuid(uuid: Uuid) -> NwFilterId = NwfilterLookupByUuid { uuid };
        fn nw_filter_define_xml(xml: &str, flags: u32) -> NwFilterId =
            NwfilterDefineXmlFlags { xml: xml.into(), flags };
        fn nw_filter_undefine(filter: &NwFilterId) -> () = NwfilterUndefine { nwfilter: filter.clone() };
        fn nw_filter_get_xml_desc(filter: &NwFilterId, flags: u32) -> String =
            NwfilterGetXmlDesc { nwfilter: filter.clone(), flags };
        fn connect_list_all_nw_filter_bindings(flags: u32) -> Vec<NwFilterBindingId> =
            ConnectListAllNwfilterBindings { need_results: 1, flags } => |reply| reply.bindings.0;
        fn nw_filter_binding_lookup_by_port_dev(port_dev: &str) -> NwFilterBindingId =
            NwfilterBindingLookupByPortDev { name: port_dev.into() };
        fn nw_filter_binding_create_xml(xml: &str, flags: u32) -> NwFilterBindingId =
            NwfilterBindingCreateXml { xml: xml.into(), flags };
        fn nw_filter_binding_delete(binding: &NwFilterBindingId) -> () =
            NwfilterBindingDelete { nwfilter: binding.clone() };
        fn nw_filter_binding_get_xml_desc(binding: &NwFilterBindingId, flags: u32) -> String =
            NwfilterBindingGetXmlDesc { nwfilter: binding.clone(), flags };
    }
}

impl InterfaceDriver for RemoteDriver {
    forward! {
        fn connect_list_all_interfaces(flags: u32) -> Vec<InterfaceId> =
            ConnectListAllInterfaces { need_results: 1, flags } => |reply| reply.ifaces.0;
        fn interface_lookup_by_name(name: &str) -> InterfaceId = InterfaceLookupByName { name: name.into() };
        fn interface_lookup_by_mac_string(mac: &str) -> InterfaceId = InterfaceLookupByMacString { mac: mac.into() };
        fn interface_get_xml_desc(interface: &InterfaceId, flags: u32) -> String =
            InterfaceGetXmlDesc { iface: interface.clone(), flags };
        fn interface_define_xml(xml: &str, flags: u32) -> InterfaceId = InterfaceDefineXml { xml: xml.into(), flags };
        fn interface_undefine(interface: &InterfaceId) -> () = InterfaceUndefine { iface: interface.clone() };
        fn interface_create(interface: &InterfaceId, flags: u32) -> () =
            InterfaceCreate { iface: interface.clone(), flags };
        fn interface_destroy(interface: &InterfaceId, flags: u32) -> () =
            InterfaceDestroy { iface: interface.clone(), flags };
        fn interface_is_active(interface: &InterfaceId) -> bool = InterfaceIsActive { iface: interface.clone() };
        fn interface_change_begin(flags: u32) -> () = InterfaceChangeBegin { flags };
        fn interface_change_commit(flags: u32) -> () = InterfaceChangeCommit { flags };
        fn interface_change_rollback(flags: u32) -> () = InterfaceChangeRollback { flags };
    }
}
