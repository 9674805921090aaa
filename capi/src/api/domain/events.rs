//! `libvirt-domain.h`: registering for events of domains.

use crate::ffi::{callback, domain_listener, function_address, inspect, lifecycle_callback, opt_object};
use ferrovirt::Connection;
use ferrovirt_core::abi::{
    VIR_DOMAIN_EVENT_ID_LIFECYCLE, virConnectDomainEventCallback, virConnectDomainEventGenericCallback,
    virConnectPtr, virDomainPtr, virFreeCallback,
};
use std::ffi::{c_int, c_void};

/// Registers a function for the life cycle events of all domains. It runs from the event loop, which must have been
/// registered before the connection was opened. virConnectDomainEventRegisterAny() can do this and more.
///
/// @conn: the connection
/// @cb: the function, which may be registered once
/// @opaque: what it is called with
/// @freecb: (optional) frees @opaque once the registration has ended; may be NULL
///
/// Returns 0, or -1 on failure; @opaque then stays with the caller.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectDomainEventRegister(
    conn: virConnectPtr,
    cb: virConnectDomainEventCallback,
    opaque: *mut c_void,
    freecb: virFreeCallback,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        callback(lifecycle_callback(cb), opaque, freecb, "cb")?.register(|cb| {
            let id = VIR_DOMAIN_EVENT_ID_LIFECYCLE as c_int;
            conn.register_domain_lifecycle(domain_listener(conn, cb, id))
        })
    })
}

/// Ends a registration that virConnectDomainEventRegister() made.
///
/// @conn: the connection
/// @cb: the function that was registered
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectDomainEventDeregister(
    conn: virConnectPtr,
    cb: virConnectDomainEventCallback,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        let (function, _) = callback(cb, std::ptr::null_mut(), None, "cb")?.parts();
        conn.deregister_domain_lifecycle(function_address(function))
    })
}

/// Registers a function for one kind of event, of one domain or of all. It runs from the event loop, which must have
/// been registered before the connection was opened, with a domain that is valid during the call.
///
/// @conn: the connection
/// @dom: the domain, NULL for all
/// @eventID: the kind, a virDomainEventID
/// @cb: the function; its type depends on the kind, VIR_DOMAIN_EVENT_CALLBACK() casts it
/// @opaque: what it is called with
/// @freecb: (optional) frees @opaque once the registration has ended; may be NULL
///
/// Returns an id for virConnectDomainEventDeregisterAny(), or -1 on failure; @opaque then stays with the caller.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectDomainEventRegisterAny(
    conn: virConnectPtr,
    dom: virDomainPtr,
    eventID: c_int,
    cb: virConnectDomainEventGenericCallback,
    opaque: *mut c_void,
    freecb: virFreeCallback,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        let dom = opt_object(dom, "virConnectDomainEventRegisterAny")?;
        callback(cb, opaque, freecb, "cb")?.register(|cb| {
            conn.register_domain_event(dom.as_ref(), eventID, domain_listener(conn, cb, eventID))
        })
    })
}

/// Ends a registration that virConnectDomainEventRegisterAny() made.
///
/// @conn: the connection
/// @callbackID: the id that the registration got
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectDomainEventDeregisterAny(conn: virConnectPtr, callbackID: c_int) -> c_int {
    inspect(conn, |conn: &Connection| conn.deregister_event(callbackID))
}
