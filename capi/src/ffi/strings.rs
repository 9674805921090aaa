//! Strings in numbers: lists that come in, lists that go out, and the caller's own arrays to be filled.

use super::args::{bounded, text};
use super::returns::malloc_string;
use ferrovirt::{Error, Result};
use std::ffi::{c_char, c_int, c_uint};
use std::ptr;

/// A list of strings of known length; NULL only where the length is 0, and no string may be NULL.
pub fn text_list<'a>(pointer: *const *const c_char, length: usize, name: &str) -> Result<Vec<&'a str>> {
    if pointer.is_null() && length > 0 {
        return Err(Error::invalid_arg(format!("{name} must not be NULL for {length} strings")));
    }
    bounded(length, name)?;
    // SAFETY: not NULL where `index < length`, and the API promises that many readable pointers.
    (0..length).map(|index| text(unsafe { *pointer.add(index) }, name)).collect()
}

/// The same where the list itself must be there, however short it is.
pub fn text_list_required<'a>(
    pointer: *mut *const c_char,
    length: c_uint,
    name: &str,
) -> Result<Vec<&'a str>> {
    if pointer.is_null() {
        return Err(Error::invalid_arg(format!("{name} must not be NULL")));
    }
    text_list(pointer, length as usize, name)
}

/// Stores a list where the caller wants it (NULL: only the count is wanted); the count comes back.
/// The place holds NULL where the list can't be had, so that the caller may free it all the same.
pub fn text_list_out(
    place: *mut *mut *mut c_char,
    texts: impl FnOnce() -> Result<Vec<String>>,
) -> Result<c_int> {
    if !place.is_null() {
        // SAFETY: not NULL (checked above), and the API promises room for one pointer.
        unsafe { place.write(ptr::null_mut()) };
    }
    Ok(TextList(texts()?).store(place))
}

/// A NULL-terminated array of strings in C's heap.
pub struct TextList(pub Vec<String>);

impl TextList {
    /// Stores the array where the caller wants it (NULL: only the count is wanted); the count comes back.
    pub fn store(self, place: *mut *mut *mut c_char) -> c_int {
        let count = c_int::try_from(self.0.len()).expect("a list of strings fits a C int");
        if !place.is_null() {
            let array = self.into_array();
            // SAFETY: not NULL (checked above), and the API promises room for one pointer.
            unsafe { place.write(array) };
        }
        count
    }

    /// The array itself; the caller frees each string and the array.
    pub fn into_array(self) -> *mut *mut c_char {
        let count = self.0.len();
        // SAFETY: `calloc` returns NULL or zeroed room for the strings and the final NULL.
        let array = unsafe { libc::calloc(count + 1, size_of::<*mut c_char>()) }.cast::<*mut c_char>();
        assert!(!array.is_null(), "out of memory for a list of {count} strings");
        for (index, text) in self.0.iter().enumerate() {
            // SAFETY: `index` is below the `count + 1` places that were allocated.
            unsafe { array.add(index).write(malloc_string(text)) };
        }
        array
    }
}

/// An array of the caller's, to be filled as far as it reaches (`virConnectListDomains`, `virConnectListNetworks`).
pub struct Room<T> {
    start: *mut T,
    places: usize,
}

/// Checks an array to be filled: its size is not negative, and it may be NULL only for size 0.
pub fn room<T>(start: *mut T, places: c_int, name: &str) -> Result<Room<T>> {
    let places = usize::try_from(places).map_err(|_| {
        Error::invalid_arg(format!("the size of {name} must not be negative, but is {places}"))
    })?;
    if start.is_null() && places > 0 {
        return Err(Error::invalid_arg(format!("{name} must not be NULL when it has {places} places")));
    }
    Ok(Room { start, places })
}

impl<T> Room<T> {
    /// How many values it takes.
    pub fn places(&self) -> usize {
        self.places
    }

    /// Writes values until there are no more or there is no more room; how many were written comes back.
    pub fn fill(&self, values: impl IntoIterator<Item = T>) -> c_int {
        let mut written = 0;
        for (index, value) in values.into_iter().take(self.places).enumerate() {
            // SAFETY: `index` is below `places`, and the API promises room for so many.
            unsafe { self.start.add(index).write(value) };
            written = index + 1;
        }
        c_int::try_from(written).expect("not more than a C int counted")
    }
}

impl Room<*mut c_char> {
    /// Writes copies in C's heap, which the caller frees.
    pub fn fill_texts<S: AsRef<str>>(&self, texts: impl IntoIterator<Item = S>) -> c_int {
        let texts: Vec<S> = texts.into_iter().take(self.places).collect();
        self.fill(texts.iter().map(|text| malloc_string(text.as_ref())))
    }
}

/// Copies `text` into a fixed buffer of a C structure, cut where it is too long, always with a final NUL.
pub fn copy_into(buffer: &mut [c_char], text: &str) {
    let Some(most) = buffer.len().checked_sub(1) else { return };
    let text = text.as_bytes();
    let length = text.iter().take(most).position(|byte| *byte == 0).unwrap_or(text.len().min(most));
    let (start, rest) = buffer.split_at_mut(length);
    for (place, byte) in start.iter_mut().zip(text) {
        *place = *byte as c_char;
    }
    rest.fill(0);
}

/// A copy in C's heap, or NULL.
pub fn malloc_opt_string(text: Option<&str>) -> *mut c_char {
    text.map_or(ptr::null_mut(), malloc_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn a_list_goes_out_and_comes_back() {
        let mut array: *mut *mut c_char = ptr::null_mut();
        let count = TextList(vec!["a".into(), "bc".into()]).store(&mut array);
        assert_eq!(count, 2);
        let list = text_list(array.cast_const().cast(), 2, "names").unwrap();
        assert_eq!(list, ["a", "bc"]);
        assert_eq!(TextList(vec!["a".into()]).store(ptr::null_mut()), 1);
        for index in 0..=2 {
            // SAFETY: three places were allocated, the last holds NULL.
            unsafe { libc::free((*array.add(index)).cast()) };
        }
        // SAFETY: from `calloc`, freed once.
        unsafe { libc::free(array.cast()) };
    }

    #[test]
    fn room_is_filled_no_further_than_it_reaches() {
        let mut ids = [0; 3];
        assert_eq!(room(ids.as_mut_ptr(), 2, "ids").unwrap().fill([7, 8, 9]), 2);
        assert_eq!(ids, [7, 8, 0]);
        assert!(room::<i32>(ptr::null_mut(), 1, "ids").is_err());
        assert!(room(ids.as_mut_ptr(), -1, "ids").is_err());
        assert_eq!(room::<i32>(ptr::null_mut(), 0, "ids").unwrap().fill([1]), 0);
    }

    #[test]
    fn a_long_text_is_cut_in_a_fixed_buffer() {
        let mut buffer = [1 as c_char; 4];
        copy_into(&mut buffer, "abcdef");
        // SAFETY: `copy_into` ends with a NUL.
        assert_eq!(unsafe { CStr::from_ptr(buffer.as_ptr()) }.to_str().unwrap(), "abc");
    }
}
