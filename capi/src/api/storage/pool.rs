//! `libvirt-storage.h`: storage pools.

use crate::ffi::{
    Borrowed, add_ref, callback, free, inspect, keep_text, list, modify, modify_with, opt_object, opt_text,
    room, storage_pool_listener, store, text, uuid_bytes, uuid_text, write_pool_info, write_uuid,
    write_uuid_text,
};
use ferrovirt::{Connection, StoragePool, StorageVol};
use ferrovirt_core::abi::{
    Const, virConnectPtr, virConnectStoragePoolEventGenericCallback, virFreeCallback, virStoragePoolInfoPtr,
    virStoragePoolPtr, virStorageVolPtr,
};
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

/// Tells which kinds of storage pool there are and which formats each of them knows, in XML.
///
/// @conn: the connection
/// @flags: must be 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 5.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetStoragePoolCapabilities(conn: virConnectPtr, flags: c_uint) -> *mut c_char {
    inspect(conn, |conn: &Connection| conn.storage_pool_capabilities(flags))
}

/// Looks for what storage pools of one kind could be made of, and describes it in XML.
///
/// @conn: the connection
/// @type: the kind of pool, as in the attribute 'type' of <pool>
/// @srcSpec: a <source> element that narrows the search; some kinds need it (a host name), others take NULL
/// @flags: must be 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.4.5
#[unsafe(no_mangle)]
pub extern "C" fn virConnectFindStoragePoolSources(
    conn: virConnectPtr,
    r#type: *const c_char,
    srcSpec: *const c_char,
    flags: c_uint,
) -> *mut c_char {
    modify_with(
        conn,
        || text(r#type, "type"),
        |conn: &Connection, kind| conn.find_storage_pool_sources(kind, opt_text(srcSpec, "srcSpec")?, flags),
    )
}

/// Lists storage pools, active and defined ones alike.
///
/// @conn: the connection
/// @pools: where the NULL-terminated array goes that the caller frees, each pool and the array itself; NULL to have them only counted
/// @flags: virConnectListAllStoragePoolsFlags, 0 for all pools
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListAllStoragePools(
    conn: virConnectPtr,
    pools: *mut *mut virStoragePoolPtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| list(pools, || conn.list_all_storage_pools(flags)))
}

/// Counts the storage pools that run.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfStoragePools(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| Ok(conn.list_storage_pools()?.len()))
}

/// Lists the names of the storage pools that run, as many as there is room for. What happens between counting and
/// listing shows, so a list of handles is the better choice.
///
/// @conn: the connection
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListStoragePools(
    conn: virConnectPtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        Ok(room(names, maxnames, "names")?.fill_texts(conn.list_storage_pools()?))
    })
}

/// Counts the storage pools that are defined and do not run.
///
/// @conn: the connection
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNumOfDefinedStoragePools(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| Ok(conn.list_defined_storage_pools()?.len()))
}

/// Lists the names of the storage pools that are defined and do not run, as many as there is room for. What happens
/// between counting and listing shows, so a list of handles is the better choice.
///
/// @conn: the connection
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListDefinedStoragePools(
    conn: virConnectPtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        Ok(room(names, maxnames, "names")?.fill_texts(conn.list_defined_storage_pools()?))
    })
}

/// Finds a storage pool by its name.
///
/// @conn: the connection
/// @name: the name
///
/// Returns a handle that the caller drops with virStoragePoolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolLookupByName(conn: virConnectPtr, name: *const c_char) -> virStoragePoolPtr {
    inspect(conn, |conn: &Connection| conn.lookup_storage_pool_by_name(text(name, "name")?))
}

/// Finds a storage pool by the bytes of its UUID.
///
/// @conn: the connection
/// @uuid: the 16 bytes of the UUID
///
/// Returns a handle that the caller drops with virStoragePoolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolLookupByUUID(conn: virConnectPtr, uuid: *const c_uchar) -> virStoragePoolPtr {
    inspect(conn, |conn: &Connection| conn.lookup_storage_pool_by_uuid(uuid_bytes(uuid, "uuid")?))
}

/// Finds a storage pool by its UUID as text.
///
/// @conn: the connection
/// @uuidstr: the UUID as text
///
/// Returns a handle that the caller drops with virStoragePoolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolLookupByUUIDString(
    conn: virConnectPtr,
    uuidstr: *const c_char,
) -> virStoragePoolPtr {
    inspect(conn, |conn: &Connection| conn.lookup_storage_pool_by_uuid(uuid_text(uuidstr, "uuidstr")?))
}

