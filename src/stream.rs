//! Streams: bulk data to and from a driver.
//!
//! A stream is made empty; the call that opens something on it (a console, a volume's download) gives it its driver.

use crate::Connection;
use ferrovirt_core::abi::{VIR_STREAM_NONBLOCK, VIR_STREAM_RECV_STOP_AT_HOLE};
use ferrovirt_core::driver::{Received, StreamDriver};
use ferrovirt_core::{Error, ErrorDomain, Result};
use parking_lot::RwLock;
use std::sync::{Arc, Weak};

/// How much is moved at a time: what fits one message of the protocol.
const CHUNK: usize = 262_120;

/// A stream. Cloning shares the handle.
#[derive(Clone)]
pub struct Stream(Arc<StreamInner>);

struct StreamInner {
    connection: Connection,
    flags: u32,
    driver: RwLock<Option<Arc<dyn StreamDriver>>>,
}

/// Where [`Stream::sparse_send_all`] takes data and holes from.
pub trait SparseSource {
    /// Whether the source is in data (else in a hole), and how many bytes are left of it. The end is 0 bytes.
    fn section(&mut self) -> Result<(bool, i64)>;
    /// Fills some of the buffer; 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize>;
    /// Goes past a hole.
    fn skip(&mut self, length: i64) -> Result<()>;
}

/// Where [`Stream::sparse_recv_all`] puts data and holes.
pub trait SparseSink {
    /// Takes some of the data; how much comes back.
    fn write(&mut self, data: &[u8]) -> Result<usize>;
    fn hole(&mut self, length: i64) -> Result<()>;
}

impl Connection {
    /// A stream that is not open yet; `flags` are `VIR_STREAM_*`.
    pub fn new_stream(&self, flags: u32) -> Result<Stream> {
        let inner = StreamInner { connection: self.clone(), flags, driver: RwLock::new(None) };
        Ok(Stream(Arc::new(inner)))
    }
}

impl Stream {
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// A number that is the same for all clones of this handle and for no other live one.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// Whether calls return rather than wait.
    pub fn is_nonblocking(&self) -> bool {
        self.0.flags & VIR_STREAM_NONBLOCK != 0
    }

    /// Opens the stream on what a driver gave, for callers that ask drivers themselves.
    pub fn open_on(&self, driver: Box<dyn StreamDriver>) {
        self.attach(driver);
    }

    /// Opens the stream. What it was open on before is aborted by being dropped.
    pub(crate) fn attach(&self, driver: Box<dyn StreamDriver>) {
        *self.0.driver.write() = Some(driver.into());
    }

    /// What the stream is open on, for the calls that hand a stream to a driver.
    pub(crate) fn driver(&self, function: &str) -> Result<Arc<dyn StreamDriver>> {
        let driver = self.0.driver.read().clone();
        driver.ok_or_else(|| {
            Error::no_support(format!("{function}: nothing was opened on this stream"))
                .domain(ErrorDomain::Streams)
        })
    }

    /// Sends some of `data`, how much comes back; `None` where a non-blocking stream would have to wait.
    pub fn send(&self, data: &[u8]) -> Result<Option<usize>> {
        self.driver("virStreamSend")?.stream_send(data, self.is_nonblocking())
    }

    /// Fills some of `buffer`; holes come as zeros.
    pub fn recv(&self, buffer: &mut [u8]) -> Result<Received> {
        self.driver("virStreamRecv")?.stream_recv(buffer, 0, self.is_nonblocking())
    }

    /// Fills some of `buffer`; `flags` are `VIR_STREAM_RECV_*`.
    pub fn recv_flags(&self, buffer: &mut [u8], flags: u32) -> Result<Received> {
        self.driver("virStreamRecvFlags")?.stream_recv(buffer, flags, self.is_nonblocking())
    }

    pub fn send_hole(&self, length: i64, flags: u32) -> Result<()> {
        self.driver("virStreamSendHole")?.stream_send_hole(length, flags)
    }

    /// The length of the hole that receiving has come to.
    pub fn recv_hole(&self, flags: u32) -> Result<i64> {
        self.driver("virStreamRecvHole")?.stream_recv_hole(flags)
    }

    /// Ends the stream, and tells whether everything arrived.
    pub fn finish(&self) -> Result<()> {
        self.driver("virStreamFinish")?.stream_finish()
    }

    /// Ends the stream before its time; one that nothing was opened on has nothing to end.
    pub fn abort(&self) -> Result<()> {
        let driver = self.0.driver.read().clone();
        driver.map_or(Ok(()), |driver| driver.stream_abort())
    }

    /// Calls `callback` from the event loop on `events`. There is one callback a stream.
    pub fn add_event_callback(
        &self,
        events: i32,
        callback: impl Fn(&Stream, i32) + Send + Sync + 'static,
    ) -> Result<()> {
        // The driver holds the callback: a strong reference would keep the stream, and so the driver, for ever.
        let stream: Weak<StreamInner> = Arc::downgrade(&self.0);
        let call = move |events| {
            if let Some(stream) = stream.upgrade() {
                callback(&Stream(stream), events);
            }
        };
        self.driver("virStreamEventAddCallback")?.stream_event_add_callback(events, Box::new(call))
    }

