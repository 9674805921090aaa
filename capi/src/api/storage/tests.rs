//! What is checked before a storage driver is asked, and how its answers leave.

use super::pool::*;
use super::vol::*;
use crate::fake::{FakeConnection, free, last, read};
use crate::ffi::Retained;
use ferrovirt::{AccessMode, ErrorCode, ErrorDomain};
use ferrovirt_core::abi::{
    VIR_STORAGE_VOL_RESIZE_DELTA, virStoragePoolInfo, virStoragePoolPtr, virStorageVolPtr,
};
use std::ffi::c_char;
use std::ptr;

const INVALID_ARG: (i32, i32) = (ErrorCode::InvalidArg as i32, ErrorDomain::Storage as i32);

fn pool(host: &FakeConnection) -> virStoragePoolPtr {
    virStoragePoolLookupByName(host.pointer, c"images".as_ptr())
}

/// The first volume of the pool; the other one is freed.
fn volume(pool: virStoragePoolPtr) -> virStorageVolPtr {
    let mut volumes = ptr::null_mut();
    assert_eq!(virStoragePoolListAllVolumes(pool, &mut volumes, 0), 2);
    // SAFETY: two volumes and a NULL were stored.
    let (first, second) = unsafe { (*volumes, *volumes.add(1)) };
    free(volumes);
    assert_eq!(virStorageVolFree(second), 0);
    first
}

#[test]
fn null_and_foreign_pointers_are_refused_by_their_class() {
    let host = FakeConnection::read_write();
    let pool = pool(&host);
    for wrong in [ptr::null_mut(), host.pointer.cast()] {
        assert!(virStoragePoolGetName(wrong).is_null());
        assert_eq!(last(), (ErrorCode::InvalidStoragePool as i32, ErrorDomain::Storage as i32));
    }
    assert!(virStorageVolGetName(pool.cast()).is_null());
    assert_eq!(last(), (ErrorCode::InvalidStorageVol as i32, ErrorDomain::Storage as i32));
    let copy = virStorageVolCreateXMLFrom(pool, c"<volume/>".as_ptr(), ptr::null_mut(), 0);
    assert!(copy.is_null());
    assert_eq!(last(), (ErrorCode::InvalidStorageVol as i32, ErrorDomain::Storage as i32));
    assert_eq!((virStoragePoolFree(pool), host.close()), (0, Some(0)));
}

#[test]
fn a_volume_outlives_its_pool_handle_but_not_the_connection() {
    let host = FakeConnection::read_write();
    let pool = pool(&host);
    let volume = volume(pool);
    assert_eq!(virStoragePoolFree(pool), 0);
    assert_eq!(read(virStorageVolGetKey(volume)), "/images/a.img");
    let again = virStoragePoolLookupByVolume(volume);
    assert_eq!(read(virStoragePoolGetName(again)), "images");
    assert_eq!(host.close(), Some(2));
    assert_eq!((virStoragePoolFree(again), virStorageVolFree(volume)), (0, 0));
}

#[test]
fn volumes_are_counted_and_named() {
    let host = FakeConnection::read_write();
    let pool = pool(&host);
    let mut names = [ptr::null_mut::<c_char>(); 2];
    assert_eq!(virStoragePoolNumOfVolumes(pool), 2);
    assert_eq!(virStoragePoolListVolumes(pool, names.as_mut_ptr(), 1), 1);
    assert_eq!(read(names[0]), "a.img");
    assert!(names[1].is_null());
    free(names[0]);
    assert_eq!((virStoragePoolFree(pool), host.close()), (0, Some(0)));
}

#[test]
fn a_capacity_of_nothing_needs_a_flag() {
    let host = FakeConnection::read_write();
    let pool = pool(&host);
    let volume = volume(pool);
    assert_eq!(virStorageVolResize(volume, 0, 0), -1);
    assert_eq!(last(), INVALID_ARG);
    assert!(host.host.changes.lock().is_empty());
    assert_eq!(virStorageVolResize(volume, 0, VIR_STORAGE_VOL_RESIZE_DELTA), 0);
    assert_eq!(*host.host.changes.lock(), ["resize a.img 0"]);
    assert_eq!((virStorageVolFree(volume), virStoragePoolFree(pool), host.close()), (0, 0, Some(0)));
}

#[test]
fn a_copy_needs_write_access_on_both_sides() {
    let (host, read_only) = (FakeConnection::read_write(), FakeConnection::open(AccessMode::ReadOnly));
    let (pool, other_pool) = (pool(&host), pool(&read_only));
    let source = volume(other_pool);
    assert!(virStorageVolCreateXMLFrom(pool, c"c.img".as_ptr(), source, 0).is_null());
    assert_eq!(last(), (ErrorCode::OperationDenied as i32, ErrorDomain::Storage as i32));
    assert!(host.host.changes.lock().is_empty());
    let own = volume(pool);
    let copy = virStorageVolCreateXMLFrom(pool, c"c.img".as_ptr(), own, 0);
    assert_eq!(read(virStorageVolGetName(copy)), "c.img");
    for volume in [source, own, copy] {
        assert_eq!(virStorageVolFree(volume), 0);
    }
    assert_eq!((virStoragePoolFree(pool), virStoragePoolFree(other_pool)), (0, 0));
    assert_eq!((host.close(), read_only.close()), (Some(0), Some(0)));
}

#[test]
fn information_is_zero_where_there_is_none() {
    let host = FakeConnection::read_write();
    let pool = pool(&host);
    let mut info = virStoragePoolInfo { state: 9, capacity: 9, allocation: 9, available: 9 };
    assert_eq!(virStoragePoolGetInfo(pool, &mut info), 0);
    assert_eq!((info.state, info.capacity, info.allocation, info.available), (2, 100, 60, 40));
    assert_eq!(virStoragePoolGetInfo(pool, ptr::null_mut()), -1);
    assert_eq!(last(), INVALID_ARG);
    let volume = volume(pool);
    let mut info = ferrovirt_core::abi::virStorageVolInfo { r#type: 9, capacity: 9, allocation: 9 };
    assert_eq!(virStorageVolGetInfo(volume, &mut info), -1);
    assert_eq!(last().0, ErrorCode::NoSupport as i32);
    assert_eq!((info.r#type, info.capacity, info.allocation), (0, 0, 0));
    assert_eq!((virStorageVolFree(volume), virStoragePoolFree(pool), host.close()), (0, 0, Some(0)));
}

#[test]
fn a_volume_goes_to_streams_of_its_own_connection_only() {
    let (host, other) = (FakeConnection::read_write(), FakeConnection::read_write());
    let pool = pool(&host);
    let volume = volume(pool);
    let (own, foreign) = (host.connection.new_stream(0).unwrap(), other.connection.new_stream(0).unwrap());
    let (own, foreign) = (Retained::new(&own), Retained::new(&foreign));
    assert_eq!(virStorageVolDownload(volume, ptr::null_mut(), 0, 0, 0), -1);
    assert_eq!(last().0, ErrorCode::InvalidStream as i32);
    assert_eq!(virStorageVolDownload(volume, foreign.pointer(), 0, 0, 0), -1);
    assert_eq!(last(), INVALID_ARG);
    assert!(host.host.changes.lock().is_empty());
    assert_eq!(virStorageVolDownload(volume, own.pointer(), 512, 9, 0), 0);
    assert_eq!(*host.host.changes.lock(), ["download a.img 512 9"]);
    drop((own, foreign));
    assert_eq!((virStorageVolFree(volume), virStoragePoolFree(pool)), (0, 0));
    assert_eq!((host.close(), other.close()), (Some(0), Some(0)));
}
