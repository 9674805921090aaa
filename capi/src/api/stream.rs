//! `libvirt-stream.h`: streams of bulk data.

use crate::ffi::stream::{self as c_stream, Handlers};
use crate::ffi::{add_ref, callback, free, inspect, store};
use ferrovirt::{Connection, Stream};
use ferrovirt_core::abi::{
    virConnectPtr, virFreeCallback, virStreamEventCallback, virStreamPtr, virStreamSinkFunc,
    virStreamSinkHoleFunc, virStreamSourceFunc, virStreamSourceHoleFunc, virStreamSourceSkipFunc,
};
use std::ffi::{c_char, c_int, c_longlong, c_uint, c_void};

/// Makes a stream, on which a further call opens a console, a volume or whatever moves data.
///
/// @conn: the connection
/// @flags: virStreamFlags
///
/// Returns a stream that the caller frees with virStreamFree(), or NULL on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamNew(conn: virConnectPtr, flags: c_uint) -> virStreamPtr {
    inspect(conn, |conn: &Connection| conn.new_stream(flags))
}

/// Takes another reference to a stream, to be given back with virStreamFree().
///
/// @stream: the stream
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamRef(stream: virStreamPtr) -> c_int {
    inspect(stream, |stream: &Stream| add_ref(stream))
}

/// Gives back a reference to a stream. One that is neither finished nor aborted is aborted with the last.
///
/// @stream: the stream
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamFree(stream: virStreamPtr) -> c_int {
    inspect(stream, |stream: &Stream| free(stream))
}

/// Sends data, perhaps not all of it.
///
/// @stream: the stream
/// @data: the data
/// @nbytes: how many bytes there are
///
/// Returns how many bytes were sent, -2 if a non-blocking stream would have to wait, or -1 on failure, which aborts the stream.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamSend(stream: virStreamPtr, data: *const c_char, nbytes: usize) -> c_int {
    inspect(stream, |stream: &Stream| c_stream::send(stream, data, nbytes))
}

/// Receives data, perhaps less than there is room for; holes come as zeros.
///
/// @stream: the stream
/// @data: where it goes
/// @nbytes: how many bytes there is room for
///
/// Returns how many bytes came, 0 at the end, -2 if a non-blocking stream would have to wait, or -1 on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamRecv(stream: virStreamPtr, data: *mut c_char, nbytes: usize) -> c_int {
    inspect(stream, |stream: &Stream| c_stream::recv(data, nbytes, |buffer| stream.recv(buffer)))
}

/// Receives data, perhaps less than there is room for, and may stop at holes.
///
/// @stream: the stream
/// @data: where it goes
/// @nbytes: how many bytes there is room for
/// @flags: virStreamRecvFlagsValues
///
/// Returns how many bytes came, 0 at the end, -2 if a non-blocking stream would have to wait, -3 at a hole, or -1 on failure.
///
/// Since: 3.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virStreamRecvFlags(
    stream: virStreamPtr,
    data: *mut c_char,
    nbytes: usize,
    flags: c_uint,
) -> c_int {
    inspect(stream, |stream: &Stream| c_stream::recv(data, nbytes, |buffer| stream.recv_flags(buffer, flags)))
}

/// Sends a hole instead of zeros.
///
/// @stream: the stream
/// @length: its length, in bytes
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virStreamSendHole(stream: virStreamPtr, length: c_longlong, flags: c_uint) -> c_int {
    inspect(stream, |stream: &Stream| stream.send_hole(length, flags))
}

/// Learns how long the hole is at which receiving has stopped, and goes on behind it.
///
/// @stream: the stream
/// @length: where its length goes, in bytes
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virStreamRecvHole(stream: virStreamPtr, length: *mut c_longlong, flags: c_uint) -> c_int {
    inspect(stream, |stream: &Stream| store(length, "length", || stream.recv_hole(flags)))
}

/// Sends all that a handler gives. The stream must be a blocking one; virStreamFinish() is still to be called.
///
/// @stream: the stream
/// @handler: gives the data, and 0 at its end
/// @opaque: passed to the handlers
///
/// Returns 0, or -1 on failure, which aborts the stream.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamSendAll(
    stream: virStreamPtr,
    handler: virStreamSourceFunc,
    opaque: *mut c_void,
) -> c_int {
    inspect(stream, |stream: &Stream| {
        let handlers = Handlers::new(stream, opaque);
        stream.send_all(stream.or_abort(|_| handlers.source(handler))?)
    })
}

