//! C callbacks for events: what every family of objects does when a program registers one.

use super::callback::Callback;
use ferrovirt::event::Event;
use ferrovirt::{Connection, Listener};
use std::ffi::c_void;
use std::sync::Arc;

/// Makes a listener of a C function. `deliver` turns an event into the call; it runs from the event loop.
///
/// Until the registration ends the listener keeps a count of the connection, as libvirt does. It is made inside
/// [`Callback::register`], so that `opaque` stays with the caller where the registration fails:
/// `callback(cb, opaque, freecb, "cb")?.register(|cb| conn.register_...(event_listener(conn, cb, deliver)))`.
pub fn event_listener<F: Copy + Send + Sync + 'static>(
    connection: &Connection,
    callback: Callback<F>,
    deliver: impl Fn(F, *mut c_void, &Connection, &Event) + Send + Sync + 'static,
) -> Listener {
    let function = function_address(callback.parts().0);
    let held = callback.holding(connection);
    let callback = move |connection: &Connection, event: &Event| {
        let (function, opaque) = held.parts();
        deliver(function, opaque, connection, event);
    };
    Listener { callback: Arc::new(callback), function: Some(function) }
}

/// The address that tells a C function from others.
pub fn function_address<F: Copy>(function: F) -> usize {
    const { assert!(size_of::<F>() == size_of::<usize>(), "F must be a function pointer") };
    // SAFETY: a function pointer has the size of an address (checked above), and every bit of it is set.
    unsafe { std::mem::transmute_copy(&function) }
}