    pub fn update_event_callback(&self, events: i32) -> Result<()> {
        self.driver("virStreamEventUpdateCallback")?.stream_event_update_callback(events)
    }

    pub fn remove_event_callback(&self) -> Result<()> {
        self.driver("virStreamEventRemoveCallback")?.stream_event_remove_callback()
    }

    /// Aborts the stream if `work` fails, as the calls do that move everything.
    pub fn or_abort<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        work(self).inspect_err(|_| {
            // The first error is the one to tell.
            let _ = self.abort();
        })
    }

    /// Sends what `source` gives until it gives 0 bytes; on failure the stream is aborted.
    pub fn send_all(&self, mut source: impl FnMut(&mut [u8]) -> Result<usize>) -> Result<()> {
        self.or_abort(|stream| {
            stream.must_block("a data source")?;
            let mut buffer = vec![0; CHUNK];
            loop {
                let got = source(&mut buffer)?;
                if got == 0 {
                    return Ok(());
                }
                stream.send_whole(filled(&buffer, got)?)?;
            }
        })
    }

    /// Sends data and holes as `source` has them, to its end; on failure the stream is aborted.
    pub fn sparse_send_all(&self, source: &mut dyn SparseSource) -> Result<()> {
        self.or_abort(|stream| {
            stream.must_block("a data source")?;
            let mut buffer = vec![0; CHUNK];
            let mut left = 0;
            loop {
                if left == 0 {
                    let (in_data, length) = source.section()?;
                    if !in_data && length != 0 {
                        stream.send_hole(length, 0)?;
                        source.skip(length)?;
                        continue;
                    }
                    left = usize::try_from(length).map_err(|_| {
                        Error::invalid_arg(format!("the source has a section of {length} bytes"))
                    })?;
                }
                let got = source.read(&mut buffer[..left.min(CHUNK)])?;
                if got == 0 {
                    return Ok(());
                }
                stream.send_whole(filled(&buffer, got)?)?;
                left = left.saturating_sub(got);
            }
        })
    }

    /// Gives everything that comes to `sink`, to the end; on failure the stream is aborted.
    pub fn recv_all(&self, mut sink: impl FnMut(&[u8]) -> Result<usize>) -> Result<()> {
        self.or_abort(|stream| {
            stream.must_block("a data sink")?;
            let mut buffer = vec![0; CHUNK];
            loop {
                match stream.recv(&mut buffer)? {
                    Received::Data(0) => return Ok(()),
                    Received::Data(got) => give_whole(filled(&buffer, got)?, &mut sink)?,
                    other => return Err(unexpected(other)),
                }
            }
        })
    }

    /// Gives data and holes to `sink`, to the end; on failure the stream is aborted.
    pub fn sparse_recv_all(&self, sink: &mut dyn SparseSink) -> Result<()> {
        self.or_abort(|stream| {
            stream.must_block("a data sink")?;
            let mut buffer = vec![0; CHUNK];
            loop {
                match stream.recv_flags(&mut buffer, VIR_STREAM_RECV_STOP_AT_HOLE)? {
                    Received::Data(0) => return Ok(()),
                    Received::Data(got) => give_whole(filled(&buffer, got)?, |data| sink.write(data))?,
                    Received::Hole => sink.hole(stream.recv_hole(0)?)?,
                    other => return Err(unexpected(other)),
                }
            }
        })
    }

    fn must_block(&self, what: &str) -> Result<()> {
        if self.is_nonblocking() {
            return Err(Error::operation_invalid(format!("{what} needs a stream that may block")));
        }
        Ok(())
    }

    fn send_whole(&self, mut data: &[u8]) -> Result<()> {
        while !data.is_empty() {
            let sent = self.send(data)?.ok_or_else(|| unexpected(Received::WouldBlock))?;
            data = &data[sent.min(data.len())..];
        }
        Ok(())
    }
}

/// The part of the buffer that was filled, if the answer can be true.
fn filled(buffer: &[u8], length: usize) -> Result<&[u8]> {
    let most = buffer.len();
    buffer
        .get(..length)
        .ok_or_else(|| Error::internal(format!("{length} bytes were put in a buffer of {most}")))
}

fn give_whole(mut data: &[u8], mut sink: impl FnMut(&[u8]) -> Result<usize>) -> Result<()> {
    while !data.is_empty() {
        let taken = sink(data)?;
        data = &data[taken.min(data.len())..];
    }
    Ok(())
}

