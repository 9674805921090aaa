//! The pointer rules for arguments: strings, out parameters, arrays.
//!
//! These functions trust what libvirt's API demands of its callers: a pointer is NULL or points to what the
//! prototype says, for as long as the call lasts.

use ferrovirt::{Error, Result};
use std::ffi::{CStr, c_char};
use uuid::Uuid;

/// A string that must be there.
pub fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    opt_text(pointer, name)?.ok_or_else(|| missing(name))
}

/// A string that may be NULL.
pub fn opt_text<'a>(pointer: *const c_char, name: &str) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL (checked above), and the API promises a NUL-terminated string that stays alive for the call.
    let text = unsafe { CStr::from_ptr(pointer) };
    let text = text.to_str().map_err(|_| Error::invalid_arg(format!("{name} must be UTF-8 text")))?;
    Ok(Some(text))
}

/// A place for a result, not NULL.
pub struct Out<T>(*mut T);

/// A place for a result that must be there.
pub fn out<T>(pointer: *mut T, name: &str) -> Result<Out<T>> {
    if pointer.is_null() { Err(missing(name)) } else { Ok(Out(pointer)) }
}

impl<T> Out<T> {
    pub fn set(&self, value: T) {
        // SAFETY: not NULL (checked by `out`), and the API promises room for one value of this type, perhaps
        // uninitialised: `write` drops nothing.
        unsafe { self.0.write(value) }
    }
}

/// A byte array of known length that must be there.
pub fn bytes<'a>(pointer: *const u8, length: usize, name: &str) -> Result<&'a [u8]> {
    if pointer.is_null() {
        return Err(missing(name));
    }
    // SAFETY: not NULL (checked above), and the API promises `length` readable bytes that stay for the call.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// A raw UUID: 16 bytes.
pub fn uuid_bytes(pointer: *const u8, name: &str) -> Result<Uuid> {
    let raw = bytes(pointer, 16, name)?;
    Uuid::from_slice(raw).map_err(|err| Error::invalid_arg(format!("{name}: {err}")))
}

/// Refuses lengths of arrays that nobody can mean: reading so far would end outside of the array.
pub fn bounded(length: usize, name: &str) -> Result<()> {
    const MOST: usize = 1 << 16;
    if length > MOST {
        return Err(Error::invalid_arg(format!("{name} can't have {length} elements, {MOST} are the most")));
    }
    Ok(())
}

fn missing(name: &str) -> Error {
    Error::invalid_arg(format!("{name} must not be NULL"))
}

/// Stores a result in a place that must be there, which is looked at first.
pub fn store<T>(pointer: *mut T, name: &str, value: impl FnOnce() -> Result<T>) -> Result<()> {
    let place = out(pointer, name)?;
    place.set(value()?);
    Ok(())
}
