//! `libvirt-network.h`: virtual networks.

use crate::ffi::{
    Borrowed, add_ref, callback, free, free_lease, inspect, keep_text, list, list_leases, modify,
    modify_with, network_listener, opt_object, opt_text, room, store, text, uuid_bytes, uuid_text,
    write_uuid, write_uuid_text,
};
use ferrovirt::{Connection, Network};
use ferrovirt_core::abi::{
    Const, virConnectNetworkEventGenericCallback, virConnectPtr, virFreeCallback, virNetworkDHCPLeasePtr,
    virNetworkPtr,
};
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

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
    inspect(conn, |conn: &Connection| list(nets, || conn.list_all_networks(flags)))
}

/// Counts the networks that run.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfNetworks(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| Ok(conn.list_networks()?.len()))
}

/// Lists the names of the networks that run, as many as there is room for. What happens between counting and
/// listing shows, so a list of handles is the better choice.
///
/// @conn: the connection
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListNetworks(
    conn: virConnectPtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| Ok(room(names, maxnames, "names")?.fill_texts(conn.list_networks()?)))
}

/// Counts the networks that are defined and do not run.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfDefinedNetworks(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| Ok(conn.list_defined_networks()?.len()))
}

/// Lists the names of the networks that are defined and do not run, as many as there is room for. What happens
/// between counting and listing shows, so a list of handles is the better choice.
///
/// @conn: the connection
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListDefinedNetworks(
    conn: virConnectPtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        Ok(room(names, maxnames, "names")?.fill_texts(conn.list_defined_networks()?))
    })
}

/// Finds a network by its name.
///
/// @conn: the connection
/// @name: the name
///
/// Returns a handle that the caller drops with virNetworkFree(), or NULL on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkLookupByName(conn: virConnectPtr, name: *const c_char) -> virNetworkPtr {
    inspect(conn, |conn: &Connection| conn.lookup_network_by_name(text(name, "name")?))
}

/// Finds a network by the bytes of its UUID.
///
/// @conn: the connection
/// @uuid: the 16 bytes of the UUID
///
/// Returns a handle that the caller drops with virNetworkFree(), or NULL on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkLookupByUUID(conn: virConnectPtr, uuid: *const c_uchar) -> virNetworkPtr {
    inspect(conn, |conn: &Connection| conn.lookup_network_by_uuid(uuid_bytes(uuid, "uuid")?))
}

/// Finds a network by its UUID as text.
///
/// @conn: the connection
/// @uuidstr: the UUID as text
///
/// Returns a handle that the caller drops with virNetworkFree(), or NULL on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkLookupByUUIDString(conn: virConnectPtr, uuidstr: *const c_char) -> virNetworkPtr {
    inspect(conn, |conn: &Connection| conn.lookup_network_by_uuid(uuid_text(uuidstr, "uuidstr")?))
}

/// Starts a network that is gone once it is destroyed.
///
/// @conn: the connection
/// @xmlDesc: the description
///
/// Returns a handle that the caller drops with virNetworkFree(), or NULL on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkCreateXML(conn: virConnectPtr, xmlDesc: *const c_char) -> virNetworkPtr {
    modify_with(conn, || text(xmlDesc, "xmlDesc"), |conn: &Connection, xml| conn.create_network(xml, 0))
}

/// Starts a network that is gone once it is destroyed, checking its description if wanted.
///
/// @conn: the connection
/// @xmlDesc: the description
/// @flags: virNetworkCreateFlags
///
/// Returns a handle that the caller drops with virNetworkFree(), or NULL on failure.
///
/// Since: 7.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkCreateXMLFlags(
    conn: virConnectPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virNetworkPtr {
    modify_with(conn, || text(xmlDesc, "xmlDesc"), |conn: &Connection, xml| conn.create_network(xml, flags))
}

/// Makes a network permanent from its XML description, without starting it.
///
/// @conn: the connection
/// @xml: the description
///
/// Returns a handle that the caller drops with virNetworkFree(), or NULL on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkDefineXML(conn: virConnectPtr, xml: *const c_char) -> virNetworkPtr {
    modify(conn, |conn: &Connection| conn.define_network(text(xml, "xml")?, 0))
}

