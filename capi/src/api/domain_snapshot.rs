//! `libvirt-domain-snapshot.h`: snapshots.

use crate::ffi::{Borrowed, add_ref, free, inspect, keep_text, list, modify, modify_with, room, text};
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
    modify_with(
        domain,
        || text(xmlDesc, "xmlDesc"),
        |domain: &Domain, xml| domain.create_snapshot(xml, flags),
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::domain::{virDomainFree, virDomainLookupByName};
    use crate::fake::{FakeConnection, FakeHost, free as free_memory, last, read};
    use ferrovirt::driver::SnapshotDriver;
    use ferrovirt::{AccessMode, Error, ErrorCode, ErrorDomain, Result};
    use ferrovirt_core::{DomainId, DomainSnapshotId};
    use std::ptr;

    fn snapshot(domain: &DomainId, name: &str) -> DomainSnapshotId {
        DomainSnapshotId { domain: domain.clone(), name: name.into() }
    }

    /// Two snapshots, `clean` and on top of it `broken`.
    impl SnapshotDriver for FakeHost {
        fn domain_list_all_snapshots(&self, domain: &DomainId, _flags: u32) -> Result<Vec<DomainSnapshotId>> {
            Ok(vec![snapshot(domain, "clean"), snapshot(domain, "broken")])
        }

        fn domain_snapshot_lookup_by_name(
            &self,
            domain: &DomainId,
            name: &str,
            _flags: u32,
        ) -> Result<DomainSnapshotId> {
            Ok(snapshot(domain, name))
        }

        fn domain_snapshot_get_parent(
            &self,
            child: &DomainSnapshotId,
            _flags: u32,
        ) -> Result<DomainSnapshotId> {
            match &*child.name {
                "broken" => Ok(snapshot(&child.domain, "clean")),
                name => {
                    Err(Error::new(ErrorCode::NoDomainSnapshot, format!("snapshot '{name}' has no parent")))
                }
            }
        }

        fn domain_revert_to_snapshot(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<i32> {
            self.note(format!("revert {} {flags}", snapshot.name)).map(|()| 9)
        }
    }

    fn open(access: AccessMode) -> (FakeConnection, virDomainPtr) {
        let host = FakeConnection::open(access);
        let domain = virDomainLookupByName(host.pointer, c"web".as_ptr());
        (host, domain)
    }

    #[test]
    fn a_snapshot_keeps_its_domain_and_that_its_connection() {
        let (host, domain) = open(AccessMode::ReadWrite);
        let snapshot = virDomainSnapshotLookupByName(domain, c"broken".as_ptr(), 0);
        assert_eq!((virDomainFree(domain), host.close()), (0, Some(1)));
        assert_eq!(virDomainSnapshotGetDomain(snapshot), domain);
        assert_eq!(virDomainSnapshotGetConnect(snapshot), host.pointer);
        assert_eq!(read(virDomainSnapshotGetName(snapshot)), "broken");

        let parent = virDomainSnapshotGetParent(snapshot, 0);
        assert_eq!(read(virDomainSnapshotGetName(parent)), "clean");
        assert!(virDomainSnapshotGetParent(parent, 0).is_null());
        assert_eq!(last(), (ErrorCode::NoDomainSnapshot as i32, ErrorDomain::DomainSnapshot as i32));

        assert_eq!(virDomainSnapshotRef(snapshot), 0);
        assert_eq!([virDomainSnapshotFree(snapshot), virDomainSnapshotFree(snapshot)], [0, 0]);
        assert_eq!((virDomainSnapshotFree(parent), virDomainSnapshotFree(parent)), (0, -1));
        assert_eq!(last(), (ErrorCode::InvalidDomainSnapshot as i32, ErrorDomain::DomainSnapshot as i32));
        assert_eq!(host.close(), None, "the last snapshot took the domain and the connection along");
    }

    #[test]
    fn names_and_handles_are_listed() {
        let (host, domain) = open(AccessMode::ReadOnly);
        assert_eq!(virDomainSnapshotNum(domain, 0), 2);
        let mut names = [ptr::null_mut(); 1];
        assert_eq!(virDomainSnapshotListNames(domain, names.as_mut_ptr(), 1, 0), 1);
        assert_eq!(read(names[0]), "clean");
        free_memory(names[0]);
        assert_eq!(virDomainSnapshotListNames(domain, names.as_mut_ptr(), -1, 0), -1);

        let mut all = ptr::null_mut();
        assert_eq!(virDomainListAllSnapshots(domain, &mut all, 0), 2);
        for index in 0..2 {
            // SAFETY: two snapshots were stored.
            assert_eq!(virDomainSnapshotFree(unsafe { *all.add(index) }), 0);
        }
        free_memory(all);
        assert_eq!((virDomainFree(domain), host.close()), (0, Some(0)));
    }

    #[test]
    fn going_back_writes_and_makes_the_id_fresh() {
        let (host, domain) = open(AccessMode::ReadWrite);
        let snapshot = virDomainSnapshotLookupByName(domain, c"clean".as_ptr(), 0);
        assert_eq!(virDomainRevertToSnapshot(snapshot, 2), 0);
        assert_eq!(*host.host.changes.lock(), ["revert clean 2"]);
        assert_eq!(crate::api::domain::virDomainGetID(domain), 9);
        assert_eq!([virDomainSnapshotFree(snapshot), virDomainFree(domain)], [0, 0]);
        host.close();

        let (host, domain) = open(AccessMode::ReadOnly);
        let snapshot = virDomainSnapshotLookupByName(domain, c"clean".as_ptr(), 0);
        assert_eq!(virDomainRevertToSnapshot(snapshot, 0), -1);
        assert_eq!(last(), (ErrorCode::OperationDenied as i32, ErrorDomain::DomainSnapshot as i32));
        assert!(host.host.changes.lock().is_empty());
        assert_eq!([virDomainSnapshotFree(snapshot), virDomainFree(domain)], [0, 0]);
        host.close();
    }
}