/// Sends all data and holes that handlers give. The stream must be a blocking one; virStreamFinish() is still to be called.
///
/// @stream: the stream
/// @handler: gives the data, and 0 at its end
/// @holeHandler: tells whether data or a hole is next, and how long it is
/// @skipHandler: goes past a hole
/// @opaque: passed to the handlers
///
/// Returns 0, or -1 on failure, which aborts the stream.
///
/// Since: 3.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virStreamSparseSendAll(
    stream: virStreamPtr,
    handler: virStreamSourceFunc,
    holeHandler: virStreamSourceHoleFunc,
    skipHandler: virStreamSourceSkipFunc,
    opaque: *mut c_void,
) -> c_int {
    inspect(stream, |stream: &Stream| {
        let handlers = Handlers::new(stream, opaque);
        stream.sparse_send_all(
            &mut stream.or_abort(|_| handlers.sparse_source(handler, holeHandler, skipHandler))?,
        )
    })
}

/// Receives everything and hands it to a handler. The stream must be a blocking one; virStreamFinish() is still to be called.
///
/// @stream: the stream
/// @handler: takes the data
/// @opaque: passed to the handlers
///
/// Returns 0, or -1 on failure, which aborts the stream.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamRecvAll(
    stream: virStreamPtr,
    handler: virStreamSinkFunc,
    opaque: *mut c_void,
) -> c_int {
    inspect(stream, |stream: &Stream| {
        let handlers = Handlers::new(stream, opaque);
        stream.recv_all(stream.or_abort(|_| handlers.sink(handler))?)
    })
}

/// Receives everything and hands data and holes to handlers. The stream must be a blocking one; virStreamFinish() is still to be called.
///
/// @stream: the stream
/// @handler: takes the data
/// @holeHandler: takes the length of a hole
/// @opaque: passed to the handlers
///
/// Returns 0, or -1 on failure, which aborts the stream.
///
/// Since: 3.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virStreamSparseRecvAll(
    stream: virStreamPtr,
    handler: virStreamSinkFunc,
    holeHandler: virStreamSinkHoleFunc,
    opaque: *mut c_void,
) -> c_int {
    inspect(stream, |stream: &Stream| {
        let handlers = Handlers::new(stream, opaque);
        stream.sparse_recv_all(&mut stream.or_abort(|_| handlers.sparse_sink(handler, holeHandler))?)
    })
}

/// Has a function called when the stream is ready. There is one such function a stream; it needs an event loop.
///
/// @stream: the stream
/// @events: what it is called for, virStreamEventType bits
/// @cb: the function
/// @opaque: passed to it
/// @ff: frees @opaque when the function is removed; may be NULL
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamEventAddCallback(
    stream: virStreamPtr,
    events: c_int,
    cb: virStreamEventCallback,
    opaque: *mut c_void,
    ff: virFreeCallback,
) -> c_int {
    inspect(stream, |stream: &Stream| {
        callback(cb, opaque, ff, "cb")?
            .register(|callback| stream.add_event_callback(events, c_stream::event_callback(callback)))
    })
}

/// Changes what the function of a stream is called for.
///
/// @stream: the stream
/// @events: virStreamEventType bits; 0 to pause
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamEventUpdateCallback(stream: virStreamPtr, events: c_int) -> c_int {
    inspect(stream, |stream: &Stream| stream.update_event_callback(events))
}

/// Removes the function of a stream.
///
/// @stream: the stream
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamEventRemoveCallback(stream: virStreamPtr) -> c_int {
    inspect(stream, |stream: &Stream| stream.remove_event_callback())
}

/// Ends a stream, and tells whether everything arrived.
///
/// @stream: the stream
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamFinish(stream: virStreamPtr) -> c_int {
    inspect(stream, |stream: &Stream| stream.finish())
}

/// Ends a stream before its time.
///
/// @stream: the stream
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.2
#[unsafe(no_mangle)]
pub extern "C" fn virStreamAbort(stream: virStreamPtr) -> c_int {
    inspect(stream, |stream: &Stream| stream.abort())
}
