//! `libvirt-network.h`: the ports of virtual networks.

use crate::ffi::{
    Borrowed, add_ref, free, inspect, list, modify, modify_with, opt_params, params_out, text, uuid_bytes,
    uuid_text, write_uuid, write_uuid_text,
};
use ferrovirt::{Network, NetworkPort};
use ferrovirt_core::abi::{virNetworkPortPtr, virNetworkPtr, virTypedParameterPtr};
use std::ffi::{c_char, c_int, c_uchar, c_uint};

/// Lists the ports of a network.
///
/// @network: the network
/// @ports: where the NULL-terminated array goes that the caller frees, each port and the array itself; NULL to have them only counted
/// @flags: must be 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkListAllPorts(
    network: virNetworkPtr,
    ports: *mut *mut virNetworkPortPtr,
    flags: c_uint,
) -> c_int {
    inspect(network, |network: &Network| list(ports, || network.list_all_ports(flags)))
}

/// Finds a port of a network by the bytes of its UUID.
///
/// @net: the network
/// @uuid: the 16 bytes of the UUID
///
/// Returns a handle that the caller drops with virNetworkPortFree(), or NULL on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortLookupByUUID(net: virNetworkPtr, uuid: *const c_uchar) -> virNetworkPortPtr {
    inspect(net, |net: &Network| net.lookup_port_by_uuid(uuid_bytes(uuid, "uuid")?))
}

/// Finds a port of a network by its UUID as text.
///
/// @net: the network
/// @uuidstr: the UUID as text
///
/// Returns a handle that the caller drops with virNetworkPortFree(), or NULL on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortLookupByUUIDString(
    net: virNetworkPtr,
    uuidstr: *const c_char,
) -> virNetworkPortPtr {
    inspect(net, |net: &Network| net.lookup_port_by_uuid(uuid_text(uuidstr, "uuidstr")?))
}

/// Makes a port on a network, which takes what a guest interface needs of it.
///
/// @net: the network
/// @xmldesc: the description
/// @flags: virNetworkPortCreateFlags
///
/// Returns a handle that the caller drops with virNetworkPortFree(), or NULL on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortCreateXML(
    net: virNetworkPtr,
    xmldesc: *const c_char,
    flags: c_uint,
) -> virNetworkPortPtr {
    modify_with(net, || text(xmldesc, "xmldesc"), |net: &Network, xml| net.create_port(xml, flags))
}

/// Tells which network a port is on.
///
/// @port: the port
///
/// Returns the network, without a new count of it: the caller does not free it. NULL on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortGetNetwork(port: virNetworkPortPtr) -> virNetworkPtr {
    inspect(port, |port: &NetworkPort| Ok(Borrowed(port.network().clone())))
}

/// Describes a port in XML.
///
/// @port: the port
/// @flags: must be 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortGetXMLDesc(port: virNetworkPortPtr, flags: c_uint) -> *mut c_char {
    inspect(port, |port: &NetworkPort| port.xml_desc(flags))
}

/// Adds a count to the handle of a port; each needs a virNetworkPortFree() of its own.
///
/// @port: the port
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortRef(port: virNetworkPortPtr) -> c_int {
    inspect(port, |port: &NetworkPort| add_ref(port))
}

/// Drops a count of the handle of a port; the port itself stays as it is. After the last count, the handle must not
/// be used any more.
///
/// @port: the port
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortFree(port: virNetworkPortPtr) -> c_int {
    inspect(port, |port: &NetworkPort| free(port))
}

/// Tells the UUID of a port as bytes.
///
/// @port: the port
/// @uuid: room for 16 bytes
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortGetUUID(port: virNetworkPortPtr, uuid: *mut c_uchar) -> c_int {
    inspect(port, |port: &NetworkPort| write_uuid(uuid, port.uuid()))
}

/// Tells the UUID of a port as text.
///
/// @port: the port
/// @buf: room for VIR_UUID_STRING_BUFLEN (37) characters
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortGetUUIDString(port: virNetworkPortPtr, buf: *mut c_char) -> c_int {
    inspect(port, |port: &NetworkPort| write_uuid_text(buf, port.uuid()))
}

/// Removes a port, and gives back what it took of the network.
///
/// @port: the port
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortDelete(port: virNetworkPortPtr, flags: c_uint) -> c_int {
    modify(port, |port: &NetworkPort| port.delete(flags))
}

/// Tells a port's parameters: its limits of bandwidth.
///
/// @port: the port
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortGetParameters(
    port: virNetworkPortPtr,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(port, |port: &NetworkPort| params_out(params, nparams)?.set(&port.parameters(flags)?))
}

/// Changes a port's parameters: its limits of bandwidth.
///
/// @port: the port
/// @params: the parameters, named VIR_NETWORK_PORT_BANDWIDTH_...
/// @nparams: how many there are
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkPortSetParameters(
    port: virNetworkPortPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(port, |port: &NetworkPort| port.set_parameters(&opt_params(params, nparams)?, flags))
}
