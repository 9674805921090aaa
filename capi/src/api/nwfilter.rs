//! `libvirt-nwfilter.h`: network filters and their bindings.

use crate::ffi::{
    add_ref, free, inspect, keep_text, list, modify, modify_with, room, text, uuid_bytes, uuid_text,
    write_uuid, write_uuid_text,
};
use ferrovirt::{Connection, NwFilter, NwFilterBinding};
use ferrovirt_core::abi::{Const, virConnectPtr, virNWFilterBindingPtr, virNWFilterPtr};
use std::ffi::{c_char, c_int, c_uchar, c_uint};

/// Lists the network filters.
///
/// @conn: the connection
/// @filters: where the NULL-terminated array goes that the caller frees, each filter and the array itself; NULL to have them only counted
/// @flags: must be 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListAllNWFilters(
    conn: virConnectPtr,
    filters: *mut *mut virNWFilterPtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| list(filters, || conn.list_all_nw_filters(flags)))
}

/// Counts the network filters.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfNWFilters(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| Ok(conn.list_nw_filters()?.len()))
}

/// Lists the names of the network filters, as many as there is room for. What happens between counting and listing
/// shows, so a list of handles is the better choice.
///
/// @conn: the connection
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListNWFilters(
    conn: virConnectPtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| Ok(room(names, maxnames, "names")?.fill_texts(conn.list_nw_filters()?)))
}

/// Finds a network filter by its name.
///
/// @conn: the connection
/// @name: the name
///
/// Returns a handle that the caller drops with virNWFilterFree(), or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterLookupByName(conn: virConnectPtr, name: *const c_char) -> virNWFilterPtr {
    inspect(conn, |conn: &Connection| conn.lookup_nw_filter_by_name(text(name, "name")?))
}

/// Finds a network filter by the bytes of its UUID.
///
/// @conn: the connection
/// @uuid: the 16 bytes of the UUID
///
/// Returns a handle that the caller drops with virNWFilterFree(), or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterLookupByUUID(conn: virConnectPtr, uuid: *const c_uchar) -> virNWFilterPtr {
    inspect(conn, |conn: &Connection| conn.lookup_nw_filter_by_uuid(uuid_bytes(uuid, "uuid")?))
}

/// Finds a network filter by its UUID as text.
///
/// @conn: the connection
/// @uuidstr: the UUID as text
///
/// Returns a handle that the caller drops with virNWFilterFree(), or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterLookupByUUIDString(
    conn: virConnectPtr,
    uuidstr: *const c_char,
) -> virNWFilterPtr {
    inspect(conn, |conn: &Connection| conn.lookup_nw_filter_by_uuid(uuid_text(uuidstr, "uuidstr")?))
}

/// Makes a network filter, or changes the one with the same UUID, also where it is at work.
///
/// @conn: the connection
/// @xmlDesc: the description
///
/// Returns a handle that the caller drops with virNWFilterFree(), or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterDefineXML(conn: virConnectPtr, xmlDesc: *const c_char) -> virNWFilterPtr {
    modify_with(conn, || text(xmlDesc, "xmlDesc"), |conn: &Connection, xml| conn.define_nw_filter(xml, 0))
}

/// Makes a network filter, or changes the one with the same UUID, also where it is at work, checking the
/// description if wanted.
///
/// @conn: the connection
/// @xmlDesc: the description
/// @flags: virNWFilterDefineFlags
///
/// Returns a handle that the caller drops with virNWFilterFree(), or NULL on failure.
///
/// Since: 7.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterDefineXMLFlags(
    conn: virConnectPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virNWFilterPtr {
    modify_with(conn, || text(xmlDesc, "xmlDesc"), |conn: &Connection, xml| conn.define_nw_filter(xml, flags))
}

/// Forgets a network filter, unless it is at work.
///
/// @nwfilter: the filter
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterUndefine(nwfilter: virNWFilterPtr) -> c_int {
    modify(nwfilter, |nwfilter: &NwFilter| nwfilter.undefine())
}

/// Adds a count to the handle of a network filter; each needs a virNWFilterFree() of its own.
///
/// @nwfilter: the filter
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterRef(nwfilter: virNWFilterPtr) -> c_int {
    inspect(nwfilter, |nwfilter: &NwFilter| add_ref(nwfilter))
}

/// Drops a count of the handle of a network filter; the network filter itself stays as it is. After the last count,
/// the handle must not be used any more.
///
/// @nwfilter: the filter
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterFree(nwfilter: virNWFilterPtr) -> c_int {
    inspect(nwfilter, |nwfilter: &NwFilter| free(nwfilter))
}

/// Tells the name of a network filter.
///
/// @nwfilter: the filter
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterGetName(nwfilter: virNWFilterPtr) -> *const c_char {
    inspect(nwfilter, |nwfilter: &NwFilter| keep_text(nwfilter, nwfilter.name()))
}

/// Tells the UUID of a network filter as bytes.
///
/// @nwfilter: the filter
/// @uuid: room for 16 bytes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterGetUUID(nwfilter: virNWFilterPtr, uuid: *mut c_uchar) -> c_int {
    inspect(nwfilter, |nwfilter: &NwFilter| write_uuid(uuid, nwfilter.uuid()))
}

