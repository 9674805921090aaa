//! How results leave for C: the return conventions of libvirt, once.

use super::handle::{Handle, KeptText, retain, retain_all};
use std::ffi::{c_char, c_int, c_longlong, c_ulong};
use std::ptr;

/// A result that has a C form, and a C value that means failure.
pub trait CReturn {
    type Raw;
    const FAILED: Self::Raw;
    fn into_raw(self) -> Self::Raw;
}

impl CReturn for () {
    type Raw = c_int;
    const FAILED: c_int = -1;
    fn into_raw(self) -> c_int {
        0
    }
}

impl CReturn for bool {
    type Raw = c_int;
    const FAILED: c_int = -1;
    fn into_raw(self) -> c_int {
        self.into()
    }
}

impl CReturn for c_int {
    type Raw = c_int;
    const FAILED: c_int = -1;
    fn into_raw(self) -> c_int {
        self
    }
}

/// A string that the caller frees with `free()`.
impl CReturn for String {
    type Raw = *mut c_char;
    const FAILED: *mut c_char = ptr::null_mut();
    fn into_raw(self) -> *mut c_char {
        malloc_string(&self)
    }
}

/// An object that the caller drops with its `vir...Free()`.
impl<H: Handle> CReturn for H {
    type Raw = *mut H::C;
    const FAILED: *mut H::C = ptr::null_mut();
    fn into_raw(self) -> *mut H::C {
        retain(&self)
    }
}

/// A NUL-terminated copy in C's heap. A NUL inside cuts it short, as it would in C.
pub fn malloc_string(text: &str) -> *mut c_char {
    // SAFETY: looks at the text only, as far as a NUL.
    let length = unsafe { libc::strnlen(text.as_ptr().cast(), text.len()) };
    // SAFETY: `malloc` returns NULL or room for the text and its end.
    let copy = unsafe { libc::malloc(length + 1) }.cast::<u8>();
    assert!(!copy.is_null(), "out of memory for a text of {length} bytes");
    // SAFETY: as long as both are; fresh room does not overlap the text.
    unsafe {
        copy.copy_from_nonoverlapping(text.as_ptr(), length);
        copy.add(length).write(0);
    }
    copy.cast()
}

/// A NULL-terminated array of handles in C's heap, as `virConnectListAll...` hands them out.
pub struct HandleList<H>(pub Vec<H>);

impl<H: Handle> HandleList<H> {
    /// Stores the array where the caller wants it (NULL: only the count is wanted); the count comes back.
    pub fn store(self, place: *mut *mut *mut H::C) -> c_int {
        let count = self.0.len();
        if !place.is_null() {
            // SAFETY: `calloc` returns NULL or zeroed room for the handles and the final NULL.
            let array = unsafe { libc::calloc(count + 1, size_of::<*mut H::C>()) }.cast::<*mut H::C>();
            assert!(!array.is_null(), "out of memory for a list of {count} handles");
            let mut places = 0..count;
            retain_all(&self.0, |pointer| {
                let index = places.next().expect("a pointer an object");
                // SAFETY: `index` is below the `count + 1` places that were allocated.
                unsafe { array.add(index).write(pointer) };
            });
            // SAFETY: not NULL (checked above), and the API promises room for one pointer.
            unsafe { place.write(array) };
        }
        c_int::try_from(count).expect("a list of handles fits a C int")
    }
}

/// A string that lives as long as the handle it came from.
impl CReturn for KeptText {
    type Raw = *const c_char;
    const FAILED: *const c_char = ptr::null();
    fn into_raw(self) -> *const c_char {
        self.0
    }
}

/// A string that the caller frees, or NULL without an error.
impl CReturn for Option<String> {
    type Raw = *mut c_char;
    const FAILED: *mut c_char = ptr::null_mut();
    fn into_raw(self) -> *mut c_char {
        self.as_deref().map_or(ptr::null_mut(), malloc_string)
    }
}

macro_rules! number_return {
    ($($number:ty => $failed:expr),*) => {$(
        impl CReturn for $number {
            type Raw = $number;
            const FAILED: $number = $failed;
            fn into_raw(self) -> $number {
                self
            }
        }
    )*};
}
// Unsigned results mean failure by 0, as virNodeGetFreeMemory and virDomainGetMaxMemory do; signed ones by -1.
number_return!(c_ulong => 0, c_longlong => -1);
