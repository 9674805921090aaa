//! The last error, of the thread and of each connection, as C sees it; and the functions that are told of every error.
//!
//! A `virError` and its strings live in C's heap, so that C programs may copy, reset and free them with our functions.
//! What a thread is shown is its own: other threads' errors never reach it.

use super::call_out::call_out;
use super::handle::{Handle, extra};
use super::returns::malloc_string;
use ferrovirt::{Connection, Error, ErrorCode, ErrorDomain};
use ferrovirt_core::abi::{virConnect, virConnectPtr, virError, virErrorFunc, virErrorPtr};
use ferrovirt_log as log;
use parking_lot::Mutex;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::io::Write;
use std::ptr;

/// An error in C's form, at an address that stays.
struct Slot(ptr::NonNull<virError>);

// SAFETY: a slot owns what it points to; sharing is the business of the lock around it.
unsafe impl Send for Slot {}

impl Slot {
    fn new() -> Self {
        Self(ptr::NonNull::from(Box::leak(Box::new(EMPTY))))
    }

    fn pointer(&self) -> virErrorPtr {
        self.0.as_ptr()
    }

    fn get(&self) -> virError {
        // SAFETY: the slot owns a valid error; it is copied, no reference into it stays.
        unsafe { self.0.read() }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        reset(self.pointer());
        // SAFETY: it came from a box that was leaked when the slot was made, and no one else frees it.
        drop(unsafe { Box::from_raw(self.pointer()) });
    }
}

const EMPTY: virError = virError {
    code: 0,
    domain: 0,
    message: ptr::null_mut(),
    level: 0,
    conn: ptr::null_mut(),
    dom: ptr::null_mut(),
    str1: ptr::null_mut(),
    str2: ptr::null_mut(),
    str3: ptr::null_mut(),
    int1: 0,
    int2: 0,
    net: ptr::null_mut(),
};

thread_local! {
    static LAST: Slot = Slot::new();
}

/// The thread's slot, empty or not; NULL only while the thread ends and its slot is gone already.
fn slot() -> virErrorPtr {
    LAST.try_with(Slot::pointer).unwrap_or(ptr::null_mut())
}

/// A function that is told of errors, with its argument.
#[derive(Clone, Copy)]
struct Handler {
    function: virErrorFunc,
    user_data: *mut c_void,
}

// SAFETY: the argument is only handed back to the application, which has to expect errors on any of its threads.
unsafe impl Send for Handler {}

const NO_HANDLER: Handler = Handler { function: None, user_data: ptr::null_mut() };

static HANDLER: Mutex<Handler> = Mutex::new(NO_HANDLER);

/// The last error on a connection, whichever thread it came to, and who is told of it.
pub struct ConnectionErrors(Mutex<(Slot, Handler)>);

impl Default for ConnectionErrors {
    fn default() -> Self {
        Self(Mutex::new((Slot::new(), NO_HANDLER)))
    }
}

/// Forgets the thread's last error, as every entry point does first.
pub fn clear() {
    let last = slot();
    // SAFETY: NULL or the thread's own slot.
    if !last.is_null() && unsafe { (*last).code } != 0 {
        reset(last);
    }
}

/// Makes `err` the thread's last error, and no more.
pub fn keep(err: &Error) {
    let last = slot();
    if !last.is_null() {
        fill(last, err);
    }
}

/// Makes `err` the thread's last error and the connection's, and tells the connection's function, or else the
/// global one, or else prints it.
pub fn raise(err: Error, connection: Option<&Connection>) {
    let last = slot();
    if last.is_null() {
        return;
    }
    fill(last, &err);
    // Where a message would only go to standard error, the error stands there already.
    if log::has_outputs() {
        tracing::error!(target: "ferrovirt_util::error", domain = err.error_domain().name(), "{}", err.message());
    }
    let mut handler = *HANDLER.lock();
    if let Some(errors) = connection.and_then(extra) {
        let errors = errors.0.lock();
        copy(last, errors.0.pointer());
        if errors.1.function.is_some() {
            handler = errors.1;
        }
    }
    match handler.function {
        // SAFETY: the application registered this function with this argument, and the error stays for the call.
        Some(function) => call_out(|| unsafe { function(handler.user_data, last) }),
        None => print(last),
    }
}

