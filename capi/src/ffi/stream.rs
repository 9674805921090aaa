//! Streams at C's edge: buffers, the numbers that stand for "would block" and "hole", the application's handlers.

use super::args::{bytes, out};
use super::call_out::call_out;
use super::callback::{Callback, lend};
use super::handle::Retained;
use ferrovirt::driver::Received;
use ferrovirt::{Error, ErrorCode, Result, SparseSink, SparseSource, Stream};
use ferrovirt_core::abi::*;
use std::ffi::{c_char, c_int, c_longlong, c_void};

/// What send and receive answer when a non-blocking stream would have to wait.
const WOULD_BLOCK: c_int = -2;
/// What receiving answers at a hole.
const AT_HOLE: c_int = -3;

/// Sends some of the caller's data.
pub fn send(stream: &Stream, data: *const c_char, length: usize) -> Result<c_int> {
    let fits = possible(length);
    let data = bytes(data.cast(), if fits { length } else { 0 }, "data")?;
    let sent = judged(length, fits, stream.send(data))?;
    Ok(sent.map_or(WOULD_BLOCK, count))
}

/// Whether a result could tell a length. One that is longer is a caller's negative number, and there is no such memory.
fn possible(length: usize) -> bool {
    c_int::try_from(length).is_ok()
}

/// Refuses such a length after nothing was moved, but for streams that move nothing at all.
fn judged<T>(length: usize, fits: bool, outcome: Result<T>) -> Result<T> {
    match outcome {
        Err(err) if err.code() == ErrorCode::NoSupport => Err(err),
        outcome if fits => outcome,
        _ => Err(Error::new(ErrorCode::SystemError, format!("{length} bytes at once are too many"))),
    }
}

/// Fills some of the caller's buffer by `receive`.
pub fn recv(
    data: *mut c_char,
    length: usize,
    receive: impl FnOnce(&mut [u8]) -> Result<Received>,
) -> Result<c_int> {
    out(data, "data")?;
    let fits = possible(length);
    // SAFETY: not NULL (checked above), and the API promises `length` bytes that nobody else uses during the call.
    let buffer = unsafe { std::slice::from_raw_parts_mut(data.cast::<u8>(), if fits { length } else { 0 }) };
    Ok(match judged(length, fits, receive(buffer))? {
        Received::Data(got) => count(got),
        Received::WouldBlock => WOULD_BLOCK,
        Received::Hole => AT_HOLE,
    })
}

fn count(bytes: usize) -> c_int {
    c_int::try_from(bytes).expect("not more than the buffer holds, which a C int counts")
}

/// The C callback of a stream as the face takes it.
pub fn event_callback(
    callback: Callback<unsafe extern "C" fn(virStreamPtr, c_int, *mut c_void)>,
) -> impl Fn(&Stream, i32) + Send + Sync + 'static {
    move |stream, events| {
        lend(stream, |stream| {
            let (function, opaque) = callback.parts();
            // SAFETY: the application gave this function for this argument, which is freed with `callback`.
            call_out(|| unsafe { function(stream, events, opaque) });
        });
    }
}

/// The stream and the argument that all handlers of a call get.
pub struct Handlers {
    stream: Retained<Stream>,
    opaque: *mut c_void,
}

impl Handlers {
    pub fn new(stream: &Stream, opaque: *mut c_void) -> Self {
        Self { stream: Retained::new(stream), opaque }
    }

