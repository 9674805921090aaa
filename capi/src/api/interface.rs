//! `libvirt-interface.h`: the host's own network interfaces.

use crate::ffi::{Borrowed, add_ref, free, inspect, keep_text, list, modify, room, text};
use ferrovirt::{Connection, Interface};
use ferrovirt_core::abi::{Const, virConnectPtr, virInterfacePtr};
use std::ffi::{c_char, c_int, c_uint};

/// Lists the host's network interfaces, up or not.
///
/// @conn: the connection
/// @ifaces: where the NULL-terminated array goes that the caller frees, each interface and the array itself; NULL to have them only counted
/// @flags: virConnectListAllInterfacesFlags, 0 for all interfaces
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListAllInterfaces(
    conn: virConnectPtr,
    ifaces: *mut *mut virInterfacePtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| list(ifaces, || conn.list_all_interfaces(flags)))
}

/// Counts the network interfaces that are up.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfInterfaces(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| Ok(conn.list_interfaces()?.len()))
}

/// Lists the names of the network interfaces that are up, as many as there is room for. What happens between
/// counting and listing shows, so a list of handles is the better choice.
///
/// @conn: the connection
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListInterfaces(
    conn: virConnectPtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| Ok(room(names, maxnames, "names")?.fill_texts(conn.list_interfaces()?)))
}

/// Counts the network interfaces that are configured and not up.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfDefinedInterfaces(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| Ok(conn.list_defined_interfaces()?.len()))
}

/// Lists the names of the network interfaces that are configured and not up, as many as there is room for. What
/// happens between counting and listing shows, so a list of handles is the better choice.
///
/// @conn: the connection
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListDefinedInterfaces(
    conn: virConnectPtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        Ok(room(names, maxnames, "names")?.fill_texts(conn.list_defined_interfaces()?))
    })
}

/// Finds a network interface of the host by its name.
///
/// @conn: the connection
/// @name: the name
///
/// Returns a handle that the caller drops with virInterfaceFree(), or NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceLookupByName(conn: virConnectPtr, name: *const c_char) -> virInterfacePtr {
    inspect(conn, |conn: &Connection| conn.lookup_interface_by_name(text(name, "name")?))
}

/// Finds a network interface of the host by its MAC address. It is an error if several have it.
///
/// @conn: the connection
/// @macstr: the address as text
///
/// Returns a handle that the caller drops with virInterfaceFree(), or NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceLookupByMACString(
    conn: virConnectPtr,
    macstr: *const c_char,
) -> virInterfacePtr {
    inspect(conn, |conn: &Connection| conn.lookup_interface_by_mac(text(macstr, "macstr")?))
}

/// Writes a network interface's configuration, new or in place of the one with the same name. It is not brought up.
///
/// @conn: the connection
/// @xml: the description
/// @flags: virInterfaceDefineFlags
///
/// Returns a handle that the caller drops with virInterfaceFree(), or NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceDefineXML(
    conn: virConnectPtr,
    xml: *const c_char,
    flags: c_uint,
) -> virInterfacePtr {
    modify(conn, |conn: &Connection| conn.define_interface(text(xml, "xml")?, flags))
}

/// Removes a network interface's configuration.
///
/// @iface: the interface
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceUndefine(iface: virInterfacePtr) -> c_int {
    modify(iface, |iface: &Interface| iface.undefine())
}

/// Brings a network interface up.
///
/// @iface: the interface
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceCreate(iface: virInterfacePtr, flags: c_uint) -> c_int {
    modify(iface, |iface: &Interface| iface.create(flags))
}

/// Takes a network interface down.
///
/// @iface: the interface
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceDestroy(iface: virInterfacePtr, flags: c_uint) -> c_int {
    modify(iface, |iface: &Interface| iface.destroy(flags))
}

/// Tells which connection a network interface is on.
///
/// @iface: the interface
///
/// Returns the connection, without a new count of it: the caller does not close it. NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceGetConnect(iface: virInterfacePtr) -> virConnectPtr {
    inspect(iface, |iface: &Interface| Ok(Borrowed(iface.connection().clone())))
}

/// Adds a count to the handle of a network interface; each needs a virInterfaceFree() of its own.
///
/// @iface: the interface
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceRef(iface: virInterfacePtr) -> c_int {
    inspect(iface, |iface: &Interface| add_ref(iface))
}

/// Drops a count of the handle of a network interface; the network interface itself stays as it is. After the last
/// count, the handle must not be used any more.
///
/// @iface: the interface
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceFree(iface: virInterfacePtr) -> c_int {
    inspect(iface, |iface: &Interface| free(iface))
}

/// Tells the name of a network interface.
///
/// @iface: the interface
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceGetName(iface: virInterfacePtr) -> *const c_char {
    inspect(iface, |iface: &Interface| keep_text(iface, iface.name()))
}

/// Tells the MAC address of a network interface as text; it is empty where there is none.
///
/// @iface: the interface
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceGetMACString(iface: virInterfacePtr) -> *const c_char {
    inspect(iface, |iface: &Interface| keep_text(iface, iface.mac()))
}

/// Describes a network interface in XML.
///
/// @iface: the interface
/// @flags: virInterfaceXMLFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceGetXMLDesc(iface: virInterfacePtr, flags: c_uint) -> *mut c_char {
    inspect(iface, |iface: &Interface| iface.xml_desc(flags))
}

/// Tells whether a network interface is up.
///
/// @iface: the interface
///
/// Returns 1 if so, 0 if not, -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceIsActive(iface: virInterfacePtr) -> c_int {
    inspect(iface, |iface: &Interface| iface.is_active())
}

/// Remembers the host's interface configuration, so that changes to come can be taken back.
///
/// @conn: the connection
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceChangeBegin(conn: virConnectPtr, flags: c_uint) -> c_int {
    modify(conn, |conn: &Connection| conn.begin_interface_change(flags))
}

/// Keeps the changes since virInterfaceChangeBegin().
///
/// @conn: the connection
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceChangeCommit(conn: virConnectPtr, flags: c_uint) -> c_int {
    modify(conn, |conn: &Connection| conn.commit_interface_change(flags))
}

/// Takes back the changes since virInterfaceChangeBegin(). A restart of the host does the same.
///
/// @conn: the connection
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virInterfaceChangeRollback(conn: virConnectPtr, flags: c_uint) -> c_int {
    modify(conn, |conn: &Connection| conn.rollback_interface_change(flags))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{FakeConnection, last};
    use ferrovirt::{AccessMode, ErrorCode, ErrorDomain};

    #[test]
    fn foreign_pointers_are_refused() {
        let host = FakeConnection::read_write();
        assert!(virInterfaceGetMACString(host.pointer.cast()).is_null());
        assert_eq!(last(), (ErrorCode::InvalidInterface as i32, ErrorDomain::Interface as i32));
        assert_eq!(host.close(), Some(0));
    }

    #[test]
    fn a_transaction_needs_write_access() {
        let host = FakeConnection::open(AccessMode::ReadOnly);
        assert_eq!(virInterfaceChangeBegin(host.pointer, 0), -1);
        assert_eq!(last(), (ErrorCode::OperationDenied as i32, ErrorDomain::Interface as i32));
        assert_eq!(host.close(), Some(0));
    }
}