fn unexpected(received: Received) -> Error {
    Error::internal(format!("a blocking stream answered {received:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::test_connection;
    use ferrovirt_core::ErrorCode;
    use parking_lot::Mutex;

    #[derive(Debug, Clone, PartialEq)]
    enum Step {
        Data(Vec<u8>),
        Hole(i64),
        Aborted,
    }

    /// Plays back steps, and notes what comes.
    #[derive(Default)]
    struct Tape {
        play: Mutex<Vec<Step>>,
        noted: Arc<Mutex<Vec<Step>>>,
    }

    impl StreamDriver for Tape {
        fn stream_send(&self, data: &[u8], _nonblock: bool) -> Result<Option<usize>> {
            // At most two bytes at a time, so that callers have to go on.
            let data = &data[..data.len().min(2)];
            self.noted.lock().push(Step::Data(data.to_vec()));
            Ok(Some(data.len()))
        }

        fn stream_recv(&self, buffer: &mut [u8], flags: u32, _nonblock: bool) -> Result<Received> {
            let mut play = self.play.lock();
            match play.first().cloned() {
                None => Ok(Received::Data(0)),
                Some(Step::Data(data)) => {
                    play.remove(0);
                    buffer[..data.len()].copy_from_slice(&data);
                    Ok(Received::Data(data.len()))
                }
                Some(_) if flags & VIR_STREAM_RECV_STOP_AT_HOLE != 0 => Ok(Received::Hole),
                Some(_) => Err(Error::internal("the tape has holes")),
            }
        }

        fn stream_recv_hole(&self, _flags: u32) -> Result<i64> {
            match self.play.lock().remove(0) {
                Step::Hole(length) => Ok(length),
                other => panic!("no hole but {other:?}"),
            }
        }

        fn stream_send_hole(&self, length: i64, _flags: u32) -> Result<()> {
            self.noted.lock().push(Step::Hole(length));
            Ok(())
        }

        fn stream_abort(&self) -> Result<()> {
            self.noted.lock().push(Step::Aborted);
            Ok(())
        }
    }

    fn open(flags: u32, play: Vec<Step>) -> (Stream, Arc<Mutex<Vec<Step>>>) {
        let stream = test_connection().new_stream(flags).unwrap();
        let tape = Tape { play: Mutex::new(play), ..Tape::default() };
        let noted = tape.noted.clone();
        stream.attach(Box::new(tape));
        (stream, noted)
    }

    struct Pieces(Vec<Step>);

    impl SparseSource for Pieces {
        fn section(&mut self) -> Result<(bool, i64)> {
            Ok(match self.0.first() {
                Some(Step::Data(data)) => (true, data.len() as i64),
                Some(Step::Hole(length)) => (false, *length),
                _ => (false, 0),
            })
        }

        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let Step::Data(data) = self.0.remove(0) else { panic!("read in a hole") };
            buffer[..data.len()].copy_from_slice(&data);
            Ok(data.len())
        }

        fn skip(&mut self, _length: i64) -> Result<()> {
            self.0.remove(0);
            Ok(())
        }
    }

    impl SparseSink for Pieces {
        fn write(&mut self, data: &[u8]) -> Result<usize> {
            self.0.push(Step::Data(data.to_vec()));
            Ok(data.len())
        }

        fn hole(&mut self, length: i64) -> Result<()> {
            self.0.push(Step::Hole(length));
            Ok(())
        }
    }

    #[test]
    fn short_sends_go_on_until_everything_is_sent() {
        let (stream, noted) = open(0, vec![]);
        let mut rest = vec![vec![4, 5], vec![1, 2, 3]];
        let source = |buffer: &mut [u8]| {
            let piece = rest.pop().unwrap_or_default();
            buffer[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        };
        stream.send_all(source).unwrap();
        let wanted = [vec![1, 2], vec![3], vec![4, 5]].map(Step::Data);
        assert_eq!(*noted.lock(), wanted);
    }

    #[test]
    fn holes_pass_in_both_directions() {
        let steps = vec![Step::Data(vec![1, 2]), Step::Hole(100), Step::Data(vec![3])];
        let (stream, noted) = open(0, steps.clone());
        let mut sink = Pieces(vec![]);
        stream.sparse_recv_all(&mut sink).unwrap();
        assert_eq!(sink.0, steps);
        stream.sparse_send_all(&mut Pieces(steps.clone())).unwrap();
        assert_eq!(*noted.lock(), steps);
    }

    #[test]
    fn a_handler_that_fails_aborts_the_stream() {
        let (stream, noted) = open(0, vec![Step::Data(vec![1])]);
        let err = stream.recv_all(|_| Err(Error::operation_failed("full"))).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationFailed);
        assert_eq!(*noted.lock(), [Step::Aborted]);
    }

    #[test]
    fn moving_everything_needs_a_stream_that_may_block() {
        let (stream, noted) = open(VIR_STREAM_NONBLOCK, vec![]);
        let err = stream.send_all(|_| Ok(0)).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationInvalid);
        assert_eq!(*noted.lock(), [Step::Aborted]);
    }

    #[test]
    fn an_empty_stream_can_only_be_aborted() {
        let stream = test_connection().new_stream(0).unwrap();
        stream.abort().unwrap();
        let err = stream.finish().unwrap_err();
        assert_eq!((err.code(), err.error_domain()), (ErrorCode::NoSupport, ErrorDomain::Streams));
    }
}
