//! `libvirt-domain-snapshot.h`: snapshots.

use crate::ffi::{Borrowed, add_ref, free, inspect, keep_text, list, modify, room, text};
use ferrovirt::{Domain, DomainSnapshot};
use ferrovirt_core::abi::{virConnectPtr, virDomainPtr, virDomainSnapshotPtr};
use std::ffi::{c_char, c_int, c_uint};

/// Tells the name of a snapshot.
///
/// @snapshot: the snapshot
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.9.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotGetName(snapshot: virDomainSnapshotPtr) -> *const c_char {
    inspect(snapshot, |snapshot: &DomainSnapshot| keep_text(snapshot, snapshot.name()))
}

/// Tells the domain that a snapshot is of.
///
/// @snapshot: the snapshot
///
/// Returns the handle that the snapshot holds, which the caller does not free, or NULL on failure.
///
/// Since: 0.9.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotGetDomain(snapshot: virDomainSnapshotPtr) -> virDomainPtr {
    inspect(snapshot, |snapshot: &DomainSnapshot| Ok(Borrowed(snapshot.domain().clone())))
}

/// Tells the connection that a snapshot was got from.
///
/// @snapshot: the snapshot
///
/// Returns the handle that the snapshot holds, which the caller does not close, or NULL on failure.
///
/// Since: 0.9.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotGetConnect(snapshot: virDomainSnapshotPtr) -> virConnectPtr {
    inspect(snapshot, |snapshot: &DomainSnapshot| Ok(Borrowed(snapshot.connection().clone())))
}

/// Takes a snapshot of a domain: of its disks, its memory, or both, as the description and the flags say.
///
/// @domain: the domain
/// @xmlDesc: description of the snapshot
/// @flags: virDomainSnapshotCreateFlags
///
/// Returns a handle that the caller frees with virDomainSnapshotFree(), or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotCreateXML(
    domain: virDomainPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virDomainSnapshotPtr {
    modify(domain, |domain: &Domain| domain.create_snapshot(text(xmlDesc, "xmlDesc")?, flags))
}

/// Describes a snapshot.
///
/// @snapshot: the snapshot
/// @flags: virDomainSnapshotXMLFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotGetXMLDesc(snapshot: virDomainSnapshotPtr, flags: c_uint) -> *mut c_char {
    inspect(snapshot, |snapshot: &DomainSnapshot| snapshot.xml_desc(flags))
}

/// Tells how many snapshots a domain has.
///
/// @domain: the domain
/// @flags: virDomainSnapshotListFlags
///
/// Returns their number, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotNum(domain: virDomainPtr, flags: c_uint) -> c_int {
    inspect(domain, |domain: &Domain| Ok(domain.list_all_snapshots(flags)?.len()))
}

/// Lists the names of the snapshots of a domain, as far as there is room; virDomainListAllSnapshots() has no such
/// limit.
///
/// @domain: the domain
/// @names: room for names that the caller frees
/// @nameslen: how many there is room for
/// @flags: virDomainSnapshotListFlags
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotListNames(
    domain: virDomainPtr,
    names: *mut *mut c_char,
    nameslen: c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| {
        Ok(room(names, nameslen, "names")?.fill_texts(domain.snapshot_names(flags)?))
    })
}

/// Lists the snapshots of a domain.
///
/// @domain: the domain
/// @snaps: where the NULL-terminated array goes that the caller frees, each snapshot and the array itself; NULL to have them only counted
/// @flags: virDomainSnapshotListFlags
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.9.13
#[unsafe(no_mangle)]
pub extern "C" fn virDomainListAllSnapshots(
    domain: virDomainPtr,
    snaps: *mut *mut virDomainSnapshotPtr,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| list(snaps, || domain.list_all_snapshots(flags)))
}

/// Tells how many snapshots were taken on top of one.
///
/// @snapshot: the snapshot
/// @flags: virDomainSnapshotListFlags
///
/// Returns their number, or -1 on failure.
///
/// Since: 0.9.7
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotNumChildren(snapshot: virDomainSnapshotPtr, flags: c_uint) -> c_int {
    inspect(snapshot, |snapshot: &DomainSnapshot| Ok(snapshot.list_all_children(flags)?.len()))
}

/// Lists the names of the snapshots that were taken on top of one, as far as there is room.
///
/// @snapshot: the snapshot
/// @names: room for names that the caller frees
/// @nameslen: how many there is room for
/// @flags: virDomainSnapshotListFlags
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.9.7
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotListChildrenNames(
    snapshot: virDomainSnapshotPtr,
    names: *mut *mut c_char,
    nameslen: c_int,
    flags: c_uint,
) -> c_int {
    inspect(snapshot, |snapshot: &DomainSnapshot| {
        Ok(room(names, nameslen, "names")?.fill_texts(snapshot.children_names(flags)?))
    })
}

