//! The application's event loop, six C functions, as the loop that everything uses; and the other way round, its
//! callbacks on whichever loop is registered.

use super::call_out::call_out;
use super::callback::callback;
use ferrovirt::event_loop::{self, EventLoop, HandleCallback, TimeoutCallback};
use ferrovirt::{Error, Result};
use ferrovirt_core::abi::{
    virEventAddHandleFunc, virEventAddTimeoutFunc, virEventHandleCallback, virEventRemoveHandleFunc,
    virEventRemoveTimeoutFunc, virEventTimeoutCallback, virEventUpdateHandleFunc, virEventUpdateTimeoutFunc,
    virFreeCallback,
};
use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// The functions of `virEventRegisterImpl`. The application promises that they may be called from any thread.
#[derive(Clone, Copy)]
pub struct ApplicationLoop {
    pub add_handle: virEventAddHandleFunc,
    pub update_handle: virEventUpdateHandleFunc,
    pub remove_handle: virEventRemoveHandleFunc,
    pub add_timeout: virEventAddTimeoutFunc,
    pub update_timeout: virEventUpdateTimeoutFunc,
    pub remove_timeout: virEventRemoveTimeoutFunc,
}

static APPLICATION: OnceLock<ApplicationLoop> = OnceLock::new();

/// Registers the application's loop, unless there is a loop already or all six functions are missing.
pub fn register_application_loop(functions: ApplicationLoop) {
    if functions.is_empty() || event_loop::current().is_some() {
        return;
    }
    if APPLICATION.set(functions).is_ok() {
        event_loop::register(Arc::new(functions));
    }
}

impl ApplicationLoop {
    fn is_empty(&self) -> bool {
        self.add_handle.is_none()
            && self.update_handle.is_none()
            && self.remove_handle.is_none()
            && self.add_timeout.is_none()
            && self.update_timeout.is_none()
            && self.remove_timeout.is_none()
    }
}

/// Watches a descriptor on the registered loop; -1 where there is none.
pub fn add_handle(
    fd: c_int,
    events: c_int,
    cb: virEventHandleCallback,
    opaque: *mut c_void,
    ff: virFreeCallback,
) -> c_int {
    if let Some(functions) = APPLICATION.get() {
        // The application's own callback goes to its own loop as it is.
        // SAFETY: registered by the application with this signature.
        return functions
            .add_handle
            .map_or(-1, |add| call_out(|| unsafe { add(fd, events, cb, opaque, ff) }));
    }
    let Some(event_loop) = event_loop::current() else { return -1 };
    let added = callback(cb, opaque, ff, "cb").and_then(|callback| {
        callback.register(|callback| {
            let call = move |watch, fd, events| {
                let (function, opaque) = callback.parts();
                // SAFETY: the application gave this function for this argument, which is freed with `callback`.
                call_out(|| unsafe { function(watch, fd, events, opaque) });
            };
            event_loop.add_handle(fd, events, Box::new(call))
        })
    });
    added.unwrap_or(-1)
}

pub fn update_handle(watch: c_int, events: c_int) {
    if let Some(event_loop) = event_loop::current() {
        event_loop.update_handle(watch, events);
    }
}

pub fn remove_handle(watch: c_int) -> c_int {
    event_loop::current().and_then(|event_loop| event_loop.remove_handle(watch).ok()).map_or(-1, |()| 0)
}

/// Adds a timer to the registered loop; -1 where there is none.
pub fn add_timeout(
    milliseconds: c_int,
    cb: virEventTimeoutCallback,
    opaque: *mut c_void,
    ff: virFreeCallback,
) -> c_int {
    if let Some(functions) = APPLICATION.get() {
        // SAFETY: registered by the application with this signature.
        return functions
            .add_timeout
            .map_or(-1, |add| call_out(|| unsafe { add(milliseconds, cb, opaque, ff) }));
    }
    let Some(event_loop) = event_loop::current() else { return -1 };
    let added = callback(cb, opaque, ff, "cb").and_then(|callback| {
        callback.register(|callback| {
            let call = move |timer| {
                let (function, opaque) = callback.parts();
                // SAFETY: the application gave this function for this argument, which is freed with `callback`.
                call_out(|| unsafe { function(timer, opaque) });
            };
            event_loop.add_timeout(milliseconds, Box::new(call))
        })
    });
    added.unwrap_or(-1)
}

pub fn update_timeout(timer: c_int, milliseconds: c_int) {
    if let Some(event_loop) = event_loop::current() {
        event_loop.update_timeout(timer, milliseconds);
    }
}

