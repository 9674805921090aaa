//! Streams: bulk data to and from a driver, such as a console, a volume's content or a migration.

/// Called from the event loop with the events that came (`virStreamEventType`).
pub type StreamEventCallback = Box<dyn Fn(i32) + Send + Sync>;

/// What asking for data gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// So many bytes; 0 at the end of the data.
    Data(usize),
    /// Nothing yet, and the caller did not want to wait.
    WouldBlock,
    /// A hole begins here, and the caller wanted to be told.
    Hole,
}

driver_trait! {
    /// One open stream. It ends with `stream_finish` or `stream_abort`, or aborts when dropped.
    pub trait StreamDriver in Streams {
        /// Sends some of `data`, how much comes back; `None` if `nonblock` forbids to wait.
        fn stream_send(&self, data: &[u8], nonblock: bool) -> Option<usize> = "virStreamSend";
        /// Fills some of `buffer`. Holes read as zeros unless `flags` has `VIR_STREAM_RECV_STOP_AT_HOLE`.
        fn stream_recv(&self, buffer: &mut [u8], flags: u32, nonblock: bool) -> Received = "virStreamRecvFlags";
        /// Sends a hole of `length` bytes.
        fn stream_send_hole(&self, length: i64, flags: u32) -> () = "virStreamSendHole";
        /// The length of the hole that the data has come to.
        fn stream_recv_hole(&self, flags: u32) -> i64 = "virStreamRecvHole";
        /// Ends the stream, and tells whether everything arrived.
        fn stream_finish(&self) -> () = "virStreamFinish";
        /// Ends the stream before its time.
        fn stream_abort(&self) -> () = "virStreamAbort";
        /// Calls `callback` from the event loop on `events` (`virStreamEventType`); there is one callback a stream.
        fn stream_event_add_callback(
            &self,
            events: i32,
            callback: StreamEventCallback,
        ) -> () = "virStreamEventAddCallback";
        fn stream_event_update_callback(&self, events: i32) -> () = "virStreamEventUpdateCallback";
        fn stream_event_remove_callback(&self) -> () = "virStreamEventRemoveCallback";
    }
}
