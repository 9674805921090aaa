//! Arrays of file descriptors, in and out.

use super::args::{bounded, out};
use ferrovirt::{Error, Result};
use std::ffi::{c_int, c_uint};
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd};

/// Descriptors that the caller keeps, some at least; negative numbers are places without one, to be passed over.
pub fn some_files<'a>(start: *const c_int, count: c_uint, name: &str) -> Result<Vec<BorrowedFd<'a>>> {
    if count == 0 || start.is_null() {
        return Err(Error::invalid_arg(format!("{name} must hold at least one descriptor")));
    }
    bounded(count as usize, name)?;
    let usable = (0..count as usize).filter_map(|index| {
        // SAFETY: not NULL, `index < count`, and the API promises that many readable numbers.
        let fd = unsafe { *start.add(index) };
        // SAFETY: not negative, and the API promises that it stays open for the call.
        (fd >= 0).then(|| unsafe { BorrowedFd::borrow_raw(fd) })
    });
    Ok(usable.collect())
}

/// Leaves descriptors to the caller in an array in C's heap; how many there are comes back.
pub fn store_files(files: Vec<OwnedFd>, place: *mut *mut c_int) -> Result<c_int> {
    let place = out(place, "fdlist")?;
    let count = files.len();
    // SAFETY: `calloc` returns NULL or zeroed room for at least one number.
    let array = unsafe { libc::calloc(count.max(1), size_of::<c_int>()) }.cast::<c_int>();
    assert!(!array.is_null(), "out of memory for {count} descriptors");
    for (index, file) in files.into_iter().enumerate() {
        // SAFETY: `index` is below the `count` places that were allocated.
        unsafe { array.add(index).write(file.into_raw_fd()) };
    }
    place.set(array);
    Ok(c_int::try_from(count).expect("descriptors fit a C int"))
}

/// The same where the caller may not want them, which closes them, and has a place for the count.
pub fn store_wanted_files(files: Vec<OwnedFd>, place: *mut *mut c_int, count: *mut c_uint) -> Result<()> {
    if place.is_null() || count.is_null() {
        return Ok(());
    }
    let stored = store_files(files, place)?;
    out(count, "count")?.set(stored.unsigned_abs());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::{AsRawFd, FromRawFd};

    #[test]
    fn descriptors_leave_with_their_array() {
        let file: OwnedFd = std::fs::File::open("/dev/null").unwrap().into();
        let number = file.as_raw_fd();
        let (mut array, mut count) = (std::ptr::null_mut(), 0);
        store_wanted_files(vec![file], &mut array, &mut count).unwrap();
        // SAFETY: one number was stored; the descriptor is ours now, the array is freed once.
        unsafe {
            assert_eq!((*array, count), (number, 1));
            drop(OwnedFd::from_raw_fd(*array));
            libc::free(array.cast());
        }
    }

    #[test]
    fn places_without_a_descriptor_are_passed_over() {
        let list = [-1, 0, -1];
        assert_eq!(some_files(list.as_ptr(), 3, "fdlist").unwrap().len(), 1);
        assert!(some_files(list.as_ptr(), 0, "fdlist").is_err());
    }
}
