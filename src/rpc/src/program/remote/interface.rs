//! The host's network interfaces.

use crate::limits::*;
use crate::procedure::procedures;
use crate::xdr::List;
use ferrovirt_core::InterfaceId;

procedures! {
    Remote;
    126 => ConnectNumOfInterfaces -> i32,
        High, Read, [connect:search_interfaces], filter interface:getattr;
    127 => ConnectListInterfaces { maxnames: i32 } -> List<String, INTERFACE_LIST_MAX>,
        High, Read, [connect:search_interfaces], filter interface:getattr;
    128 => InterfaceLookupByName { name: String } -> InterfaceId, High, Read, [interface:getattr];
    129 => InterfaceLookupByMacString { mac: String } -> InterfaceId, High, Read, [interface:getattr];
    130 => InterfaceGetXmlDesc { iface: InterfaceId, flags: u32 } -> String,
        Normal, Read, [interface:read];
    131 => InterfaceDefineXml { xml: String, flags: u32 } -> InterfaceId,
        High, Write, [interface:write, interface:save];
    132 => InterfaceUndefine { iface: InterfaceId } -> (), High, Write, [interface:delete];
    133 => InterfaceCreate { iface: InterfaceId, flags: u32 } -> (), Normal, Write, [interface:start];
    134 => InterfaceDestroy { iface: InterfaceId, flags: u32 } -> (), High, Write, [interface:stop];
    137 => ConnectNumOfDefinedInterfaces -> i32,
        High, Read, [connect:search_interfaces], filter interface:getattr;
    138 => ConnectListDefinedInterfaces { maxnames: i32 } -> List<String, INTERFACE_LIST_MAX>,
        High, Read, [connect:search_interfaces], filter interface:getattr;
    156 => InterfaceIsActive { iface: InterfaceId } -> i32, High, Read, [interface:read];
    220 => InterfaceChangeBegin { flags: u32 } -> (), Normal, Write, [connect:interface_transaction];
    221 => InterfaceChangeCommit { flags: u32 } -> (), Normal, Write, [connect:interface_transaction];
    222 => InterfaceChangeRollback { flags: u32 } -> (), Normal, Write, [connect:interface_transaction];
    284 => ConnectListAllInterfaces { need_results: i32, flags: u32 }
        -> struct ConnectListAllInterfacesReply { ifaces: List<InterfaceId, INTERFACE_LIST_MAX>, ret: u32 },
        High, Read, [connect:search_interfaces], filter interface:getattr;
}
