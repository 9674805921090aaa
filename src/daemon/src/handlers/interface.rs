//! The host's network interfaces.

use super::{answers, listed, named};
use crate::client::Client;
use ferrovirt_core::Error;
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_INTERFACES_ACTIVE as ACTIVE, VIR_CONNECT_LIST_INTERFACES_INACTIVE as INACTIVE,
};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::Dispatch;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        ConnectNumOfInterfaces |on, _| on.count(on.list_interfaces(), || on.list_all_interfaces(ACTIVE));
        ConnectListInterfaces |on, call| {
            named(on.names(on.list_interfaces(), || on.list_all_interfaces(ACTIVE)), call.maxnames)
        };
        ConnectNumOfDefinedInterfaces |on, _| {
            on.count(on.list_defined_interfaces(), || on.list_all_interfaces(INACTIVE))
        };
        ConnectListDefinedInterfaces |on, call| {
            named(on.names(on.list_defined_interfaces(), || on.list_all_interfaces(INACTIVE)), call.maxnames)
        };
        ConnectListAllInterfaces |on, call| {
            let (ifaces, ret) = listed(on.seen(on.list_all_interfaces(call.flags))?, call.need_results);
            Ok::<_, Error>(ConnectListAllInterfacesReply { ifaces, ret })
        };
        InterfaceLookupByName |on, call| on.lookup_interface_by_name(&call.name);
        InterfaceLookupByMacString |on, call| on.lookup_interface_by_mac(&call.mac);
        InterfaceGetXmlDesc |on, call| on.interface(call.iface).xml_desc(call.flags);
        InterfaceDefineXml |on, call| on.define_interface(&call.xml, call.flags);
        InterfaceUndefine |on, call| on.interface(call.iface).undefine();
        InterfaceCreate |on, call| on.interface(call.iface).create(call.flags);
        InterfaceDestroy |on, call| on.interface(call.iface).destroy(call.flags);
        InterfaceIsActive |on, call| on.interface(call.iface).is_active();
        InterfaceChangeBegin |on, call| on.begin_interface_change(call.flags);
        InterfaceChangeCommit |on, call| on.commit_interface_change(call.flags);
        InterfaceChangeRollback |on, call| on.rollback_interface_change(call.flags);
    }
}