pub fn remove_timeout(timer: c_int) -> c_int {
    event_loop::current().and_then(|event_loop| event_loop.remove_timeout(timer).ok()).map_or(-1, |()| 0)
}

/// Called by the application's loop; `opaque` is a boxed callback of ours.
unsafe extern "C" fn call_handle(watch: c_int, fd: c_int, events: c_int, opaque: *mut c_void) {
    // SAFETY: the loop hands back what `add_handle` gave it, before it frees it.
    let callback = unsafe { &*opaque.cast::<HandleCallback>() };
    guarded(|| callback(watch, fd, events));
}

unsafe extern "C" fn free_handle(opaque: *mut c_void) {
    // SAFETY: a box that `add_handle` leaked; the loop frees it once.
    let callback = unsafe { Box::from_raw(opaque.cast::<HandleCallback>()) };
    guarded(|| drop(callback));
}

unsafe extern "C" fn call_timeout(timer: c_int, opaque: *mut c_void) {
    // SAFETY: the loop hands back what `add_timeout` gave it, before it frees it.
    let callback = unsafe { &*opaque.cast::<TimeoutCallback>() };
    guarded(|| callback(timer));
}

unsafe extern "C" fn free_timeout(opaque: *mut c_void) {
    // SAFETY: a box that `add_timeout` leaked; the loop frees it once.
    let callback = unsafe { Box::from_raw(opaque.cast::<TimeoutCallback>()) };
    guarded(|| drop(callback));
}

/// No panic leaves for the application's loop.
fn guarded(call: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(call)) {
        tracing::error!(error = %Error::from_panic(&*payload), "a callback failed");
    }
}

impl EventLoop for ApplicationLoop {
    fn add_handle(&self, fd: RawFd, events: i32, callback: HandleCallback) -> Result<i32> {
        let add = self.add_handle.ok_or_else(|| missing("addHandle"))?;
        let opaque = Box::into_raw(Box::new(callback));
        // SAFETY: registered by the application with this signature; `opaque` is what the two functions expect.
        let watch =
            call_out(|| unsafe { add(fd, events, Some(call_handle), opaque.cast(), Some(free_handle)) });
        if watch < 0 {
            // SAFETY: a loop that refuses does not free.
            drop(unsafe { Box::from_raw(opaque) });
            return Err(Error::internal(format!("the event loop refused to watch descriptor {fd}")));
        }
        Ok(watch)
    }

    fn update_handle(&self, watch: i32, events: i32) {
        if let Some(update) = self.update_handle {
            // SAFETY: registered by the application with this signature.
            call_out(|| unsafe { update(watch, events) });
        }
    }

    fn remove_handle(&self, watch: i32) -> Result<()> {
        let remove = self.remove_handle.ok_or_else(|| missing("removeHandle"))?;
        // SAFETY: registered by the application with this signature.
        match call_out(|| unsafe { remove(watch) }) {
            0.. => Ok(()),
            _ => Err(Error::internal(format!("the event loop could not remove watch {watch}"))),
        }
    }

    fn add_timeout(&self, milliseconds: i32, callback: TimeoutCallback) -> Result<i32> {
        let add = self.add_timeout.ok_or_else(|| missing("addTimeout"))?;
        let opaque = Box::into_raw(Box::new(callback));
        // SAFETY: registered by the application with this signature; `opaque` is what the two functions expect.
        let timer =
            call_out(|| unsafe { add(milliseconds, Some(call_timeout), opaque.cast(), Some(free_timeout)) });
        if timer < 0 {
            // SAFETY: a loop that refuses does not free.
            drop(unsafe { Box::from_raw(opaque) });
            return Err(Error::internal("the event loop refused a timer"));
        }
        Ok(timer)
    }

    fn update_timeout(&self, timer: i32, milliseconds: i32) {
        if let Some(update) = self.update_timeout {
            // SAFETY: registered by the application with this signature.
            call_out(|| unsafe { update(timer, milliseconds) });
        }
    }

    fn remove_timeout(&self, timer: i32) -> Result<()> {
        let remove = self.remove_timeout.ok_or_else(|| missing("removeTimeout"))?;
        // SAFETY: registered by the application with this signature.
        match call_out(|| unsafe { remove(timer) }) {
            0.. => Ok(()),
            _ => Err(Error::internal(format!("the event loop could not remove timer {timer}"))),
        }
    }
}

fn missing(function: &str) -> Error {
    Error::config_unsupported(format!("virEventRegisterImpl was called without {function}"))
}