    /// Reads from the application, as [`Stream::send_all`] wants it.
    pub fn source(
        &self,
        handler: virStreamSourceFunc,
    ) -> Result<impl FnMut(&mut [u8]) -> Result<usize> + '_> {
        let handler = handler.ok_or_else(|| missing("handler"))?;
        Ok(move |buffer: &mut [u8]| {
            // SAFETY: the application gave this function for this argument; the buffer has the length that is told.
            let got = call(|| unsafe {
                handler(self.stream.pointer(), buffer.as_mut_ptr().cast(), buffer.len(), self.opaque)
            });
            got.map_err(|err| failed(err, "the handler that gives the data failed"))
        })
    }

    /// Writes to the application, as [`Stream::recv_all`] wants it.
    pub fn sink(&self, handler: virStreamSinkFunc) -> Result<impl FnMut(&[u8]) -> Result<usize> + '_> {
        let handler = handler.ok_or_else(|| missing("handler"))?;
        Ok(move |data: &[u8]| {
            // SAFETY: the application gave this function for this argument; the data has the length that is told.
            let taken = call(|| unsafe {
                handler(self.stream.pointer(), data.as_ptr().cast(), data.len(), self.opaque)
            });
            taken.map_err(|err| failed(err, "the handler that takes the data failed"))
        })
    }

    /// Reads data and holes from the application, as [`Stream::sparse_send_all`] wants it.
    pub fn sparse_source(
        &self,
        handler: virStreamSourceFunc,
        hole_handler: virStreamSourceHoleFunc,
        skip_handler: virStreamSourceSkipFunc,
    ) -> Result<impl SparseSource + '_> {
        Ok(CSparseSource {
            handlers: self,
            read: self.source(handler)?,
            section: hole_handler.ok_or_else(|| missing("holeHandler"))?,
            skip: skip_handler.ok_or_else(|| missing("skipHandler"))?,
        })
    }

    /// Writes data and holes to the application, as [`Stream::sparse_recv_all`] wants it.
    pub fn sparse_sink(
        &self,
        handler: virStreamSinkFunc,
        hole_handler: virStreamSinkHoleFunc,
    ) -> Result<impl SparseSink + '_> {
        let hole = hole_handler.ok_or_else(|| missing("holeHandler"))?;
        Ok(CSparseSink { handlers: self, write: self.sink(handler)?, hole })
    }
}

struct CSparseSource<'a, R> {
    handlers: &'a Handlers,
    read: R,
    section: unsafe extern "C" fn(virStreamPtr, *mut c_int, *mut c_longlong, *mut c_void) -> c_int,
    skip: unsafe extern "C" fn(virStreamPtr, c_longlong, *mut c_void) -> c_int,
}

impl<R: FnMut(&mut [u8]) -> Result<usize>> SparseSource for CSparseSource<'_, R> {
    fn section(&mut self) -> Result<(bool, i64)> {
        let (mut in_data, mut length) = (0, 0);
        let Handlers { stream, opaque } = self.handlers;
        // SAFETY: the application gave this function for this argument; both places stay for the call.
        call(|| unsafe { (self.section)(stream.pointer(), &mut in_data, &mut length, *opaque) })
            .map_err(|err| failed(err, "the handler that tells of holes failed"))?;
        Ok((in_data != 0, length))
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        (self.read)(buffer)
    }

    fn skip(&mut self, length: i64) -> Result<()> {
        let Handlers { stream, opaque } = self.handlers;
        // SAFETY: the application gave this function for this argument.
        call(|| unsafe { (self.skip)(stream.pointer(), length, *opaque) })
            .map_err(|err| failed(err, "the handler that skips holes failed"))?;
        Ok(())
    }
}

struct CSparseSink<'a, W> {
    handlers: &'a Handlers,
    write: W,
    hole: unsafe extern "C" fn(virStreamPtr, c_longlong, *mut c_void) -> c_int,
}

impl<W: FnMut(&[u8]) -> Result<usize>> SparseSink for CSparseSink<'_, W> {
    fn write(&mut self, data: &[u8]) -> Result<usize> {
        (self.write)(data)
    }

    fn hole(&mut self, length: i64) -> Result<()> {
        let Handlers { stream, opaque } = self.handlers;
        // SAFETY: the application gave this function for this argument.
        call(|| unsafe { (self.hole)(stream.pointer(), length, *opaque) })
            .map_err(|err| failed(err, "the handler that takes holes failed"))?;
        Ok(())
    }
}

/// Calls a handler; a negative answer is an error, of the number that it left in `errno` or else `EIO`.
fn call(handler: impl FnOnce() -> c_int) -> Result<usize, std::io::Error> {
    // SAFETY: the thread's own `errno`.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    unsafe { errno.write(0) };
    usize::try_from(call_out(handler)).map_err(|_| {
        // SAFETY: as above.
        let number = unsafe { errno.read() };
        std::io::Error::from_raw_os_error(if number == 0 { libc::EIO } else { number })
    })
}

fn failed(err: std::io::Error, what: &str) -> Error {
    Error::system(err, what)
}

fn missing(name: &str) -> Error {
    Error::invalid_arg(format!("{name} must not be NULL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_fails_with_the_number_it_left_behind() {
        assert_eq!(call(|| 5).unwrap(), 5);
        assert_eq!(call(|| -1).unwrap_err().raw_os_error(), Some(libc::EIO));
        let full = call(|| {
            // SAFETY: the thread's own `errno`.
            unsafe { libc::__errno_location().write(libc::ENOSPC) };
            -1
        });
        assert_eq!(full.unwrap_err().raw_os_error(), Some(libc::ENOSPC));
    }
}
