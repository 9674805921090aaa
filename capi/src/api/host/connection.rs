//! Connections themselves: what they lead to, whether they are alive.

use crate::ffi::node::{close_token, register_close_callback};
use crate::ffi::{add_ref, any_params, callback, inspect, keep_text, store};
use ferrovirt::Connection;
use ferrovirt_core::abi::{virConnectCloseFunc, virConnectPtr, virFreeCallback, virTypedParameterPtr};
use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};

/// Takes another reference to a connection, to be given back with virConnectClose().
///
/// @conn: the connection
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectRef(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| add_ref(conn))
}

/// The name of the driver.
///
/// @conn: the connection
///
/// Returns the name, which lives as long as the connection, or NULL on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetType(conn: virConnectPtr) -> *const c_char {
    inspect(conn, |conn: &Connection| keep_text(conn, &conn.driver_type()?))
}

/// The version of the hypervisor.
///
/// @conn: the connection
/// @hvVer: where it goes: major * 1,000,000 + minor * 1,000 + release; 0 if it can't be told
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetVersion(conn: virConnectPtr, hvVer: *mut c_ulong) -> c_int {
    inspect(conn, |conn: &Connection| store(hvVer, "hvVer", || conn.version()))
}

/// The version of the library at the other end: the daemon's, or this one.
///
/// @conn: the connection
/// @libVer: where it goes: major * 1,000,000 + minor * 1,000 + release
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetLibVersion(conn: virConnectPtr, libVer: *mut c_ulong) -> c_int {
    inspect(conn, |conn: &Connection| store(libVer, "libVer", || conn.lib_version()))
}

/// The name of the host.
///
/// @conn: the connection
///
/// Returns the text, which the caller frees, or NULL on failure.
///
/// Since: 0.3.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetHostname(conn: virConnectPtr) -> *mut c_char {
    inspect(conn, |conn: &Connection| conn.hostname())
}

/// The URI of the connection, completed where it was left to the library.
///
/// @conn: the connection
///
/// Returns the text, which the caller frees, or NULL on failure.
///
/// Since: 0.3.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetURI(conn: virConnectPtr) -> *mut c_char {
    inspect(conn, |conn: &Connection| conn.uri())
}

/// What the host's firmware tells of the machine, as XML.
///
/// @conn: the connection
/// @flags: unused so far, 0
///
/// Returns the text, which the caller frees, or NULL on failure.
///
/// Since: 0.8.8
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetSysinfo(conn: virConnectPtr, flags: c_uint) -> *mut c_char {
    inspect(conn, |conn: &Connection| conn.sysinfo(flags))
}

/// Tells whether the other end still answers.
///
/// @conn: the connection
///
/// Returns 1 if it does, 0 if not, or -1 on failure.
///
/// Since: 0.9.8
#[unsafe(no_mangle)]
pub extern "C" fn virConnectIsAlive(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| conn.is_alive())
}

/// Tells whether the connection is encrypted.
///
/// @conn: the connection
///
/// Returns 1 if it is, 0 if not, or -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectIsEncrypted(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| conn.is_encrypted())
}

/// Tells whether nobody can listen in: the connection is encrypted, or does not leave the host.
///
/// @conn: the connection
///
/// Returns 1 if it is secure, 0 if not, or -1 on failure.
///
/// Since: 0.7.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectIsSecure(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| conn.is_secure())
}

/// Has the other end probed, so that a broken connection is noticed. Needs an event loop.
///
/// @conn: the connection
/// @interval: seconds between probes; 0 or less for none
/// @count: how many probes may stay without an answer
///
/// Returns 0, 1 if the other end does not know how to answer, or -1 on failure.
///
/// Since: 0.9.8
#[unsafe(no_mangle)]
pub extern "C" fn virConnectSetKeepAlive(conn: virConnectPtr, interval: c_int, count: c_uint) -> c_int {
    inspect(conn, |conn: &Connection| conn.set_keep_alive(interval, count).map(|known| !known))
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
/// Since: 0.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectRegisterCloseCallback(
    conn: virConnectPtr,
    cb: virConnectCloseFunc,
    opaque: *mut c_void,
    freecb: virFreeCallback,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        callback(cb, opaque, freecb, "cb")?.register(|callback| register_close_callback(conn, callback))
    })
}

/// Ends the registration of a close callback.
///
/// @conn: the connection
/// @cb: the function that was registered
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectUnregisterCloseCallback(conn: virConnectPtr, cb: virConnectCloseFunc) -> c_int {
    inspect(conn, |conn: &Connection| conn.unregister_close_callback(close_token(cb)?))
}

/// Has the daemon act for another client than the one that opened the connection, for daemons that pass calls on.
///
/// @conn: the connection
/// @params: who that is, VIR_CONNECT_IDENTITY_* values
/// @nparams: how many values there are
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectSetIdentity(
    conn: virConnectPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| conn.set_identity(&any_params(params, nparams)?, flags))
}