/// Makes a network permanent from its XML description, without starting it, checking the description if wanted.
///
/// @conn: the connection
/// @xml: the description
/// @flags: virNetworkDefineFlags
///
/// Returns a handle that the caller drops with virNetworkFree(), or NULL on failure.
///
/// Since: 7.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkDefineXMLFlags(
    conn: virConnectPtr,
    xml: *const c_char,
    flags: c_uint,
) -> virNetworkPtr {
    modify(conn, |conn: &Connection| conn.define_network(text(xml, "xml")?, flags))
}

/// Forgets the definition of a network; one that runs goes on, transient from now on.
///
/// @network: the network
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkUndefine(network: virNetworkPtr) -> c_int {
    modify(network, |network: &Network| network.undefine())
}

/// Changes one part of a network: its definition, the running network, or both.
///
/// @network: the network
/// @command: what to do, a virNetworkUpdateCommand
/// @section: which part, a virNetworkUpdateSection
/// @parentIndex: in which of several parents of the same kind; -1 for the only one, or the one that fits
/// @xml: the new part, or enough of the old one to find it
/// @flags: virNetworkUpdateFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkUpdate(
    network: virNetworkPtr,
    command: c_uint,
    section: c_uint,
    parentIndex: c_int,
    xml: *const c_char,
    flags: c_uint,
) -> c_int {
    modify(network, |network: &Network| {
        network.update(command, section, parentIndex, text(xml, "xml")?, flags)
    })
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

/// Stops a network. A transient one is gone then, a defined one can be started again.
///
/// @network: the network
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkDestroy(network: virNetworkPtr) -> c_int {
    modify(network, |network: &Network| network.destroy())
}

/// Tells which connection a network is on.
///
/// @net: the network
///
/// Returns the connection, without a new count of it: the caller does not close it. NULL on failure.
///
/// Since: 0.3.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkGetConnect(net: virNetworkPtr) -> virConnectPtr {
    inspect(net, |net: &Network| Ok(Borrowed(net.connection().clone())))
}

/// Adds a count to the handle of a network; each needs a virNetworkFree() of its own.
///
/// @network: the network
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkRef(network: virNetworkPtr) -> c_int {
    inspect(network, |network: &Network| add_ref(network))
}

/// Drops a count of the handle of a network; the network itself stays as it is. After the last count, the handle
/// must not be used any more.
///
/// @network: the network
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkFree(network: virNetworkPtr) -> c_int {
    inspect(network, |network: &Network| free(network))
}

/// Tells the name of a network.
///
/// @network: the network
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkGetName(network: virNetworkPtr) -> *const c_char {
    inspect(network, |network: &Network| keep_text(network, network.name()))
}

/// Tells the UUID of a network as bytes.
///
/// @network: the network
/// @uuid: room for 16 bytes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkGetUUID(network: virNetworkPtr, uuid: *mut c_uchar) -> c_int {
    inspect(network, |network: &Network| write_uuid(uuid, network.uuid()))
}

/// Tells the UUID of a network as text.
///
/// @network: the network
/// @buf: room for VIR_UUID_STRING_BUFLEN (37) characters
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkGetUUIDString(network: virNetworkPtr, buf: *mut c_char) -> c_int {
    inspect(network, |network: &Network| write_uuid_text(buf, network.uuid()))
}

/// Describes a network in XML.
///
/// @network: the network
/// @flags: virNetworkXMLFlags; VIR_NETWORK_XML_INACTIVE shows what the next start will use
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkGetXMLDesc(network: virNetworkPtr, flags: c_uint) -> *mut c_char {
    inspect(network, |network: &Network| network.xml_desc(flags))
}

/// Tells the name of the bridge that a network's guests are plugged into.
///
/// @network: the network
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkGetBridgeName(network: virNetworkPtr) -> *mut c_char {
    inspect(network, |network: &Network| network.bridge_name())
}

/// Tells whether a network starts with the host.
///
/// @network: the network
/// @autostart: where 1 goes if so, or 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.1
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkGetAutostart(network: virNetworkPtr, autostart: *mut c_int) -> c_int {
    inspect(network, |network: &Network| {
        store(autostart, "autostart", || network.autostart().map(c_int::from))
    })
}

/// Sets whether a network starts with the host.
///
/// @network: the network
/// @autostart: 0 for no, anything else for yes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.1
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkSetAutostart(network: virNetworkPtr, autostart: c_int) -> c_int {
    modify(network, |network: &Network| network.set_autostart(autostart != 0))
}

