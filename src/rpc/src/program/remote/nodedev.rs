//! The host's devices.

use crate::limits::*;
use crate::procedure::procedures;
use crate::xdr::List;
use ferrovirt_core::NodeDeviceId;
use ferrovirt_core::abi::{VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG, VIR_NODE_DEVICE_UPDATE_AFFECT_LIVE};

procedures! {
    Remote;
    111 => NodeNumOfDevices { cap: Option<String>, flags: u32 } -> i32,
        High, Read, [connect:search_node_devices], filter node_device:getattr;
    113 => NodeDeviceLookupByName { name: String } -> NodeDeviceId, High, Read, [node_device:getattr];
    114 => NodeDeviceGetXmlDesc { name: String, flags: u32 } -> String, Normal, Read, [node_device:read];
    115 => NodeDeviceGetParent { name: String } -> Option<String>, High, Read, [node_device:read];
    116 => NodeDeviceNumOfCaps { name: String } -> i32, High, Read, [node_device:read];
    117 => NodeDeviceListCaps { name: String, maxnames: i32 } -> List<String, NODE_DEVICE_CAPS_LIST_MAX>,
        High, Read, [node_device:read];
    118 => NodeDeviceDettach { name: String } -> (), Normal, Write, [node_device:detach];
    119 => NodeDeviceReAttach { name: String } -> (), Normal, Write, [node_device:detach];
    120 => NodeDeviceReset { name: String } -> (), Normal, Write, [node_device:detach];
    123 => NodeDeviceCreateXml { xml_desc: String, flags: u32 } -> NodeDeviceId,
        Normal, Write, [node_device:write, node_device:start];
    124 => NodeDeviceDestroy { name: String } -> (), High, Write, [node_device:stop];
    285 => ConnectListAllNodeDevices { need_results: i32, flags: u32 }
        -> struct ConnectListAllNodeDevicesReply { devices: List<NodeDeviceId, NODE_DEVICE_LIST_MAX>, ret: u32 },
        High, Read, [connect:search_node_devices], filter node_device:getattr;
    297 => NodeDeviceLookupScsiHostByWwn { wwnn: String, wwpn: String, flags: u32 } -> NodeDeviceId,
        High, Read, [node_device:getattr];
    301 => NodeDeviceDetachFlags { name: String, driver_name: Option<String>, flags: u32 } -> (),
        Normal, Write, [node_device:detach];
    428 => NodeDeviceDefineXml { xml_desc: String, flags: u32 } -> NodeDeviceId,
        Normal, Write, [node_device:write, node_device:save];
    429 => NodeDeviceUndefine { name: String, flags: u32 } -> (), High, Write, [node_device:delete];
    430 => NodeDeviceCreate { name: String, flags: u32 } -> (), High, Write, [node_device:start];
    433 => NodeDeviceGetAutostart { name: String } -> i32, High, Read, [node_device:read];
    434 => NodeDeviceSetAutostart { name: String, autostart: i32 } -> (),
        High, Write, [node_device:write];
    435 => NodeDeviceIsPersistent { name: String } -> i32, High, Read, [node_device:read];
    436 => NodeDeviceIsActive { name: String } -> i32, High, Read, [node_device:read];
    447 => NodeDeviceUpdate { name: String, xml_desc: String, flags: u32 } -> (),
        High, Write, [
            node_device:write,
            node_device:save unless(VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG | VIR_NODE_DEVICE_UPDATE_AFFECT_LIVE),
            node_device:save if(VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG),
        ];
}
