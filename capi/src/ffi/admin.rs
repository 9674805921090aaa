//! What only the administration interface has: its close callback, numbers of clients, counted texts.

use super::args::out;
use super::call_out::call_out;
use super::callback::{Callback, lend};
use super::returns::{CReturn, malloc_string};
use ferrovirt::{AdminCloseCallback, AdminConnection, Error, Result};
use ferrovirt_core::abi::{virAdmConnectCloseFunc, virAdmConnectPtr};
use std::ffi::{c_char, c_int, c_ulonglong, c_void};
use std::sync::Arc;

/// The C close callback as the face takes it; its token is the function itself.
pub fn close_callback(
    conn: &AdminConnection,
    callback: Callback<unsafe extern "C" fn(virAdmConnectPtr, c_int, *mut c_void)>,
) -> (usize, AdminCloseCallback) {
    let token = callback.parts().0 as usize;
    let callback = callback.holding(conn);
    let call = move |conn: &AdminConnection, reason: i32| {
        lend(conn, |conn| {
            let (function, opaque) = callback.parts();
            // SAFETY: the application gave this function for this argument, which is freed with `callback`.
            call_out(|| unsafe { function(conn, reason, opaque) });
        });
    };
    (token, Arc::new(call))
}

/// The token of a close callback, which must be there.
pub fn close_token(callback: virAdmConnectCloseFunc) -> Result<usize> {
    callback.map(|function| function as usize).ok_or_else(|| Error::invalid_arg("cb must not be NULL"))
}

/// The number of a client; -1, as far as unsigned numbers have it, means failure.
pub struct ClientNumber(pub u64);

impl CReturn for ClientNumber {
    type Raw = c_ulonglong;
    const FAILED: c_ulonglong = c_ulonglong::MAX;
    fn into_raw(self) -> c_ulonglong {
        self.0
    }
}

/// Stores a text for the caller to free (NULL: only the count is wanted); the count comes back.
pub fn counted_text(place: *mut *mut c_char, answer: Result<(i32, String)>) -> Result<c_int> {
    let (count, text) = answer?;
    if let Ok(place) = out(place, "text") {
        place.set(malloc_string(&text));
    }
    Ok(count)
}
