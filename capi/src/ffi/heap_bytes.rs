//! Bytes that the caller gets in C's heap, with their number.

use super::args::Out;
use super::returns::CReturn;
use std::ffi::c_uchar;
use std::ptr;

/// A copy in C's heap that the caller frees with `free()`.
pub struct HeapBytes(*mut c_uchar);

impl HeapBytes {
    /// Copies the bytes and tells their number.
    pub fn new(bytes: &[u8], length: &Out<usize>) -> Self {
        // SAFETY: `malloc` returns NULL or room for the bytes; at least one, so that NULL means failure only.
        let copy = unsafe { libc::malloc(bytes.len().max(1)) }.cast::<c_uchar>();
        assert!(!copy.is_null(), "out of memory for {} bytes", bytes.len());
        // SAFETY: both are valid for that many bytes, and fresh room does not overlap the slice.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len()) };
        length.set(bytes.len());
        Self(copy)
    }
}

impl CReturn for HeapBytes {
    type Raw = *mut c_uchar;
    const FAILED: *mut c_uchar = ptr::null_mut();
    fn into_raw(self) -> *mut c_uchar {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::out;

    #[test]
    fn nothing_is_still_no_null() {
        let mut length = 9;
        let pointer = HeapBytes::new(b"", &out(&mut length, "length").unwrap()).into_raw();
        assert!(!pointer.is_null());
        assert_eq!(length, 0);
        // SAFETY: from `malloc`, freed once.
        unsafe { libc::free(pointer.cast()) };
    }
}
