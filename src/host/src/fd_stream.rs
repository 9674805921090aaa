//! A stream on a descriptor: a pseudo terminal, a socket, a file.

use ferrovirt_core::abi::{VIR_STREAM_EVENT_ERROR, VIR_STREAM_EVENT_READABLE, VIR_STREAM_EVENT_WRITABLE};
use ferrovirt_core::driver::{Received, StreamDriver, StreamEventCallback};
use ferrovirt_core::{Error, ErrorDomain, Result, event_loop};
use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::any::Any;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Weak};

/// The descriptor while the stream is open. Nobody waits with the lock held: a waiting call has its own reference.
type Slot = Arc<Mutex<Option<Arc<OwnedFd>>>>;

/// Closes a stream that somebody else holds.
#[derive(Clone)]
pub struct Closer(Weak<Mutex<Option<Arc<OwnedFd>>>>);

impl Closer {
    /// Whether the stream is still open.
    pub fn is_open(&self) -> bool {
        self.0.upgrade().is_some_and(|slot| slot.lock().is_some())
    }

    /// The next call on the stream is told that it is closed.
    pub fn close(&self) {
        if let Some(slot) = self.0.upgrade() {
            *slot.lock() = None;
        }
    }
}

/// Who is told of the descriptor's events.
struct Watch {
    id: i32,
    events: i32,
    callback: Arc<StreamEventCallback>,
    /// It has been told that the stream was aborted.
    aborted: bool,
}

/// What a stream can be waited for; an error is told without being asked for.
const DATA: i32 = (VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_WRITABLE) as i32;

/// Moves data between the application and a descriptor.
pub struct FdStream {
    fd: Slot,
    watch: Mutex<Option<Watch>>,
    /// How many bytes may still be read; `None` without a limit.
    left: Mutex<Option<u64>>,
    /// What must stay as long as the stream is open, such as a temporary file.
    _keep: Option<Box<dyn Any + Send + Sync>>,
}

impl FdStream {
    /// A stream on `fd`, which is made non-blocking: waiting is done by poll, so that an end from elsewhere is seen.
    pub fn new(fd: OwnedFd) -> Result<Self> {
        rustix::io::ioctl_fionbio(&fd, true)
            .map_err(|err| Error::system(err, "cannot set up the stream's descriptor"))?;
        let fd = Arc::new(Mutex::new(Some(Arc::new(fd))));
        Ok(Self { fd, watch: Mutex::new(None), left: Mutex::new(None), _keep: None })
    }

    /// Ends the data after `length` bytes.
    pub fn limited(mut self, length: u64) -> Self {
        self.left = Mutex::new(Some(length));
        self
    }

    /// Keeps `thing` as long as the stream is open.
    pub fn keeping(mut self, thing: impl Any + Send + Sync) -> Self {
        self._keep = Some(Box::new(thing));
        self
    }

    /// What closes this stream from elsewhere.
    pub fn closer(&self) -> Closer {
        Closer(Arc::downgrade(&self.fd))
    }

    fn with_fd<T>(&self, work: impl FnOnce(&OwnedFd) -> Result<T>) -> Result<T> {
        let fd = self.fd.lock().clone();
        match fd {
            Some(fd) => work(&fd),
            None => Err(Error::internal("the stream is not open any more").domain(ErrorDomain::Streams)),
        }
    }

    fn close(&self) {
        self.forget_watch();
        *self.fd.lock() = None;
    }

    fn forget_watch(&self) {
        if let (Some(watch), Some(event_loop)) = (self.watch.lock().take(), event_loop::current())
            && let Err(err) = event_loop.remove_handle(watch.id)
        {
            tracing::debug!(%err, "a stream's watch was gone already");
        }
    }
}

impl Watch {
    /// Whom to tell that the stream is aborted, if that has not been done.
    fn abort(&mut self) -> Option<Arc<StreamEventCallback>> {
        let waits = self.events & DATA != 0 && !self.aborted;
        self.aborted |= waits;
        waits.then(|| self.callback.clone())
    }
}

