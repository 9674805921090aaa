//! Arguments and results of calls about a guest's keys, clock and display: small arrays, descriptors, times.

use super::args::out;
use super::returns::CReturn;
use super::strings::text_list;
use ferrovirt::driver::GuestTime;
use ferrovirt::{Error, ErrorCode, Result};
use std::ffi::{c_char, c_int, c_longlong, c_uint, c_ulong};
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd};

/// Numbers that must be there, at least one.
pub fn numbers<'a>(start: *const c_uint, count: c_int, name: &str) -> Result<&'a [c_uint]> {
    if start.is_null() {
        return Err(Error::invalid_arg(format!("{name} must not be NULL")));
    }
    let length = usize::try_from(count).unwrap_or(0);
    if length == 0 {
        return Err(Error::invalid_arg(format!("there must be at least one of {name}, not {count}")));
    }
    // SAFETY: not NULL (checked above), and the API promises that many readable numbers that stay for the call.
    Ok(unsafe { std::slice::from_raw_parts(start, length) })
}

/// A list of strings that may be missing as a whole, which says something else than an empty one.
pub fn opt_text_list<'a>(
    start: *const *const c_char,
    length: usize,
    name: &str,
) -> Result<Option<Vec<&'a str>>> {
    if start.is_null() { Ok(None) } else { text_list(start, length, name).map(Some) }
}

/// An open descriptor of the caller's, still the caller's.
pub fn open_fd<'a>(fd: c_int) -> Result<BorrowedFd<'a>> {
    if fd < 0 {
        return Err(Error::invalid_arg(format!("fd must not be negative, but is {fd}")));
    }
    // SAFETY: asks for the flags of a number, which may be any.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Err(Error::system(
            std::io::Error::last_os_error(),
            format!("cannot use file descriptor {fd}"),
        ));
    }
    // SAFETY: not -1 and open (checked above), and the API promises that it stays so for the call.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// A descriptor that the caller closes.
impl CReturn for OwnedFd {
    type Raw = c_int;
    const FAILED: c_int = -1;
    fn into_raw(self) -> c_int {
        self.into_raw_fd()
    }
}

/// Flags that C passes as `unsigned long`: no release has one beyond the 32nd.
pub fn long_flags(flags: c_ulong) -> Result<u32> {
    u32::try_from(flags)
        .map_err(|_| Error::new(ErrorCode::InvalidArg, format!("there are no flags {flags:#x}")))
}

/// Writes the guest's time; whether it can be told at all is looked at first.
pub fn write_time(
    seconds: *mut c_longlong,
    nseconds: *mut c_uint,
    time: impl FnOnce() -> Result<GuestTime>,
) -> Result<()> {
    let time = time()?;
    let (seconds, nseconds) = (out(seconds, "seconds")?, out(nseconds, "nseconds")?);
    seconds.set(time.seconds);
    nseconds.set(time.nanoseconds);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;
    use std::ptr;

    #[test]
    fn there_must_be_numbers() {
        assert_eq!(numbers([4, 5].as_ptr(), 2, "keycodes").unwrap(), [4, 5]);
        for (start, count) in [(ptr::null(), 1), (ptr::dangling(), 0), (ptr::dangling(), -1)] {
            assert_eq!(numbers(start, count, "keycodes").unwrap_err().code(), ErrorCode::InvalidArg);
        }
    }

    #[test]
    fn a_missing_list_is_not_an_empty_one() {
        assert_eq!(opt_text_list(ptr::null(), 0, "keys").unwrap(), None);
        assert_eq!(opt_text_list(ptr::dangling(), 0, "keys").unwrap(), Some(vec![]));
        assert_eq!(opt_text_list(ptr::null(), 1, "keys").unwrap(), None);
        assert_eq!(opt_text_list([c"a".as_ptr()].as_ptr(), 1, "keys").unwrap(), Some(vec!["a"]));
    }

    #[test]
    fn only_open_descriptors_pass() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert_eq!(open_fd(file.as_raw_fd()).unwrap().as_raw_fd(), file.as_raw_fd());
        assert_eq!(open_fd(-1).unwrap_err().code(), ErrorCode::InvalidArg);
        // The kernel gives out no numbers this high.
        assert_eq!(open_fd(c_int::MAX).unwrap_err().code(), ErrorCode::SystemError);
    }

    #[test]
    fn flags_beyond_32_bits_are_refused() {
        assert_eq!(long_flags(0xffff_ffff).unwrap(), u32::MAX);
        assert_eq!(long_flags(1 << 32).unwrap_err().code(), ErrorCode::InvalidArg);
    }
}
