//! `libvirt-storage.h`: storage volumes.

use crate::ffi::{
    Borrowed, add_ref, free, inspect, keep_text, list, modify, modify_with, object, room, text,
    write_vol_info,
};
use ferrovirt::{Connection, StoragePool, StorageVol};
use ferrovirt_core::abi::{
    Const, virConnectPtr, virStoragePoolPtr, virStorageVolInfoPtr, virStorageVolPtr, virStreamPtr,
};
use std::ffi::{c_char, c_int, c_uint, c_ulonglong};

/// Lists the volumes of a storage pool.
///
/// @pool: the pool
/// @vols: where the NULL-terminated array goes that the caller frees, each volume and the array itself; NULL to have them only counted
/// @flags: must be 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolListAllVolumes(
    pool: virStoragePoolPtr,
    vols: *mut *mut virStorageVolPtr,
    flags: c_uint,
) -> c_int {
    inspect(pool, |pool: &StoragePool| list(vols, || pool.list_all_volumes(flags)))
}

/// Counts the volumes of a storage pool.
///
/// @pool: the pool
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolNumOfVolumes(pool: virStoragePoolPtr) -> c_int {
    inspect(pool, |pool: &StoragePool| Ok(pool.list_volumes()?.len()))
}

/// Lists the names of the volumes of a storage pool, as many as there is room for. What happens between counting
/// and listing shows, so a list of handles is the better choice.
///
/// @pool: the pool
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolListVolumes(
    pool: virStoragePoolPtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(pool, |pool: &StoragePool| Ok(room(names, maxnames, "names")?.fill_texts(pool.list_volumes()?)))
}

/// Finds a volume of a storage pool by its name.
///
/// @pool: the pool
/// @name: the name
///
/// Returns a handle that the caller drops with virStorageVolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolLookupByName(
    pool: virStoragePoolPtr,
    name: *const c_char,
) -> virStorageVolPtr {
    inspect(pool, |pool: &StoragePool| pool.lookup_volume_by_name(text(name, "name")?))
}

/// Finds a volume by its key, in whichever storage pool.
///
/// @conn: the connection
/// @key: the key
///
/// Returns a handle that the caller drops with virStorageVolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolLookupByKey(conn: virConnectPtr, key: *const c_char) -> virStorageVolPtr {
    inspect(conn, |conn: &Connection| conn.lookup_storage_vol_by_key(text(key, "key")?))
}

/// Finds a volume by its path on the host, in whichever storage pool.
///
/// @conn: the connection
/// @path: the path
///
/// Returns a handle that the caller drops with virStorageVolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolLookupByPath(conn: virConnectPtr, path: *const c_char) -> virStorageVolPtr {
    inspect(conn, |conn: &Connection| conn.lookup_storage_vol_by_path(text(path, "path")?))
}

/// Makes a volume in a storage pool that runs.
///
/// @pool: the pool
/// @xmlDesc: the description
/// @flags: virStorageVolCreateFlags
///
/// Returns a handle that the caller drops with virStorageVolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolCreateXML(
    pool: virStoragePoolPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virStorageVolPtr {
    modify_with(pool, || text(xmlDesc, "xmlDesc"), |pool: &StoragePool, xml| pool.create_volume(xml, flags))
}

/// Makes a volume in a storage pool that runs, with the content of another volume.
///
/// @pool: the pool
/// @xmlDesc: the description
/// @clonevol: the volume to copy, in the same pool or another
/// @flags: virStorageVolCreateFlags
///
/// Returns a handle that the caller drops with virStorageVolFree(), or NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolCreateXMLFrom(
    pool: virStoragePoolPtr,
    xmlDesc: *const c_char,
    clonevol: virStorageVolPtr,
    flags: c_uint,
) -> virStorageVolPtr {
    let arguments = || {
        let source = object(clonevol, "virStorageVolCreateXMLFrom")?;
        Ok((text(xmlDesc, "xmlDesc")?, source))
    };
    modify_with(pool, arguments, |pool: &StoragePool, (xml, source)| {
        pool.create_volume_from(xml, &source, flags)
    })
}

/// Removes a volume from its storage pool. Its content is lost.
///
/// @vol: the volume
/// @flags: virStorageVolDeleteFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolDelete(vol: virStorageVolPtr, flags: c_uint) -> c_int {
    modify(vol, |vol: &StorageVol| vol.delete(flags))
}

/// Overwrites a volume, so that what was in it can hardly be read again.
///
/// @vol: the volume
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolWipe(vol: virStorageVolPtr, flags: c_uint) -> c_int {
    modify(vol, |vol: &StorageVol| vol.wipe(flags))
}

