//! `libvirt-domain.h`: finding domains: lists, look-ups, events, and what a driver knows at once.

use crate::ffi::{
    Borrowed, DomainNumber, add_ref, free, inspect, keep_text, list, room, text, uuid_bytes, uuid_text,
    write_uuid, write_uuid_text,
};
use ferrovirt::{Connection, Domain};
use ferrovirt_core::abi::{Const, virConnectPtr, virDomainPtr};
use std::ffi::{c_char, c_int, c_uchar, c_uint};

/// Lists the domains, running and defined ones alike. Flags of one group (such as active and inactive) add up, flags
/// of different groups narrow the list.
///
/// @conn: the connection
/// @domains: where the NULL-terminated array goes that the caller frees, each domain and the array itself; NULL to have them only counted
/// @flags: virConnectListAllDomainsFlags, 0 for all domains
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.9.13
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListAllDomains(
    conn: virConnectPtr,
    domains: *mut *mut virDomainPtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| list(domains, || conn.list_all_domains(flags)))
}

/// Lists the ids of the running domains. virConnectListAllDomains() does it better: ids may change between two calls.
///
/// @conn: the connection
/// @ids: the array to fill
/// @maxids: its size
///
/// Returns how many ids were stored, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListDomains(conn: virConnectPtr, ids: *mut c_int, maxids: c_int) -> c_int {
    inspect(conn, |conn: &Connection| {
        let ids = room(ids, maxids, "ids")?;
        Ok(ids.fill(conn.list_domains()?))
    })
}

/// Counts the running domains.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfDomains(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| conn.count_domains())
}

/// Lists the names of the domains that are defined but do not run. virConnectListAllDomains() does it better.
///
/// @conn: the connection
/// @names: the array to fill; the caller frees each name
/// @maxnames: its size
///
/// Returns how many names were stored, or -1 on failure.
///
/// Since: 0.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListDefinedDomains(
    conn: virConnectPtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        let names = room(names, maxnames, "names")?;
        Ok(names.fill_texts(conn.list_defined_domains()?))
    })
}

/// Counts the domains that are defined but do not run.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.1.5
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfDefinedDomains(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| conn.count_defined_domains())
}

/// Finds a running domain by its id.
///
/// @conn: the connection
/// @id: the id
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainLookupByID(conn: virConnectPtr, id: c_int) -> virDomainPtr {
    inspect(conn, |conn: &Connection| conn.lookup_domain_by_id(id))
}

/// Finds a domain by its name.
///
/// @conn: the connection
/// @name: the name
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainLookupByName(conn: virConnectPtr, name: *const c_char) -> virDomainPtr {
    inspect(conn, |conn: &Connection| conn.lookup_domain_by_name(text(name, "name")?))
}

/// Finds a domain by the 16 bytes of its UUID.
///
/// @conn: the connection
/// @uuid: the UUID
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.0.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainLookupByUUID(conn: virConnectPtr, uuid: *const c_uchar) -> virDomainPtr {
    inspect(conn, |conn: &Connection| conn.lookup_domain_by_uuid(uuid_bytes(uuid, "uuid")?))
}

/// Finds a domain by its UUID as text.
///
/// @conn: the connection
/// @uuidstr: the UUID, 32 hexadecimal digits, with or without hyphens
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainLookupByUUIDString(conn: virConnectPtr, uuidstr: *const c_char) -> virDomainPtr {
    inspect(conn, |conn: &Connection| conn.lookup_domain_by_uuid(uuid_text(uuidstr, "uuidstr")?))
}

/// Adds a count to the handle, for one more virDomainFree().
///
/// @domain: the domain
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainRef(domain: virDomainPtr) -> c_int {
    inspect(domain, |domain: &Domain| add_ref(domain))
}

/// Drops a count of the handle, and with the last one the handle. The domain itself is not touched.
///
/// @domain: the domain
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainFree(domain: virDomainPtr) -> c_int {
    inspect(domain, |domain: &Domain| free(domain))
}

/// Tells the connection that a handle belongs to. It gets no count of its own: it lives as long as the domain's handle.
///
/// @dom: the domain
///
/// Returns the connection, or NULL on failure.
///
/// Since: 0.3.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetConnect(dom: virDomainPtr) -> virConnectPtr {
    inspect(dom, |dom: &Domain| Ok(Borrowed(dom.connection().clone())))
}

/// Tells the name.
///
/// @domain: the domain
///
/// Returns the name, which the handle keeps and the caller must not free, or NULL on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetName(domain: virDomainPtr) -> *const c_char {
    inspect(domain, |domain: &Domain| keep_text(domain, &domain.name()))
}

/// Tells the UUID as 16 bytes.
///
/// @domain: the domain
/// @uuid: room for VIR_UUID_BUFLEN bytes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetUUID(domain: virDomainPtr, uuid: *mut c_uchar) -> c_int {
    inspect(domain, |domain: &Domain| write_uuid(uuid, domain.uuid()))
}

/// Tells the UUID as text.
///
/// @domain: the domain
/// @buf: room for VIR_UUID_STRING_BUFLEN bytes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetUUIDString(domain: virDomainPtr, buf: *mut c_char) -> c_int {
    inspect(domain, |domain: &Domain| write_uuid_text(buf, domain.uuid()))
}

/// Tells the id of the running guest, as this handle knows it: what starts and stops by other ways is not followed.
///
/// @domain: the domain
///
/// Returns the id, or (unsigned int)-1 for a domain that is shut off or on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetID(domain: virDomainPtr) -> c_uint {
    inspect(domain, |domain: &Domain| Ok(DomainNumber(domain.numeric_id())))
}

/// Tells what kind of operating system the guest is booted as, such as hvm or exe.
///
/// @domain: the domain
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetOSType(domain: virDomainPtr) -> *mut c_char {
    inspect(domain, |domain: &Domain| domain.os_type())
}

/// Tells whether the domain runs.
///
/// @dom: the domain
///
/// Returns 1 if it does, 0 if not, -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainIsActive(dom: virDomainPtr) -> c_int {
    inspect(dom, |dom: &Domain| dom.is_active())
}

/// Tells whether the domain has a definition that outlives the running guest.
///
/// @dom: the domain
///
/// Returns 1 if it has, 0 if not, -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainIsPersistent(dom: virDomainPtr) -> c_int {
    inspect(dom, |dom: &Domain| dom.is_persistent())
}

/// Tells whether the domain was updated while it runs, so that its next start will differ.
///
/// @dom: the domain
///
/// Returns 1 if it was, 0 if not, -1 on failure.
///
/// Since: 0.8.6
#[unsafe(no_mangle)]
pub extern "C" fn virDomainIsUpdated(dom: virDomainPtr) -> c_int {
    inspect(dom, |dom: &Domain| dom.is_updated())
}