/// The thread's last error, NULL where there is none.
pub fn last() -> virErrorPtr {
    let last = slot();
    if last.is_null() || code(last) == 0 { ptr::null_mut() } else { last }
}

/// The code of the thread's last error, 0 where there is none.
pub fn last_code() -> c_int {
    code(slot())
}

/// The domain of the thread's last error.
pub fn last_domain() -> c_int {
    let last = slot();
    // SAFETY: NULL (handled) or the thread's own slot.
    if last.is_null() { 0 } else { unsafe { (*last).domain } }
}

/// The message of the thread's last error, valid until its next call.
pub fn last_message() -> *const c_char {
    let last = last();
    if last.is_null() {
        return c"no error".as_ptr();
    }
    // SAFETY: the thread's own slot.
    let message = unsafe { (*last).message };
    if message.is_null() { c"unknown error".as_ptr() } else { message }
}

/// A copy of the thread's last error that the caller frees with [`free`].
pub fn save_last() -> virErrorPtr {
    // SAFETY: `calloc` returns NULL or zeroed room for one error.
    let copy = unsafe { libc::calloc(1, size_of::<virError>()) }.cast::<virError>();
    copy_last(copy);
    copy
}

/// Copies the thread's last error to `to`, whose former content is not looked at; its code comes back.
pub fn copy_last(to: virErrorPtr) -> c_int {
    if to.is_null() {
        return -1;
    }
    // SAFETY: not NULL (checked above), and the API promises room for one error, perhaps uninitialised.
    unsafe { to.write(EMPTY) };
    copy(slot(), to);
    code(to)
}

/// Frees what an error holds and empties it.
pub fn reset(err: virErrorPtr) {
    if err.is_null() {
        return;
    }
    // SAFETY: not NULL (checked above), and the API promises an error that one of our functions filled: its strings
    // are NULL or in C's heap, and are forgotten right here.
    unsafe {
        let old = err.replace(EMPTY);
        for text in [old.message, old.str1, old.str2, old.str3] {
            libc::free(text.cast());
        }
    }
}

/// Frees an error that [`save_last`] made.
pub fn free(err: virErrorPtr) {
    reset(err);
    // SAFETY: NULL or from `calloc`, as the API promises.
    unsafe { libc::free(err.cast()) }
}

/// Chooses who is told of errors that no connection's function takes; NULL goes back to printing them.
pub fn set_function(user_data: *mut c_void, function: virErrorFunc) {
    *HANDLER.lock() = Handler { function, user_data };
}

/// The same for the errors of one connection; NULL goes back to the global one.
pub fn set_connection_function(connection: virConnectPtr, user_data: *mut c_void, function: virErrorFunc) {
    with_connection(connection, (), |errors| errors.1 = Handler { function, user_data });
}

/// The connection's slot, empty or not; NULL where there is no connection.
pub fn connection_last(connection: virConnectPtr) -> virErrorPtr {
    with_connection(connection, ptr::null_mut(), |errors| errors.0.pointer())
}

/// Copies the connection's last error to `to`; its code comes back, or -1 without a connection or a place.
pub fn connection_copy_last(connection: virConnectPtr, to: virErrorPtr) -> c_int {
    if to.is_null() {
        return -1;
    }
    // SAFETY: not NULL (checked above), and the API promises room for one error, perhaps uninitialised.
    unsafe { to.write(EMPTY) };
    with_connection(connection, -1, |errors| {
        copy(errors.0.pointer(), to);
        errors.0.get().code
    })
}

/// Empties the connection's slot.
pub fn connection_reset(connection: virConnectPtr) {
    with_connection(connection, (), |errors| reset(errors.0.pointer()));
}

