//! `libvirt-network.h`: virtual networks and their ports.

use crate::ffi::{HandleList, global, inspect, modify, text};
use ferrovirt::Connection;
use ferrovirt::Network;
use ferrovirt_core::abi::{virConnectPtr, virNetworkPtr};
use std::ffi::{c_char, c_int, c_uint};

/// Lists the host's virtual networks, active and defined ones alike.
///
/// @conn: the connection
/// @nets: where the NULL-terminated array goes that the caller frees, each network and the array itself; NULL to have them only counted
/// @flags: virConnectListAllNetworksFlags, 0 for all networks
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListAllNetworks(
    conn: virConnectPtr,
    nets: *mut *mut virNetworkPtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| Ok(HandleList(conn.list_all_networks(flags)?).store(nets)))
}

/// Starts a network that has been defined.
///
/// @network: the network
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkCreate(network: virNetworkPtr) -> c_int {
    modify(network, |network: &Network| network.create())
}

/// Makes a network permanent from its XML description, without starting it.
///
/// @conn: the connection
/// @xml: the description
///
/// Returns a handle that the caller frees with virNetworkFree(), or NULL on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkDefineXML(conn: virConnectPtr, xml: *const c_char) -> virNetworkPtr {
    modify(conn, |conn: &Connection| conn.define_network(text(xml, "xml")?, 0))
}
