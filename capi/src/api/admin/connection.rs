//! Administrative connections, and what is set for a daemon as a whole.

use crate::ffi::admin::{close_callback, close_token, counted_text};
use crate::ffi::node::close;
use crate::ffi::{add_ref, callback, global, inspect, inspect_or, list, opt_text, store, text};
use ferrovirt::{AdminConnection, Error, ErrorDomain};
use ferrovirt_core::abi::{
    LIBVIR_VERSION_NUMBER, virAdmConnectCloseFunc, virAdmConnectPtr, virAdmServerPtr, virFreeCallback,
};
use std::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};

/// Prepares the library. Opening a connection does it too; programs with threads call this first.
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmInitialize() -> c_int {
    global(|| Ok(()))
}

/// The version of the library.
///
/// @libVer: where it goes: major * 1,000,000 + minor * 1,000 + release
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmGetVersion(libVer: *mut c_ulonglong) -> c_int {
    global(|| {
        if libVer.is_null() {
            let err = Error::internal("there is no place for the version: libVer must not be NULL");
            return Err(err.domain(ErrorDomain::None));
        }
        store(libVer, "libVer", || Ok(c_ulonglong::from(LIBVIR_VERSION_NUMBER)))
    })
}

/// Opens an administrative connection to a daemon.
///
/// @name: its URI, such as libvirtd:///system; NULL for the one in LIBVIRT_ADMIN_DEFAULT_URI, in libvirt-admin.conf, or the user's own libvirtd
/// @flags: VIR_CONNECT_NO_ALIASES or 0
///
/// Returns a connection that the caller closes with virAdmConnectClose(), or NULL on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectOpen(name: *const c_char, flags: c_uint) -> virAdmConnectPtr {
    global(|| AdminConnection::open(opt_text(name, "name")?, flags))
}

/// Gives back a reference to a connection; with the last one it is closed.
///
/// @conn: the connection; NULL does nothing
///
/// Returns 0 if it was closed, 1 if others still hold it, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectClose(conn: virAdmConnectPtr) -> c_int {
    inspect_or(conn, false, |conn: &AdminConnection| close(conn))
}

/// Takes another reference to a connection, to be given back with virAdmConnectClose().
///
/// @conn: the connection
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectRef(conn: virAdmConnectPtr) -> c_int {
    inspect(conn, |conn: &AdminConnection| add_ref(conn))
}

/// Tells whether the daemon is still connected.
///
/// @conn: the connection; NULL is not alive
///
/// Returns 1 if it is, 0 if not, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectIsAlive(conn: virAdmConnectPtr) -> c_int {
    inspect_or(conn, false, |conn: &AdminConnection| conn.is_alive())
}

/// The URI of the connection.
///
/// @conn: the connection
///
/// Returns the text, which the caller frees, or NULL on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectGetURI(conn: virAdmConnectPtr) -> *mut c_char {
    inspect(conn, |conn: &AdminConnection| Ok(conn.uri().to_owned()))
}

/// The version of the daemon's library.
///
/// @conn: the connection
/// @libVer: where it goes: major * 1,000,000 + minor * 1,000 + release
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectGetLibVersion(conn: virAdmConnectPtr, libVer: *mut c_ulonglong) -> c_int {
    inspect(conn, |conn: &AdminConnection| store(libVer, "libVer", || conn.lib_version()))
}

/// Has a function called when the connection goes away. There is one such function at most.
///
/// @conn: the connection
/// @cb: the function
/// @opaque: passed to it
/// @freecb: frees @opaque when the registration ends; may be NULL
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectRegisterCloseCallback(
    conn: virAdmConnectPtr,
    cb: virAdmConnectCloseFunc,
    opaque: *mut c_void,
    freecb: virFreeCallback,
) -> c_int {
    inspect(conn, |conn: &AdminConnection| {
        callback(cb, opaque, freecb, "cb")?.register(|callback| {
            let (token, callback) = close_callback(conn, callback);
            conn.register_close_callback(token, callback)
        })
    })
}

/// Ends the registration of a close callback.
///
/// @conn: the connection
/// @cb: the function that was registered
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectUnregisterCloseCallback(
    conn: virAdmConnectPtr,
    cb: virAdmConnectCloseFunc,
) -> c_int {
    inspect(conn, |conn: &AdminConnection| conn.unregister_close_callback(close_token(cb)?))
}

/// Lists the servers in the daemon.
///
/// @conn: the connection
/// @servers: where the NULL-terminated array goes that the caller frees, each server and the array itself; NULL to have them only counted
/// @flags: unused so far, 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectListServers(
    conn: virAdmConnectPtr,
    servers: *mut *mut virAdmServerPtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &AdminConnection| list(servers, || conn.list_servers(flags)))
}

/// Finds a server by its name.
///
/// @conn: the connection
/// @name: the name
/// @flags: unused so far, 0
///
/// Returns a handle that the caller frees with virAdmServerFree(), or NULL on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectLookupServer(
    conn: virAdmConnectPtr,
    name: *const c_char,
    flags: c_uint,
) -> virAdmServerPtr {
    inspect(conn, |conn: &AdminConnection| conn.lookup_server(text(name, "name")?, flags))
}

/// Where the daemon's log goes.
///
/// @conn: the connection
/// @outputs: where the definitions go, separated by spaces, which the caller frees; NULL to have them only counted
/// @flags: unused so far, 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 3.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectGetLoggingOutputs(
    conn: virAdmConnectPtr,
    outputs: *mut *mut c_char,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &AdminConnection| counted_text(outputs, conn.logging_outputs(flags)))
}

/// What the daemon's log keeps.
///
/// @conn: the connection
/// @filters: where the definitions go, separated by spaces, which the caller frees; NULL to have them only counted
/// @flags: unused so far, 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 3.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectGetLoggingFilters(
    conn: virAdmConnectPtr,
    filters: *mut *mut c_char,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &AdminConnection| counted_text(filters, conn.logging_filters(flags)))
}

/// Changes where the daemon's log goes.
///
/// @conn: the connection
/// @outputs: the definitions, separated by spaces; NULL or empty for the default
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectSetLoggingOutputs(
    conn: virAdmConnectPtr,
    outputs: *const c_char,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &AdminConnection| conn.set_logging_outputs(opt_text(outputs, "outputs")?, flags))
}

/// Changes what the daemon's log keeps.
///
/// @conn: the connection
/// @filters: the definitions, separated by spaces; NULL or empty for none
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectSetLoggingFilters(
    conn: virAdmConnectPtr,
    filters: *const c_char,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &AdminConnection| conn.set_logging_filters(opt_text(filters, "filters")?, flags))
}

/// Has the daemon end itself when nobody has needed it for a while.
///
/// @conn: the connection
/// @timeout: for how many seconds; 0 to let it run for ever
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 8.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectSetDaemonTimeout(
    conn: virAdmConnectPtr,
    timeout: c_uint,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &AdminConnection| conn.set_daemon_timeout(timeout, flags))
}

/// Ends the daemon.
///
/// @conn: the connection
/// @flags: virAdmConnectDaemonShutdownFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 11.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmConnectDaemonShutdown(conn: virAdmConnectPtr, flags: c_uint) -> c_int {
    inspect(conn, |conn: &AdminConnection| conn.shut_daemon_down(flags))
}
