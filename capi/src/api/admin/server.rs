//! The servers in a daemon.

use crate::ffi::{free, given_params, inspect, inspect_or, keep_text, list, params_out};
use ferrovirt::AdminServer;
use ferrovirt_core::abi::{virAdmClientPtr, virAdmServerPtr, virTypedParameterPtr};
use std::ffi::{c_char, c_int, c_uint, c_ulonglong};

/// The name of a server.
///
/// @srv: the server
///
/// Returns the name, which lives as long as the handle, or NULL on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmServerGetName(srv: virAdmServerPtr) -> *const c_char {
    inspect(srv, |srv: &AdminServer| keep_text(srv, srv.name()))
}

/// Gives back the handle of a server.
///
/// @srv: the server; NULL does nothing
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmServerFree(srv: virAdmServerPtr) -> c_int {
    inspect_or(srv, (), |srv: &AdminServer| free(srv))
}

/// How many workers a server has and may have, and how much waits for them.
///
/// @srv: the server
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmServerGetThreadPoolParameters(
    srv: virAdmServerPtr,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(srv, |srv: &AdminServer| params_out(params, nparams)?.set(&srv.threadpool_parameters(flags)?))
}

/// Changes how many workers a server may have.
///
/// @srv: the server
/// @params: VIR_THREADPOOL_WORKERS_MIN, _MAX and _PRIORITY values; others stay
/// @nparams: how many there are
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmServerSetThreadPoolParameters(
    srv: virAdmServerPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    inspect(srv, |srv: &AdminServer| srv.set_threadpool_parameters(&given_params(params, nparams)?, flags))
}

/// Lists the clients of a server.
///
/// @srv: the server
/// @clients: where the NULL-terminated array goes that the caller frees, each client and the array itself; NULL to have them only counted
/// @flags: unused so far, 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmServerListClients(
    srv: virAdmServerPtr,
    clients: *mut *mut virAdmClientPtr,
    flags: c_uint,
) -> c_int {
    inspect(srv, |srv: &AdminServer| list(clients, || srv.list_clients(flags)))
}

/// Finds a client by its number.
///
/// @srv: the server
/// @id: the number
/// @flags: unused so far, 0
///
/// Returns a handle that the caller frees with virAdmClientFree(), or NULL on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmServerLookupClient(
    srv: virAdmServerPtr,
    id: c_ulonglong,
    flags: c_uint,
) -> virAdmClientPtr {
    inspect(srv, |srv: &AdminServer| srv.lookup_client(id, flags))
}

/// How many clients a server has and may have.
///
/// @srv: the server
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmServerGetClientLimits(
    srv: virAdmServerPtr,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(srv, |srv: &AdminServer| params_out(params, nparams)?.set(&srv.client_limits(flags)?))
}

/// Changes how many clients a server may have.
///
/// @srv: the server
/// @params: VIR_SERVER_CLIENTS_MAX and VIR_SERVER_CLIENTS_UNAUTH_MAX values; others stay
/// @nparams: how many there are
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmServerSetClientLimits(
    srv: virAdmServerPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    inspect(srv, |srv: &AdminServer| srv.set_client_limits(&given_params(params, nparams)?, flags))
}

/// Has a server read its certificates and keys again.
///
/// @srv: the server
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmServerUpdateTlsFiles(srv: virAdmServerPtr, flags: c_uint) -> c_int {
    inspect(srv, |srv: &AdminServer| srv.update_tls_files(flags))
}
