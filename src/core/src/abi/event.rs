//! `libvirt-event.h`: what a program's event loop gives to the library.

use std::ffi::{c_int, c_void};

use crate::abi::virFreeCallback;

/// Watches a descriptor and returns the watch's number, or -1; `ff` frees `opaque` in the end. Since 0.5.0.
pub type virEventAddHandleFunc = Option<
    unsafe extern "C" fn(
        fd: c_int,
        event: c_int,
        cb: virEventHandleCallback,
        opaque: *mut c_void,
        ff: virFreeCallback,
    ) -> c_int,
>;

/// Starts a timer and returns its number, or -1; `timeout` in milliseconds, -1 for a stopped one. Since 0.5.0.
pub type virEventAddTimeoutFunc = Option<
    unsafe extern "C" fn(
        timeout: c_int,
        cb: virEventTimeoutCallback,
        opaque: *mut c_void,
        ff: virFreeCallback,
    ) -> c_int,
>;

/// A watched descriptor is ready; `events` are bits of `virEventHandleType`. Since 0.5.0.
pub type virEventHandleCallback =
    Option<unsafe extern "C" fn(watch: c_int, fd: c_int, events: c_int, opaque: *mut c_void)>;

/// Stops a watch; 0, or -1 if there is none. Since 0.5.0.
pub type virEventRemoveHandleFunc = Option<unsafe extern "C" fn(watch: c_int) -> c_int>;

/// Removes a timer; 0, or -1 if there is none. Since 0.5.0.
pub type virEventRemoveTimeoutFunc = Option<unsafe extern "C" fn(timer: c_int) -> c_int>;

/// A timer ran out. Since 0.5.0.
pub type virEventTimeoutCallback = Option<unsafe extern "C" fn(timer: c_int, opaque: *mut c_void)>;

/// Changes what a watch waits for. Since 0.5.0.
pub type virEventUpdateHandleFunc = Option<unsafe extern "C" fn(watch: c_int, event: c_int)>;

/// Changes a timer's interval, in milliseconds, -1 to stop it. Since 0.5.0.
pub type virEventUpdateTimeoutFunc = Option<unsafe extern "C" fn(timer: c_int, timeout: c_int)>;

c_enum! {
    /// What a watched descriptor is ready for. Since 0.5.0.
    pub enum virEventHandleType: u32 {
        /// Reading does not block. Since 0.5.0.
        VIR_EVENT_HANDLE_READABLE = 1 << 0,
        /// Writing does not block. Since 0.5.0.
        VIR_EVENT_HANDLE_WRITABLE = 1 << 1,
        /// It has an error. Since 0.5.0.
        VIR_EVENT_HANDLE_ERROR = 1 << 2,
        /// The other end is gone. Since 0.5.0.
        VIR_EVENT_HANDLE_HANGUP = 1 << 3,
    }
}
