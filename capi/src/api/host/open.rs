//! Opening and closing connections, and the library's own version.

use crate::ffi::{auth, authenticator, global, initialize, inspect, node::close, opt_text, store};
use ferrovirt::{Connection, Error, OpenOptions};
use ferrovirt_core::abi::{LIBVIR_VERSION_NUMBER, VIR_CONNECT_RO, virConnectAuthPtr, virConnectPtr};
use std::ffi::{c_char, c_int, c_uint, c_ulong};

/// Prepares the library. Opening a connection does it too; programs with threads call this first.
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virInitialize() -> c_int {
    global(initialize)
}

/// The version of the library.
///
/// @libVer: where it goes: major * 1,000,000 + minor * 1,000 + release
/// @type: unused
/// @typeVer: where the same number goes once more; may be NULL
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virGetVersion(libVer: *mut c_ulong, r#type: *const c_char, typeVer: *mut c_ulong) -> c_int {
    let _ = r#type;
    global(|| {
        initialize()?;
        if libVer.is_null() {
            return Err(Error::internal("there is no place for the version: libVer must not be NULL"));
        }
        store(libVer, "libVer", || Ok(c_ulong::from(LIBVIR_VERSION_NUMBER)))?;
        if typeVer.is_null() {
            Ok(())
        } else {
            store(typeVer, "typeVer", || Ok(c_ulong::from(LIBVIR_VERSION_NUMBER)))
        }
    })
}

/// Opens a connection to a hypervisor.
///
/// @name: (optional) its URI; NULL for the one in LIBVIRT_DEFAULT_URI, in libvirt.conf, or that is found on the host
///
/// Returns a connection that the caller closes with virConnectClose(), or NULL on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectOpen(name: *const c_char) -> virConnectPtr {
    global(|| {
        initialize()?;
        OpenOptions::new().open(opt_text(name, "name")?)
    })
}

/// Opens a connection over which nothing can be changed.
///
/// @name: (optional) its URI; NULL as in virConnectOpen()
///
/// Returns a connection that the caller closes with virConnectClose(), or NULL on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectOpenReadOnly(name: *const c_char) -> virConnectPtr {
    global(|| {
        initialize()?;
        OpenOptions::from_flags(VIR_CONNECT_RO).open(opt_text(name, "name")?)
    })
}

/// Opens a connection, with answers to the questions of a login.
///
/// @name: (optional) its URI; NULL as in virConnectOpen()
/// @auth: who answers, such as virConnectAuthPtrDefault; NULL for nobody
/// @flags: virConnectFlags
///
/// Returns a connection that the caller closes with virConnectClose(), or NULL on failure.
///
/// Since: 0.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectOpenAuth(
    name: *const c_char,
    auth: virConnectAuthPtr,
    flags: c_uint,
) -> virConnectPtr {
    global(|| {
        initialize()?;
        let options = OpenOptions::from_flags(flags);
        let options = authenticator(auth).into_iter().fold(options, OpenOptions::authenticator);
        options.open(opt_text(name, "name")?)
    })
}

/// Gives back a reference to a connection; with the last one it is closed.
///
/// @conn: the connection
///
/// Returns 0 if it was closed, 1 if others still hold it (objects on it, callbacks, virConnectRef()), or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectClose(conn: virConnectPtr) -> c_int {
    inspect(conn, |conn: &Connection| close(conn))
}

/// Credentials that are asked for on the terminal, for virConnectOpenAuth().
///
/// Since: 0.4.1
#[unsafe(no_mangle)]
pub static mut virConnectAuthPtrDefault: virConnectAuthPtr = &raw mut auth::DEFAULT;
