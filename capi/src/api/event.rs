//! `libvirt-event.h`: the event loop from which all callbacks are called.

use crate::ffi::event_loop::{self, ApplicationLoop};
use crate::ffi::global;
use ferrovirt::event_loop::{register_default, run_default};
use ferrovirt_core::abi::{
    virEventAddHandleFunc, virEventAddTimeoutFunc, virEventHandleCallback, virEventRemoveHandleFunc,
    virEventRemoveTimeoutFunc, virEventTimeoutCallback, virEventUpdateHandleFunc, virEventUpdateTimeoutFunc,
    virFreeCallback,
};
use std::ffi::{c_int, c_void};

/// Registers the program's own event loop. The first registration stays; call it before opening a connection.
///
/// @addHandle: watches a descriptor
/// @updateHandle: changes what is watched for
/// @removeHandle: ends a watch
/// @addTimeout: adds a timer
/// @updateTimeout: changes a timer
/// @removeTimeout: removes a timer
///
/// The functions may be called from any thread. Neither they nor what frees a callback's argument may call the
/// callbacks: these run from the loop only.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virEventRegisterImpl(
    addHandle: virEventAddHandleFunc,
    updateHandle: virEventUpdateHandleFunc,
    removeHandle: virEventRemoveHandleFunc,
    addTimeout: virEventAddTimeoutFunc,
    updateTimeout: virEventUpdateTimeoutFunc,
    removeTimeout: virEventRemoveTimeoutFunc,
) {
    event_loop::register_application_loop(ApplicationLoop {
        add_handle: addHandle,
        update_handle: updateHandle,
        remove_handle: removeHandle,
        add_timeout: addTimeout,
        update_timeout: updateTimeout,
        remove_timeout: removeTimeout,
    });
}

/// Registers the library's own event loop, for programs that have none; they turn it with virEventRunDefaultImpl().
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.0
#[unsafe(no_mangle)]
pub extern "C" fn virEventRegisterDefaultImpl() -> c_int {
    global(register_default)
}

/// Turns the library's own event loop once: waits until something is due, and calls what is.
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.0
#[unsafe(no_mangle)]
pub extern "C" fn virEventRunDefaultImpl() -> c_int {
    global(run_default)
}

/// Watches a descriptor on the registered event loop.
///
/// @fd: the descriptor
/// @events: what to watch for, virEventHandleType bits
/// @cb: called when it happens
/// @opaque: passed to @cb
/// @ff: frees @opaque once the watch is gone; may be NULL
///
/// Returns the number of the watch, or -1 if there is no event loop or it refused.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virEventAddHandle(
    fd: c_int,
    events: c_int,
    cb: virEventHandleCallback,
    opaque: *mut c_void,
    ff: virFreeCallback,
) -> c_int {
    event_loop::add_handle(fd, events, cb, opaque, ff)
}

/// Changes what a watched descriptor is watched for.
///
/// @watch: the number of the watch
/// @events: virEventHandleType bits; 0 to pause
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virEventUpdateHandle(watch: c_int, events: c_int) {
    event_loop::update_handle(watch, events);
}

/// Ends a watch.
///
/// @watch: the number of the watch
///
/// Returns 0, or -1 if there is no such watch.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virEventRemoveHandle(watch: c_int) -> c_int {
    event_loop::remove_handle(watch)
}

/// Adds a timer to the registered event loop.
///
/// @timeout: its period in milliseconds; 0 for every turn of the loop, -1 for a stopped timer
/// @cb: called each time
/// @opaque: passed to @cb
/// @ff: frees @opaque once the timer is gone; may be NULL
///
/// Returns the number of the timer, or -1 if there is no event loop or it refused.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virEventAddTimeout(
    timeout: c_int,
    cb: virEventTimeoutCallback,
    opaque: *mut c_void,
    ff: virFreeCallback,
) -> c_int {
    event_loop::add_timeout(timeout, cb, opaque, ff)
}

/// Changes a timer.
///
/// @timer: the number of the timer
/// @timeout: its new period in milliseconds; 0 for every turn of the loop, -1 to stop it
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virEventUpdateTimeout(timer: c_int, timeout: c_int) {
    event_loop::update_timeout(timer, timeout);
}

/// Removes a timer.
///
/// @timer: the number of the timer
///
/// Returns 0, or -1 if there is no such timer.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virEventRemoveTimeout(timer: c_int) -> c_int {
    event_loop::remove_timeout(timer)
}