/// Tells the UUID of a network filter as text.
///
/// @nwfilter: the filter
/// @buf: room for VIR_UUID_STRING_BUFLEN (37) characters
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterGetUUIDString(nwfilter: virNWFilterPtr, buf: *mut c_char) -> c_int {
    inspect(nwfilter, |nwfilter: &NwFilter| write_uuid_text(buf, nwfilter.uuid()))
}

/// Describes a network filter in XML.
///
/// @nwfilter: the filter
/// @flags: must be 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterGetXMLDesc(nwfilter: virNWFilterPtr, flags: c_uint) -> *mut c_char {
    inspect(nwfilter, |nwfilter: &NwFilter| nwfilter.xml_desc(flags))
}

/// Lists the bindings of network filters to port devices.
///
/// @conn: the connection
/// @bindings: where the NULL-terminated array goes that the caller frees, each binding and the array itself; NULL to have them only counted
/// @flags: must be 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListAllNWFilterBindings(
    conn: virConnectPtr,
    bindings: *mut *mut virNWFilterBindingPtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| list(bindings, || conn.list_all_nw_filter_bindings(flags)))
}

/// Finds the binding of a port device.
///
/// @conn: the connection
/// @portdev: the device's name on the host, such as vnet0
///
/// Returns a handle that the caller drops with virNWFilterBindingFree(), or NULL on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterBindingLookupByPortDev(
    conn: virConnectPtr,
    portdev: *const c_char,
) -> virNWFilterBindingPtr {
    inspect(conn, |conn: &Connection| conn.lookup_nw_filter_binding_by_port_dev(text(portdev, "portdev")?))
}

/// Puts a network filter to work on a port device.
///
/// @conn: the connection
/// @xml: the description
/// @flags: virNWFilterBindingCreateFlags
///
/// Returns a handle that the caller drops with virNWFilterBindingFree(), or NULL on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterBindingCreateXML(
    conn: virConnectPtr,
    xml: *const c_char,
    flags: c_uint,
) -> virNWFilterBindingPtr {
    modify_with(conn, || text(xml, "xml"), |conn: &Connection, xml| conn.create_nw_filter_binding(xml, flags))
}

/// Takes the network filter off a port device.
///
/// @binding: the binding
///
/// Returns 0, or -1 on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterBindingDelete(binding: virNWFilterBindingPtr) -> c_int {
    modify(binding, |binding: &NwFilterBinding| binding.delete())
}

/// Adds a count to the handle of a binding; each needs a virNWFilterBindingFree() of its own.
///
/// @binding: the binding
///
/// Returns 0, or -1 on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterBindingRef(binding: virNWFilterBindingPtr) -> c_int {
    inspect(binding, |binding: &NwFilterBinding| add_ref(binding))
}

/// Drops a count of the handle of a binding; the binding itself stays as it is. After the last count, the handle
/// must not be used any more.
///
/// @binding: the binding
///
/// Returns 0, or -1 on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterBindingFree(binding: virNWFilterBindingPtr) -> c_int {
    inspect(binding, |binding: &NwFilterBinding| free(binding))
}

/// Tells which port device a binding is for.
///
/// @binding: the binding
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterBindingGetPortDev(binding: virNWFilterBindingPtr) -> *const c_char {
    inspect(binding, |binding: &NwFilterBinding| keep_text(binding, binding.port_dev()))
}

/// Tells which network filter is at work.
///
/// @binding: the binding
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterBindingGetFilterName(binding: virNWFilterBindingPtr) -> *const c_char {
    inspect(binding, |binding: &NwFilterBinding| keep_text(binding, binding.filter_name()))
}

/// Describes a binding in XML.
///
/// @binding: the binding
/// @flags: must be 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNWFilterBindingGetXMLDesc(binding: virNWFilterBindingPtr, flags: c_uint) -> *mut c_char {
    inspect(binding, |binding: &NwFilterBinding| binding.xml_desc(flags))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{FakeConnection, last};
    use ferrovirt::{ErrorCode, ErrorDomain};

    #[test]
    fn foreign_pointers_are_refused_by_their_class() {
        let host = FakeConnection::read_write();
        assert_eq!(virNWFilterUndefine(host.pointer.cast()), -1);
        assert_eq!(last(), (ErrorCode::InvalidNwfilter as i32, ErrorDomain::Nwfilter as i32));
        assert_eq!(virNWFilterBindingDelete(host.pointer.cast()), -1);
        assert_eq!(last(), (ErrorCode::InvalidNwfilterBinding as i32, ErrorDomain::Nwfilter as i32));
        assert_eq!(host.close(), Some(0));
    }

    #[test]
    fn a_connection_without_filters_says_so() {
        let host = FakeConnection::read_write();
        assert_eq!(virConnectNumOfNWFilters(host.pointer), -1);
        assert_eq!(last(), (ErrorCode::NoSupport as i32, ErrorDomain::Nwfilter as i32));
        assert_eq!(host.close(), Some(0));
    }
}