fn with_connection<T>(
    pointer: *mut virConnect,
    absent: T,
    call: impl FnOnce(&mut (Slot, Handler)) -> T,
) -> T {
    let errors = Connection::checked(pointer, "").ok().and_then(|connection| extra(&connection));
    errors.map_or(absent, |errors| call(&mut errors.0.lock()))
}

/// Prints an error to the standard error output, as libvirt does where nobody asked to be told.
pub fn print(err: virErrorPtr) {
    if err.is_null() || code(err) == 0 {
        return;
    }
    // SAFETY: not NULL (checked above), and the API promises a valid error.
    let err = unsafe { err.read() };
    let level = match err.level {
        1 => "warning",
        2 => "error",
        _ => "",
    };
    let domain = ErrorDomain::from_number(err.domain).map_or("Unknown", ErrorDomain::name);
    let message = text_of(err.message).unwrap_or_default();
    let in_xml = err.domain == ErrorDomain::Xml as c_int && err.code == ErrorCode::XmlDetail as c_int;
    let line = if in_xml && err.int1 != 0 {
        format!("libvirt: {domain} {level} : line {}: {message}", err.int1)
    } else {
        let end = if message.ends_with('\n') { "" } else { "\n" };
        format!("libvirt: {domain} {level} : {message}{end}")
    };
    // There is nobody left to tell that standard error can't be written to.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn text_of(text: *mut c_char) -> Option<String> {
    // SAFETY: the strings of an error are NULL or NUL-terminated.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

fn code(err: virErrorPtr) -> c_int {
    // SAFETY: NULL (handled), or a valid error as the API promises.
    if err.is_null() { 0 } else { unsafe { (*err).code } }
}

fn fill(to: virErrorPtr, err: &Error) {
    reset(to);
    let [str1, str2, str3] = err.strings().map(|text| text.as_deref().map_or(ptr::null_mut(), malloc_string));
    let [int1, int2] = err.ints();
    let filled = virError {
        code: err.code() as c_int,
        domain: err.error_domain() as c_int,
        message: malloc_string(&err.message()),
        level: err.level() as _,
        str1,
        str2,
        str3,
        int1,
        int2,
        ..EMPTY
    };
    // SAFETY: `to` is a slot of ours, and was emptied above.
    unsafe { to.write(filled) }
}

/// Copies all but the references to objects, which libvirt has long left empty.
fn copy(from: virErrorPtr, to: virErrorPtr) {
    reset(to);
    if from.is_null() {
        return;
    }
    // SAFETY: `strdup` of NULL is avoided; the strings of an error are NUL-terminated.
    let again = |text: *mut c_char| if text.is_null() { text } else { unsafe { libc::strdup(text) } };
    // SAFETY: both are valid errors; `to` was emptied above.
    unsafe {
        let from = from.read();
        to.write(virError {
            message: again(from.message),
            str1: again(from.str1),
            str2: again(from.str2),
            str3: again(from.str3),
            conn: ptr::null_mut(),
            dom: ptr::null_mut(),
            net: ptr::null_mut(),
            ..from
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn ignore(_: *mut c_void, _: virErrorPtr) {}

    #[test]
    fn errors_of_threads_stay_apart_and_copies_are_deep() {
        set_function(ptr::null_mut(), Some(ignore));
        assert!(last().is_null());
        raise(Error::new(ErrorCode::NoDomain, "no domain 'web'").domain(ErrorDomain::Qemu), None);
        assert_eq!((last_code(), last_domain()), (42, 10));
        std::thread::spawn(|| assert!(last().is_null())).join().unwrap();
        let saved = save_last();
        clear();
        assert!(last().is_null());
        assert_eq!(code(saved), 42);
        // SAFETY: a copy that was just made.
        let copy = unsafe { saved.read() };
        assert_eq!(text_of(copy.message).unwrap(), "Domain not found: no domain 'web'");
        assert_eq!(text_of(copy.str2).unwrap(), "no domain 'web'");
        free(saved);
    }
}