/// Tries until it is done, waiting in between unless `nonblock`; `None` where it would have to wait.
fn persist<T>(
    fd: &OwnedFd,
    wanted: PollFlags,
    nonblock: bool,
    mut attempt: impl FnMut() -> Result<T, Errno>,
) -> Result<Option<T>> {
    loop {
        match attempt() {
            Ok(value) => return Ok(Some(value)),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if nonblock => return Ok(None),
            Err(Errno::AGAIN) => match poll(&mut [PollFd::new(fd, wanted)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(err) => return Err(failed(err)),
            },
            Err(err) => return Err(failed(err)),
        }
    }
}

fn failed(err: Errno) -> Error {
    Error::system(err, "cannot move data on the stream").domain(ErrorDomain::Streams)
}

impl StreamDriver for FdStream {
    fn stream_send(&self, data: &[u8], nonblock: bool) -> Result<Option<usize>> {
        self.with_fd(|fd| persist(fd, PollFlags::OUT, nonblock, || rustix::io::write(fd, data)))
    }

    fn stream_recv(&self, buffer: &mut [u8], _flags: u32, nonblock: bool) -> Result<Received> {
        let mut left = self.left.lock();
        let room =
            left.map_or(buffer.len(), |left| buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        if room == 0 && !buffer.is_empty() {
            return Ok(Received::Data(0));
        }
        let buffer = &mut buffer[..room];
        let read = self.with_fd(|fd| {
            persist(fd, PollFlags::IN, nonblock, || match rustix::io::read(fd, &mut *buffer) {
                // A pseudo terminal whose other side is closed tells its end in this way.
                Err(Errno::IO) => Ok(0),
                other => other,
            })
        })?;
        let Some(count) = read else { return Ok(Received::WouldBlock) };
        if let Some(left) = &mut *left {
            *left -= count as u64;
        }
        Ok(Received::Data(count))
    }

    fn stream_finish(&self) -> Result<()> {
        self.close();
        Ok(())
    }

    /// Who waits for data is told of an error, once: the closed descriptor tells nothing any more.
    fn stream_abort(&self) -> Result<()> {
        let waiting = self.watch.lock().as_mut().and_then(Watch::abort);
        if let Some(callback) = waiting {
            callback(VIR_STREAM_EVENT_ERROR as i32);
        }
        self.close();
        Ok(())
    }

    fn stream_event_add_callback(&self, events: i32, callback: StreamEventCallback) -> Result<()> {
        let mut watch = self.watch.lock();
        if watch.is_some() {
            return Err(
                Error::internal("the stream has an event callback already").domain(ErrorDomain::Streams)
            );
        }
        let event_loop = event_loop::current()
            .ok_or_else(|| Error::internal("no event loop is registered").domain(ErrorDomain::Streams))?;
        let raw = self.with_fd(|fd| Ok(fd.as_raw_fd()))?;
        // The two enumerations have the same numbers for readable, writable, error and hang-up.
        let callback = Arc::new(callback);
        let called = callback.clone();
        let call = move |_watch, _fd, happened| called(happened);
        let id = event_loop.add_handle(raw, events, Box::new(call))?;
        *watch = Some(Watch { id, events, callback, aborted: false });
        Ok(())
    }

    fn stream_event_update_callback(&self, events: i32) -> Result<()> {
        let mut watch = self.watch.lock();
        match (watch.as_mut(), event_loop::current()) {
            (Some(watch), Some(event_loop)) => {
                watch.events = events;
                event_loop.update_handle(watch.id, events);
                Ok(())
            }
            _ => Err(Error::internal("the stream has no event callback").domain(ErrorDomain::Streams)),
        }
    }

    fn stream_event_remove_callback(&self) -> Result<()> {
        if self.watch.lock().is_none() {
            return Err(Error::internal("the stream has no event callback").domain(ErrorDomain::Streams));
        }
        self.forget_watch();
        Ok(())
    }
}

impl Drop for FdStream {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;

    fn pair() -> (FdStream, OwnedFd) {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        (FdStream::new(ours.into()).unwrap(), theirs.into())
    }

    #[test]
    fn data_goes_both_ways_and_a_closed_stream_says_so() {
        let (stream, other) = pair();
        assert_eq!(stream.stream_send(b"ping", true).unwrap(), Some(4));
        let mut buffer = [0; 16];
        assert_eq!(rustix::io::read(&other, &mut buffer).unwrap(), 4);
        assert_eq!(stream.stream_recv(&mut buffer, 0, true).unwrap(), Received::WouldBlock);
        rustix::io::write(&other, b"pong!").unwrap();
        assert_eq!(stream.stream_recv(&mut buffer, 0, false).unwrap(), Received::Data(5));
        drop(other);
        assert_eq!(stream.stream_recv(&mut buffer, 0, false).unwrap(), Received::Data(0));
        stream.stream_finish().unwrap();
        assert_eq!(stream.stream_send(b"x", true).unwrap_err().code(), ErrorCode::Internal);
    }

    #[test]
    fn a_closer_ends_a_stream_that_somebody_else_holds() {
        let (stream, _other) = pair();
        let closer = stream.closer();
        assert!(closer.is_open());
        closer.close();
        assert!(!closer.is_open() && stream.stream_send(b"x", true).is_err());
    }

    #[test]
    fn a_limited_stream_ends_at_its_limit() {
        let (stream, other) = pair();
        let stream = stream.limited(3);
        rustix::io::write(&other, b"abcdef").unwrap();
        let mut buffer = [0; 16];
        assert_eq!(stream.stream_recv(&mut buffer, 0, false).unwrap(), Received::Data(3));
        assert_eq!(stream.stream_recv(&mut buffer, 0, false).unwrap(), Received::Data(0));
    }
}