/// Lists the snapshots that were taken on top of one.
///
/// @snapshot: the snapshot
/// @snaps: where the NULL-terminated array goes that the caller frees, each snapshot and the array itself; NULL to have them only counted
/// @flags: virDomainSnapshotListFlags
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.9.13
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotListAllChildren(
    snapshot: virDomainSnapshotPtr,
    snaps: *mut *mut virDomainSnapshotPtr,
    flags: c_uint,
) -> c_int {
    inspect(snapshot, |snapshot: &DomainSnapshot| list(snaps, || snapshot.list_all_children(flags)))
}

/// Finds a snapshot of a domain by its name.
///
/// @domain: the domain
/// @name: name of the snapshot
/// @flags: must be 0
///
/// Returns a handle that the caller frees with virDomainSnapshotFree(), or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotLookupByName(
    domain: virDomainPtr,
    name: *const c_char,
    flags: c_uint,
) -> virDomainSnapshotPtr {
    inspect(domain, |domain: &Domain| domain.lookup_snapshot_by_name(text(name, "name")?, flags))
}

/// Tells whether one of the snapshots of a domain is the current one.
///
/// @domain: the domain
/// @flags: must be 0
///
/// Returns 1 if so, 0 if not, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainHasCurrentSnapshot(domain: virDomainPtr, flags: c_uint) -> c_int {
    inspect(domain, |domain: &Domain| domain.has_current_snapshot(flags))
}

/// Finds the current snapshot: the one that the state of the domain has come from.
///
/// @domain: the domain
/// @flags: must be 0
///
/// Returns a handle that the caller frees with virDomainSnapshotFree(), or NULL on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotCurrent(domain: virDomainPtr, flags: c_uint) -> virDomainSnapshotPtr {
    inspect(domain, |domain: &Domain| domain.current_snapshot(flags))
}

/// Finds the snapshot that one was taken on top of.
///
/// @snapshot: the snapshot
/// @flags: must be 0
///
/// Returns a handle that the caller frees with virDomainSnapshotFree(), or NULL on failure and where there is none.
///
/// Since: 0.9.7
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotGetParent(
    snapshot: virDomainSnapshotPtr,
    flags: c_uint,
) -> virDomainSnapshotPtr {
    inspect(snapshot, |snapshot: &DomainSnapshot| snapshot.parent(flags))
}

/// Tells whether a snapshot is the current one of its domain.
///
/// @snapshot: the snapshot
/// @flags: must be 0
///
/// Returns 1 if so, 0 if not, or -1 on failure.
///
/// Since: 0.9.13
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotIsCurrent(snapshot: virDomainSnapshotPtr, flags: c_uint) -> c_int {
    inspect(snapshot, |snapshot: &DomainSnapshot| snapshot.is_current(flags))
}

/// Tells whether more is kept of a snapshot than what the disk images hold, which keeps its domain from being
/// undefined.
///
/// @snapshot: the snapshot
/// @flags: must be 0
///
/// Returns 1 if so, 0 if not, or -1 on failure.
///
/// Since: 0.9.13
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotHasMetadata(snapshot: virDomainSnapshotPtr, flags: c_uint) -> c_int {
    inspect(snapshot, |snapshot: &DomainSnapshot| snapshot.has_metadata(flags))
}

/// Takes a domain back to a snapshot. What has changed since is lost, unless another snapshot holds it.
///
/// @snapshot: the snapshot
/// @flags: virDomainSnapshotRevertFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainRevertToSnapshot(snapshot: virDomainSnapshotPtr, flags: c_uint) -> c_int {
    modify(snapshot, |snapshot: &DomainSnapshot| snapshot.revert(flags))
}

/// Deletes a snapshot, and those on top of it if the flags say so. The state of the domain stays as it is.
///
/// @snapshot: the snapshot
/// @flags: virDomainSnapshotDeleteFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotDelete(snapshot: virDomainSnapshotPtr, flags: c_uint) -> c_int {
    modify(snapshot, |snapshot: &DomainSnapshot| snapshot.delete(flags))
}

/// Adds a count to the handle of a snapshot; each needs a virDomainSnapshotFree() of its own.
///
/// @snapshot: the snapshot
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.13
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotRef(snapshot: virDomainSnapshotPtr) -> c_int {
    inspect(snapshot, |snapshot: &DomainSnapshot| add_ref(snapshot))
}

/// Drops a count of the handle of a snapshot; the snapshot itself stays as it is. After the last count, the handle
/// must not be used any more.
///
/// @snapshot: the snapshot
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSnapshotFree(snapshot: virDomainSnapshotPtr) -> c_int {
    inspect(snapshot, |snapshot: &DomainSnapshot| free(snapshot))
}
