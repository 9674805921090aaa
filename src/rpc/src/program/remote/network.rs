//! Virtual networks and their ports.

use crate::limits::*;
use crate::procedure::procedures;
use crate::records::NetworkDhcpLease;
use crate::values::Params;
use crate::xdr::List;
use ferrovirt_core::abi::{VIR_NETWORK_UPDATE_AFFECT_CONFIG, VIR_NETWORK_UPDATE_AFFECT_LIVE};
use ferrovirt_core::{NetworkId, NetworkPortId};
use uuid::Uuid;

procedures! {
    Remote;
    36 => ConnectListDefinedNetworks { maxnames: i32 } -> List<String, NETWORK_LIST_MAX>,
        High, Read, [connect:search_networks], filter network:getattr;
    38 => ConnectListNetworks { maxnames: i32 } -> List<String, NETWORK_LIST_MAX>,
        High, Read, [connect:search_networks], filter network:getattr;
    39 => NetworkCreate { net: NetworkId } -> (), Normal, Write, [network:start];
    40 => NetworkCreateXml { xml: String } -> NetworkId, Normal, Write, [network:write, network:start];
    41 => NetworkDefineXml { xml: String } -> NetworkId, High, Write, [network:write, network:save];
    42 => NetworkDestroy { net: NetworkId } -> (), High, Write, [network:stop];
    43 => NetworkGetXmlDesc { net: NetworkId, flags: u32 } -> String, High, Read, [network:read];
    44 => NetworkGetAutostart { net: NetworkId } -> i32, High, Read, [network:read];
    45 => NetworkGetBridgeName { net: NetworkId } -> String, High, Read, [network:read];
    46 => NetworkLookupByName { name: String } -> NetworkId, High, Read, [network:getattr];
    47 => NetworkLookupByUuid { uuid: Uuid } -> NetworkId, High, Read, [network:getattr];
    48 => NetworkSetAutostart { net: NetworkId, autostart: i32 } -> (), High, Write, [network:write];
    49 => NetworkUndefine { net: NetworkId } -> (), High, Write, [network:delete];
    50 => ConnectNumOfDefinedNetworks -> i32,
        High, Read, [connect:search_networks], filter network:getattr;
    52 => ConnectNumOfNetworks -> i32, High, Read, [connect:search_networks], filter network:getattr;
    152 => NetworkIsActive { net: NetworkId } -> i32, High, Read, [network:read];
    153 => NetworkIsPersistent { net: NetworkId } -> i32, High, Read, [network:read];
    283 => ConnectListAllNetworks { need_results: i32, flags: u32 }
        -> struct ConnectListAllNetworksReply { nets: List<NetworkId, NETWORK_LIST_MAX>, ret: u32 },
        High, Read, [connect:search_networks], filter network:getattr;
    291 => NetworkUpdate {
        net: NetworkId, command: u32, section: u32, parent_index: i32, xml: String, flags: u32,
    } -> (),
        High, Write, [
            network:write,
            network:save unless(VIR_NETWORK_UPDATE_AFFECT_CONFIG | VIR_NETWORK_UPDATE_AFFECT_LIVE),
            network:save if(VIR_NETWORK_UPDATE_AFFECT_CONFIG),
        ];
    341 => NetworkGetDhcpLeases { net: NetworkId, mac: Option<String>, need_results: i32, flags: u32 }
        -> struct NetworkGetDhcpLeasesReply { leases: List<NetworkDhcpLease, NETWORK_DHCP_LEASES_MAX>, ret: u32 },
        Normal, Read, [network:read];
    404 => NetworkListAllPorts { network: NetworkId, need_results: i32, flags: u32 }
        -> struct NetworkListAllPortsReply { ports: List<NetworkPortId, NETWORK_PORT_LIST_MAX>, ret: u32 },
        High, Read, [network:search_ports], filter network_port:getattr;
    405 => NetworkPortLookupByUuid { network: NetworkId, uuid: Uuid } -> NetworkPortId,
        High, Read, [network_port:getattr];
    406 => NetworkPortCreateXml { network: NetworkId, xml: String, flags: u32 } -> NetworkPortId,
        Normal, Write, [network_port:create];
    407 => NetworkPortGetParameters { port: NetworkPortId, nparams: i32, flags: u32 }
        -> struct NetworkPortGetParametersReply { params: Params<NETWORK_PORT_PARAMETERS_MAX>, nparams: i32 },
        Normal, Read, [network_port:read];
    408 => NetworkPortSetParameters {
        port: NetworkPortId, params: Params<NETWORK_PORT_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [network_port:write];
    409 => NetworkPortGetXmlDesc { port: NetworkPortId, flags: u32 } -> String,
        Normal, Read, [network_port:read];
    410 => NetworkPortDelete { port: NetworkPortId, flags: u32 } -> (),
        Normal, Write, [network_port:delete];
    432 => NetworkDefineXmlFlags { xml: String, flags: u32 } -> NetworkId,
        High, Write, [network:write, network:save];
    437 => NetworkCreateXmlFlags { xml: String, flags: u32 } -> NetworkId,
        High, Write, [network:write, network:start];
    444 => NetworkSetMetadata {
        network: NetworkId, kind: i32, metadata: Option<String>, key: Option<String>,
        uri: Option<String>, flags: u32,
    } -> (),
        Normal, Write, [
            network:write,
            network:save unless(VIR_NETWORK_UPDATE_AFFECT_CONFIG | VIR_NETWORK_UPDATE_AFFECT_LIVE),
            network:save if(VIR_NETWORK_UPDATE_AFFECT_CONFIG),
        ];
    445 => NetworkGetMetadata { network: NetworkId, kind: i32, uri: Option<String>, flags: u32 }
        -> String,
        Normal, Read, [network:read];
}