/// Finds the storage pool that a volume is in.
///
/// @vol: the volume
///
/// Returns a handle that the caller drops with virStoragePoolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolLookupByVolume(vol: virStorageVolPtr) -> virStoragePoolPtr {
    inspect(vol, |vol: &StorageVol| vol.pool())
}

/// Finds the storage pool whose volumes appear under a path.
///
/// @conn: the connection
/// @path: the path, as in the <target> of the pool
///
/// Returns a handle that the caller drops with virStoragePoolFree(), or NULL on failure.
///
/// Since: 4.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolLookupByTargetPath(
    conn: virConnectPtr,
    path: *const c_char,
) -> virStoragePoolPtr {
    inspect(conn, |conn: &Connection| conn.lookup_storage_pool_by_target_path(text(path, "path")?))
}

/// Starts a storage pool that is forgotten once it is destroyed.
///
/// @conn: the connection
/// @xmlDesc: the description
/// @flags: virStoragePoolCreateFlags
///
/// Returns a handle that the caller drops with virStoragePoolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolCreateXML(
    conn: virConnectPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virStoragePoolPtr {
    modify_with(
        conn,
        || text(xmlDesc, "xmlDesc"),
        |conn: &Connection, xml| conn.create_storage_pool(xml, flags),
    )
}

/// Makes a storage pool permanent from its XML description, without starting it.
///
/// @conn: the connection
/// @xml: the description
/// @flags: virStoragePoolDefineFlags
///
/// Returns a handle that the caller drops with virStoragePoolFree(), or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolDefineXML(
    conn: virConnectPtr,
    xml: *const c_char,
    flags: c_uint,
) -> virStoragePoolPtr {
    modify(conn, |conn: &Connection| conn.define_storage_pool(text(xml, "xml")?, flags))
}

/// Makes the storage that a pool stands for: the directory, the file system, the volume group.
///
/// @pool: the pool
/// @flags: virStoragePoolBuildFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolBuild(pool: virStoragePoolPtr, flags: c_uint) -> c_int {
    modify(pool, |pool: &StoragePool| pool.build(flags))
}

/// Forgets the definition of a storage pool that does not run.
///
/// @pool: the pool
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolUndefine(pool: virStoragePoolPtr) -> c_int {
    modify(pool, |pool: &StoragePool| pool.undefine())
}

/// Starts a storage pool that has been defined.
///
/// @pool: the pool
/// @flags: virStoragePoolCreateFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolCreate(pool: virStoragePoolPtr, flags: c_uint) -> c_int {
    modify(pool, |pool: &StoragePool| pool.create(flags))
}

/// Stops a storage pool; what is stored in it stays. A transient pool is forgotten then.
///
/// @pool: the pool
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolDestroy(pool: virStoragePoolPtr) -> c_int {
    modify(pool, |pool: &StoragePool| pool.destroy())
}

/// Removes the storage that a pool stands for. What was stored in it is lost.
///
/// @pool: the pool
/// @flags: virStoragePoolDeleteFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolDelete(pool: virStoragePoolPtr, flags: c_uint) -> c_int {
    modify(pool, |pool: &StoragePool| pool.delete(flags))
}

/// Looks again which volumes a storage pool has.
///
/// @pool: the pool
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolRefresh(pool: virStoragePoolPtr, flags: c_uint) -> c_int {
    modify(pool, |pool: &StoragePool| pool.refresh(flags))
}

/// Tells which connection a storage pool is on.
///
/// @pool: the pool
///
/// Returns the connection, without a new count of it: the caller does not close it. NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolGetConnect(pool: virStoragePoolPtr) -> virConnectPtr {
    inspect(pool, |pool: &StoragePool| Ok(Borrowed(pool.connection().clone())))
}

/// Adds a count to the handle of a storage pool; each needs a virStoragePoolFree() of its own.
///
/// @pool: the pool
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolRef(pool: virStoragePoolPtr) -> c_int {
    inspect(pool, |pool: &StoragePool| add_ref(pool))
}

/// Drops a count of the handle of a storage pool; the storage pool itself stays as it is. After the last count, the
/// handle must not be used any more.
///
/// @pool: the pool
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolFree(pool: virStoragePoolPtr) -> c_int {
    inspect(pool, |pool: &StoragePool| free(pool))
}