/// Overwrites a volume in a chosen way.
///
/// @vol: the volume
/// @algorithm: a virStorageVolWipeAlgorithm
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.10
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolWipePattern(vol: virStorageVolPtr, algorithm: c_uint, flags: c_uint) -> c_int {
    modify(vol, |vol: &StorageVol| vol.wipe_pattern(algorithm, flags))
}

/// Changes the capacity of a volume. What reads it inside a guest is not told.
///
/// @vol: the volume
/// @capacity: the new capacity in bytes, or the difference with VIR_STORAGE_VOL_RESIZE_DELTA
/// @flags: virStorageVolResizeFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.10
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolResize(vol: virStorageVolPtr, capacity: c_ulonglong, flags: c_uint) -> c_int {
    modify(vol, |vol: &StorageVol| vol.resize(capacity, flags))
}

/// Tells which connection a volume is on.
///
/// @vol: the volume
///
/// Returns the connection, without a new count of it: the caller does not close it. NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolGetConnect(vol: virStorageVolPtr) -> virConnectPtr {
    inspect(vol, |vol: &StorageVol| Ok(Borrowed(vol.connection().clone())))
}

/// Adds a count to the handle of a volume; each needs a virStorageVolFree() of its own.
///
/// @vol: the volume
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolRef(vol: virStorageVolPtr) -> c_int {
    inspect(vol, |vol: &StorageVol| add_ref(vol))
}

/// Drops a count of the handle of a volume; the volume itself stays as it is. After the last count, the handle must
/// not be used any more.
///
/// @vol: the volume
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolFree(vol: virStorageVolPtr) -> c_int {
    inspect(vol, |vol: &StorageVol| free(vol))
}

/// Tells the name of a volume.
///
/// @vol: the volume
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolGetName(vol: virStorageVolPtr) -> *const c_char {
    inspect(vol, |vol: &StorageVol| keep_text(vol, vol.name()))
}

/// Tells the key of a volume, which no other volume has.
///
/// @vol: the volume
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolGetKey(vol: virStorageVolPtr) -> *const c_char {
    inspect(vol, |vol: &StorageVol| keep_text(vol, vol.key()))
}

/// Tells where a volume is found on the host.
///
/// @vol: the volume
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolGetPath(vol: virStorageVolPtr) -> *mut c_char {
    inspect(vol, |vol: &StorageVol| vol.path())
}

/// Tells the kind of a volume, its capacity and what it takes of its pool.
///
/// @vol: the volume
/// @info: where it goes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolGetInfo(vol: virStorageVolPtr, info: virStorageVolInfoPtr) -> c_int {
    inspect(vol, |vol: &StorageVol| write_vol_info(info, || vol.info()))
}

/// Tells the kind of a volume, its capacity and its allocation or physical size.
///
/// @vol: the volume
/// @info: where it goes
/// @flags: virStorageVolInfoFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolGetInfoFlags(
    vol: virStorageVolPtr,
    info: virStorageVolInfoPtr,
    flags: c_uint,
) -> c_int {
    inspect(vol, |vol: &StorageVol| write_vol_info(info, || vol.info_flags(flags)))
}

/// Describes a volume in XML.
///
/// @vol: the volume
/// @flags: must be 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolGetXMLDesc(vol: virStorageVolPtr, flags: c_uint) -> *mut c_char {
    inspect(vol, |vol: &StorageVol| vol.xml_desc(flags))
}

/// Opens the content of a volume on a stream, to be read with the calls for streams.
///
/// @vol: the volume
/// @stream: a stream of the same connection that is not open yet
/// @offset: the byte to begin at
/// @length: how many bytes; 0 for all there are
/// @flags: virStorageVolDownloadFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.0
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolDownload(
    vol: virStorageVolPtr,
    stream: virStreamPtr,
    offset: c_ulonglong,
    length: c_ulonglong,
    flags: c_uint,
) -> c_int {
    let arguments = || object(stream, "virStorageVolDownload");
    modify_with(vol, arguments, |vol: &StorageVol, stream| vol.download(&stream, offset, length, flags))
}

/// Opens a volume on a stream, for new content to be written with the calls for streams.
///
/// @vol: the volume
/// @stream: a stream of the same connection that is not open yet
/// @offset: the byte to begin at
/// @length: how many bytes at most; 0 for as many as there is room for
/// @flags: virStorageVolUploadFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.0
#[unsafe(no_mangle)]
pub extern "C" fn virStorageVolUpload(
    vol: virStorageVolPtr,
    stream: virStreamPtr,
    offset: c_ulonglong,
    length: c_ulonglong,
    flags: c_uint,
) -> c_int {
    let arguments = || object(stream, "virStorageVolUpload");
    modify_with(vol, arguments, |vol: &StorageVol, stream| vol.upload(&stream, offset, length, flags))
}
