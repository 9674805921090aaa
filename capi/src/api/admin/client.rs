//! The clients of a server.

use crate::ffi::admin::ClientNumber;
use crate::ffi::{free, inspect, inspect_or, params_out};
use ferrovirt::AdminClient;
use ferrovirt_core::abi::{virAdmClientPtr, virTypedParameterPtr};
use std::ffi::{c_int, c_longlong, c_uint, c_ulonglong};

/// The number of a client.
///
/// @client: the client
///
/// Returns the number, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmClientGetID(client: virAdmClientPtr) -> c_ulonglong {
    inspect(client, |client: &AdminClient| Ok(ClientNumber(client.id())))
}

/// When a client connected.
///
/// @client: the client
///
/// Returns the time in seconds since 1970, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmClientGetTimestamp(client: virAdmClientPtr) -> c_longlong {
    inspect(client, |client: &AdminClient| Ok(client.timestamp()))
}

/// How a client is connected.
///
/// @client: the client
///
/// Returns a virClientTransport, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmClientGetTransport(client: virAdmClientPtr) -> c_int {
    inspect(client, |client: &AdminClient| Ok(client.transport()))
}

/// Gives back the handle of a client.
///
/// @client: the client; NULL does nothing
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmClientFree(client: virAdmClientPtr) -> c_int {
    inspect_or(client, (), |client: &AdminClient| free(client))
}

/// Who a client is: its process, user, address, certificate.
///
/// @client: the client
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmClientGetInfo(
    client: virAdmClientPtr,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(client, |client: &AdminClient| params_out(params, nparams)?.set(&client.info(flags)?))
}

/// Ends the connection of a client.
///
/// @client: the client
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virAdmClientClose(client: virAdmClientPtr, flags: c_uint) -> c_int {
    inspect(client, |client: &AdminClient| client.close(flags))
}