/// Tells the name of a storage pool.
///
/// @pool: the pool
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolGetName(pool: virStoragePoolPtr) -> *const c_char {
    inspect(pool, |pool: &StoragePool| keep_text(pool, pool.name()))
}

/// Tells the UUID of a storage pool as bytes.
///
/// @pool: the pool
/// @uuid: room for 16 bytes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolGetUUID(pool: virStoragePoolPtr, uuid: *mut c_uchar) -> c_int {
    inspect(pool, |pool: &StoragePool| write_uuid(uuid, pool.uuid()))
}

/// Tells the UUID of a storage pool as text.
///
/// @pool: the pool
/// @buf: room for VIR_UUID_STRING_BUFLEN (37) characters
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolGetUUIDString(pool: virStoragePoolPtr, buf: *mut c_char) -> c_int {
    inspect(pool, |pool: &StoragePool| write_uuid_text(buf, pool.uuid()))
}

/// Tells the state of a storage pool and how full it is.
///
/// @pool: the pool
/// @info: where it goes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolGetInfo(pool: virStoragePoolPtr, info: virStoragePoolInfoPtr) -> c_int {
    inspect(pool, |pool: &StoragePool| write_pool_info(info, || pool.info()))
}

/// Describes a storage pool in XML.
///
/// @pool: the pool
/// @flags: virStorageXMLFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolGetXMLDesc(pool: virStoragePoolPtr, flags: c_uint) -> *mut c_char {
    inspect(pool, |pool: &StoragePool| pool.xml_desc(flags))
}

/// Tells whether a storage pool starts with the host.
///
/// @pool: the pool
/// @autostart: where 1 goes if so, or 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolGetAutostart(pool: virStoragePoolPtr, autostart: *mut c_int) -> c_int {
    inspect(pool, |pool: &StoragePool| store(autostart, "autostart", || pool.autostart().map(c_int::from)))
}

/// Sets whether a storage pool starts with the host.
///
/// @pool: the pool
/// @autostart: 0 for no, anything else for yes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolSetAutostart(pool: virStoragePoolPtr, autostart: c_int) -> c_int {
    modify(pool, |pool: &StoragePool| pool.set_autostart(autostart != 0))
}

/// Tells whether a storage pool runs.
///
/// @pool: the pool
///
/// Returns 1 if so, 0 if not, -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolIsActive(pool: virStoragePoolPtr) -> c_int {
    inspect(pool, |pool: &StoragePool| pool.is_active())
}

/// Tells whether a storage pool has a definition that outlives a stop.
///
/// @pool: the pool
///
/// Returns 1 if so, 0 if not, -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virStoragePoolIsPersistent(pool: virStoragePoolPtr) -> c_int {
    inspect(pool, |pool: &StoragePool| pool.is_persistent())
}

/// Registers a function for one kind of event, of one storage pool or of all. It runs from the event loop, which
/// must have been registered before the connection was opened.
///
/// @conn: the connection
/// @pool: the storage pool; NULL for all
/// @eventID: the kind, a virStoragePoolEventID
/// @cb: the function, cast from the type that the kind of event has
/// @opaque: what it is called with
/// @freecb: (optional) frees @opaque once the registration has ended; may be NULL
///
/// Returns the id that ends the registration, or -1 on failure; @opaque then stays with the caller.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectStoragePoolEventRegisterAny(
    conn: virConnectPtr,
    pool: virStoragePoolPtr,
    eventID: c_int,
    cb: virConnectStoragePoolEventGenericCallback,
    opaque: *mut c_void,
    freecb: virFreeCallback,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        let pool = opt_object(pool, "virConnectStoragePoolEventRegisterAny")?;
        callback(cb, opaque, freecb, "cb")?.register(|cb| {
            conn.register_storage_pool_event(pool.as_ref(), eventID, storage_pool_listener(conn, cb))
        })
    })
}

/// Ends a registration that virConnectStoragePoolEventRegisterAny() made.
///
/// @conn: the connection
/// @callbackID: the id that the registration got
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectStoragePoolEventDeregisterAny(conn: virConnectPtr, callbackID: c_int) -> c_int {
    inspect(conn, |conn: &Connection| conn.deregister_event(callbackID))
}