/// Tells whether a network runs.
///
/// @net: the network
///
/// Returns 1 if so, 0 if not, -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkIsActive(net: virNetworkPtr) -> c_int {
    inspect(net, |net: &Network| net.is_active())
}

/// Tells whether a network has a definition that outlives a stop.
///
/// @net: the network
///
/// Returns 1 if so, 0 if not, -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkIsPersistent(net: virNetworkPtr) -> c_int {
    inspect(net, |net: &Network| net.is_persistent())
}

/// Lists the leases that a network's DHCP server has given to guests. Guests with two addresses have two leases.
///
/// @network: the network
/// @mac: only leases of this MAC address; NULL for all
/// @leases: where the NULL-terminated array goes that the caller frees, each lease with virNetworkDHCPLeaseFree(), then the array; NULL to have them only counted
/// @flags: must be 0
///
/// Returns how many leases there are, or -1 on failure.
///
/// Since: 1.2.6
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkGetDHCPLeases(
    network: virNetworkPtr,
    mac: *const c_char,
    leases: *mut *mut virNetworkDHCPLeasePtr,
    flags: c_uint,
) -> c_int {
    inspect(network, |network: &Network| {
        list_leases(leases, || network.dhcp_leases(opt_text(mac, "mac")?, flags))
    })
}

/// Frees a lease and its strings.
///
/// @lease: the lease; NULL is fine
///
/// Since: 1.2.6
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkDHCPLeaseFree(lease: virNetworkDHCPLeasePtr) {
    free_lease(lease)
}

/// Sets or removes a network's title, its description, or an element of an application's own.
///
/// @network: the network
/// @type: what to set, a virNetworkMetadataType
/// @metadata: the new text or element; NULL removes what there is
/// @key: the prefix for an element's namespace; NULL for titles and descriptions
/// @uri: the element's namespace; NULL for titles and descriptions
/// @flags: virNetworkUpdateFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 9.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkSetMetadata(
    network: virNetworkPtr,
    r#type: c_int,
    metadata: *const c_char,
    key: *const c_char,
    uri: *const c_char,
    flags: c_uint,
) -> c_int {
    modify(network, |network: &Network| {
        network.set_metadata(
            r#type,
            opt_text(metadata, "metadata")?,
            opt_text(key, "key")?,
            opt_text(uri, "uri")?,
            flags,
        )
    })
}

/// Tells a network's title, its description, or an element of an application's own.
///
/// @network: the network
/// @type: what to tell, a virNetworkMetadataType
/// @uri: the element's namespace; NULL for titles and descriptions
/// @flags: virNetworkUpdateFlags: one of them, or 0 for the network as it is now
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 9.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virNetworkGetMetadata(
    network: virNetworkPtr,
    r#type: c_int,
    uri: *const c_char,
    flags: c_uint,
) -> *mut c_char {
    inspect(network, |network: &Network| network.metadata(r#type, opt_text(uri, "uri")?, flags))
}

/// Registers a function for one kind of event, of one network or of all. It runs from the event loop, which must
/// have been registered before the connection was opened.
///
/// @conn: the connection
/// @net: the network; NULL for all
/// @eventID: the kind, a virNetworkEventID
/// @cb: the function, cast from the type that the kind of event has
/// @opaque: what it is called with
/// @freecb: (optional) frees @opaque once the registration has ended; may be NULL
///
/// Returns the id that ends the registration, or -1 on failure; @opaque then stays with the caller.
///
/// Since: 1.2.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNetworkEventRegisterAny(
    conn: virConnectPtr,
    net: virNetworkPtr,
    eventID: c_int,
    cb: virConnectNetworkEventGenericCallback,
    opaque: *mut c_void,
    freecb: virFreeCallback,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        let net = opt_object(net, "virConnectNetworkEventRegisterAny")?;
        callback(cb, opaque, freecb, "cb")?
            .register(|cb| conn.register_network_event(net.as_ref(), eventID, network_listener(conn, cb)))
    })
}

/// Ends a registration that virConnectNetworkEventRegisterAny() made.
///
/// @conn: the connection
/// @callbackID: the id that the registration got
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNetworkEventDeregisterAny(conn: virConnectPtr, callbackID: c_int) -> c_int {
    inspect(conn, |conn: &Connection| conn.deregister_event(callbackID))
}
