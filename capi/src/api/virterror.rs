//! `virterror.h`: the last error, and who is told of errors.

use crate::ffi::last_error;
use ferrovirt_core::abi::{virConnectPtr, virErrorFunc, virErrorPtr};
use std::ffi::{c_char, c_int, c_void};

/// The calling thread's last error.
///
/// Returns the error, which stays the library's and valid until the thread's next call, or NULL if there is none.
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virGetLastError() -> virErrorPtr {
    last_error::last()
}

/// The code of the calling thread's last error.
///
/// Returns a virErrorNumber, VIR_ERR_OK if there is no error.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virGetLastErrorCode() -> c_int {
    last_error::last_code()
}

/// The part of the library that raised the calling thread's last error.
///
/// Returns a virErrorDomain, VIR_FROM_NONE if there is no error.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virGetLastErrorDomain() -> c_int {
    last_error::last_domain()
}

/// The message of the calling thread's last error.
///
/// Returns the message, never NULL, valid until the thread's next call.
///
/// Since: 1.0.6
#[unsafe(no_mangle)]
pub extern "C" fn virGetLastErrorMessage() -> *const c_char {
    last_error::last_message()
}

/// Copies the calling thread's last error.
///
/// Returns the copy, empty if there is no error, for the caller to free with virFreeError().
///
/// Since: 0.6.1
#[unsafe(no_mangle)]
pub extern "C" fn virSaveLastError() -> virErrorPtr {
    last_error::save_last()
}

/// Copies the calling thread's last error to a place of the caller's.
///
/// @to: where the copy goes; what stood there is overwritten, not freed
///
/// Returns the error's code, 0 if there is no error, or -1 if @to is NULL.
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virCopyLastError(to: virErrorPtr) -> c_int {
    last_error::copy_last(to)
}

/// Forgets the calling thread's last error.
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virResetLastError() {
    last_error::clear();
}

/// Frees what an error holds and empties it.
///
/// @err: the error; may be NULL
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virResetError(err: virErrorPtr) {
    last_error::reset(err);
}

/// Frees an error that virSaveLastError() made.
///
/// @err: the error; may be NULL
///
/// Since: 0.6.1
#[unsafe(no_mangle)]
pub extern "C" fn virFreeError(err: virErrorPtr) {
    last_error::free(err);
}

/// The last error on a connection, whichever thread it came to. Programs with threads use virGetLastError() instead.
///
/// @conn: the connection
///
/// Returns the connection's error, with code VIR_ERR_OK if there is none, or NULL without a connection.
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnGetLastError(conn: virConnectPtr) -> virErrorPtr {
    last_error::connection_last(conn)
}

/// Copies the last error on a connection.
///
/// @conn: the connection
/// @to: where the copy goes; what stood there is overwritten, not freed
///
/// Returns the error's code, 0 if there is no error, or -1 without a connection or a place.
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnCopyLastError(conn: virConnectPtr, to: virErrorPtr) -> c_int {
    last_error::connection_copy_last(conn, to)
}

/// Forgets the last error on a connection.
///
/// @conn: the connection
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnResetLastError(conn: virConnectPtr) {
    last_error::connection_reset(conn);
}

/// Chooses who is told of errors that no connection's function takes.
///
/// @userData: passed to the function
/// @handler: the function; NULL to have errors printed to standard error, as at the start
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virSetErrorFunc(userData: *mut c_void, handler: virErrorFunc) {
    last_error::set_function(userData, handler);
}

/// Chooses who is told of the errors on a connection.
///
/// @conn: the connection
/// @userData: passed to the function
/// @handler: the function; NULL to leave it to the one of virSetErrorFunc(), as at the start
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnSetErrorFunc(conn: virConnectPtr, userData: *mut c_void, handler: virErrorFunc) {
    last_error::set_connection_function(conn, userData, handler);
}

/// Prints an error to standard error, as is done where nobody asked to be told.
///
/// @err: the error; may be NULL
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virDefaultErrorFunc(err: virErrorPtr) {
    last_error::print(err);
}
