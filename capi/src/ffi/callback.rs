//! The application's callbacks: a function, the `opaque` pointer it is given, and what frees that in the end.

use super::call_out::call_out;
use super::handle::{Handle, Retained};
use ferrovirt::{Connection, Error, Result};
use ferrovirt_core::abi::virFreeCallback;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A callback of type `F` (`unsafe extern "C" fn(...)`), shared by whoever may call it.
///
/// When the last clone is gone, the free function runs on `opaque`: but only once the registration has succeeded,
/// because libvirt leaves `opaque` to the caller where it reports a failure. [`register`](Self::register) sees to it.
pub struct Callback<F>(Arc<Inner<F>>);

struct Inner<F> {
    function: F,
    opaque: *mut c_void,
    free: virFreeCallback,
    registered: AtomicBool,
}

// SAFETY: the pointer is never dereferenced here, only handed back to the application, which promises with the
// registration that its functions may be called from whichever thread runs its event loop.
unsafe impl<F: Send> Send for Inner<F> {}
// SAFETY: as above; the only thing that changes is atomic.
unsafe impl<F: Sync> Sync for Inner<F> {}

/// Checks and wraps a callback argument. `F` is what the C type's `Option` holds.
pub fn callback<F: Copy>(
    function: Option<F>,
    opaque: *mut c_void,
    free: virFreeCallback,
    name: &str,
) -> Result<Callback<F>> {
    let function = function.ok_or_else(|| Error::invalid_arg(format!("{name} must not be NULL")))?;
    Ok(Callback(Arc::new(Inner { function, opaque, free, registered: AtomicBool::new(false) })))
}

impl<F: Copy> Callback<F> {
    /// The function and its `opaque` argument. Calling the function is the caller's `unsafe`.
    pub fn parts(&self) -> (F, *mut c_void) {
        (self.0.function, self.0.opaque)
    }

    /// Hands the callback to `register`; from its success on, `opaque` is freed with the last clone.
    pub fn register<T>(self, register: impl FnOnce(Self) -> Result<T>) -> Result<T> {
        let registered = register(self.clone())?;
        self.0.registered.store(true, Ordering::Release);
        Ok(registered)
    }

    /// The callback with a count of the connection: what a registered callback holds until it is gone.
    pub fn holding<H: Handle>(self, connection: &H) -> HoldingCallback<F, H> {
        HoldingCallback { callback: self, _connection: Retained::new(connection) }
    }
}

impl<F> Clone for Callback<F> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<F> Drop for Inner<F> {
    fn drop(&mut self) {
        if let Some(free) = self.free
            && *self.registered.get_mut()
        {
            // SAFETY: the application gave this function for exactly this pointer, and it runs once.
            call_out(|| unsafe { free(self.opaque) });
        }
    }
}

/// A callback that keeps `virConnectClose` from closing its connection, as every registered one does in libvirt.
pub struct HoldingCallback<F, H: Handle = Connection> {
    callback: Callback<F>,
    _connection: Retained<H>,
}

impl<F: Copy, H: Handle> HoldingCallback<F, H> {
    pub fn parts(&self) -> (F, *mut c_void) {
        self.callback.parts()
    }
}

/// Lends `object` to C as a handle for the length of a callback.
pub fn lend<H: Handle, R>(object: &H, call: impl FnOnce(*mut H::C) -> R) -> R {
    let retained = Retained::new(object);
    call(retained.pointer())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    unsafe extern "C" fn count(opaque: *mut c_void) {
        // SAFETY: the tests pass a counter that outlives the callback.
        unsafe { &*opaque.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
    }

    fn sample(freed: &AtomicUsize) -> Callback<fn()> {
        let opaque = std::ptr::from_ref(freed).cast_mut().cast();
        callback(Some((|| ()) as fn()), opaque, Some(count), "cb").unwrap()
    }

    #[test]
    fn opaque_is_freed_once_after_the_last_clone() {
        let freed = AtomicUsize::new(0);
        let kept = sample(&freed).register(Ok).unwrap();
        assert_eq!(freed.load(Ordering::SeqCst), 0);
        drop(kept);
        assert_eq!(freed.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn opaque_stays_with_the_caller_when_registering_fails() {
        let freed = AtomicUsize::new(0);
        let failed: Result<()> = sample(&freed).register(|_| Err(Error::internal("no")));
        assert!(failed.is_err());
        assert_eq!(freed.load(Ordering::SeqCst), 0);
    }
}
