//! Handles beside the first argument of a call: passed in, handed out without a count, listed.

use super::handle::Handle;
use super::returns::{CReturn, HandleList};
use ferrovirt::Result;
use std::ffi::c_int;
use std::ptr;

/// A second handle that must be there; `function` is the entry point that got it.
pub fn object<H: Handle>(pointer: *mut H::C, function: &str) -> Result<H> {
    H::checked(pointer, function)
}

/// A second handle that may be NULL.
pub fn opt_object<H: Handle>(pointer: *mut H::C, function: &str) -> Result<Option<H>> {
    if pointer.is_null() { Ok(None) } else { object(pointer, function).map(Some) }
}

/// The handle of a parent, which the child keeps alive: the caller gets no count of it and frees nothing.
pub struct Borrowed<H>(pub H);

impl<H: Handle> CReturn for Borrowed<H> {
    type Raw = *mut H::C;
    const FAILED: *mut H::C = ptr::null_mut();
    fn into_raw(self) -> *mut H::C {
        self.0.address() as *mut H::C
    }
}

/// Stores a list where the caller wants it (NULL: only the count is wanted); the count comes back.
/// The place holds NULL where the list can't be had, so that the caller may free it all the same.
pub fn list<H: Handle>(
    place: *mut *mut *mut H::C,
    objects: impl FnOnce() -> Result<Vec<H>>,
) -> Result<c_int> {
    if !place.is_null() {
        // SAFETY: not NULL (checked above), and the API promises room for one pointer.
        unsafe { place.write(ptr::null_mut()) };
    }
    Ok(HandleList(objects()?).store(place))
}

/// How many there are.
impl CReturn for usize {
    type Raw = c_int;
    const FAILED: c_int = -1;
    fn into_raw(self) -> c_int {
        c_int::try_from(self).expect("what is counted fits a C int")
    }
}
