//! `libvirt-stream.h`: streams of data.

use std::ffi::{c_char, c_int, c_longlong, c_void};

use crate::abi::virStreamPtr;

/// A stream is ready; `events` are bits of `virStreamEventType`. Since 0.7.2.
pub type virStreamEventCallback =
    Option<unsafe extern "C" fn(stream: virStreamPtr, events: c_int, opaque: *mut c_void)>;

/// Takes data that was received; the number of bytes taken, or -1. Since 0.7.2.
pub type virStreamSinkFunc = Option<
    unsafe extern "C" fn(st: virStreamPtr, data: *const c_char, nbytes: usize, opaque: *mut c_void) -> c_int,
>;

/// Told of a hole of `length` bytes; 0, or -1. Since 3.4.0.
pub type virStreamSinkHoleFunc =
    Option<unsafe extern "C" fn(st: virStreamPtr, length: c_longlong, opaque: *mut c_void) -> c_int>;

/// Gives data to send; the number of bytes given, 0 at the end, or -1. Since 0.7.2.
pub type virStreamSourceFunc = Option<
    unsafe extern "C" fn(st: virStreamPtr, data: *mut c_char, nbytes: usize, opaque: *mut c_void) -> c_int,
>;

/// Tells whether the source is at data or in a hole, and how far that reaches; 0, or -1. Since 3.4.0.
pub type virStreamSourceHoleFunc = Option<
    unsafe extern "C" fn(
        st: virStreamPtr,
        inData: *mut c_int,
        length: *mut c_longlong,
        opaque: *mut c_void,
    ) -> c_int,
>;

/// Skips a hole of `length` bytes in the source; 0, or -1. Since 3.4.0.
pub type virStreamSourceSkipFunc =
    Option<unsafe extern "C" fn(st: virStreamPtr, length: c_longlong, opaque: *mut c_void) -> c_int>;

c_enum! {
    /// What a stream is ready for. Since 0.7.2.
    pub enum virStreamEventType: u32 {
        /// Receiving does not block. Since 0.7.2.
        VIR_STREAM_EVENT_READABLE = 1 << 0,
        /// Sending does not block. Since 0.7.2.
        VIR_STREAM_EVENT_WRITABLE = 1 << 1,
        /// It has an error. Since 0.7.2.
        VIR_STREAM_EVENT_ERROR = 1 << 2,
        /// The other end is gone. Since 0.7.2.
        VIR_STREAM_EVENT_HANGUP = 1 << 3,
    }
}

c_enum! {
    /// Flags for a new stream. Since 0.7.2.
    pub enum virStreamFlags: u32 {
        /// Calls return at once rather than wait. Since 0.7.2.
        VIR_STREAM_NONBLOCK = 1 << 0,
    }
}

c_enum! {
    /// Flags for receiving. Since 3.4.0.
    pub enum virStreamRecvFlagsValues: u32 {
        /// Stop at a hole and say so. Since 3.4.0.
        VIR_STREAM_RECV_STOP_AT_HOLE = 1 << 0,
    }
}
