//! Events of QEMU's monitor on their way to C.

use super::call_out::call_out;
use super::callback::{Callback, lend};
use ferrovirt::event::Event;
use ferrovirt::{Connection, EventCallback};
use ferrovirt_core::abi::{virConnectPtr, virDomainPtr};
use std::ffi::{CString, c_char, c_longlong, c_uint, c_void};
use std::ptr;
use std::sync::Arc;

type MonitorCallback = unsafe extern "C" fn(
    virConnectPtr,
    virDomainPtr,
    *const c_char,
    c_longlong,
    c_uint,
    *const c_char,
    *mut c_void,
);

/// The C callback as the face takes it.
pub fn monitor_callback(conn: &Connection, callback: Callback<MonitorCallback>) -> EventCallback {
    let callback = callback.holding(conn);
    Arc::new(move |conn: &Connection, event: &Event| {
        let Event::QemuMonitor(event) = event else { return };
        let c_text = |text: &str| CString::new(text.replace('\0', "")).expect("without NUL");
        let (name, details) = (c_text(&event.event), event.details.as_deref().map(c_text));
        let details = details.as_ref().map_or(ptr::null(), |details| details.as_ptr());
        let domain = conn.domain_with_id(event.domain.clone());
        lend(conn, |conn| {
            lend(&domain, |domain| {
                let (function, opaque) = callback.parts();
                // SAFETY: the application gave this function for this argument, which is freed with `callback`;
                // the texts stay for the call.
                call_out(|| unsafe {
                    function(conn, domain, name.as_ptr(), event.seconds, event.micros, details, opaque)
                });
            });
        });
    })
}
