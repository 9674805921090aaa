//! A stream on a file or a block device, whose holes may be told and kept.

use crate::fd_stream::FdStream;
use ferrovirt_core::driver::{Received, StreamDriver, StreamEventCallback};
use ferrovirt_core::{Error, ErrorDomain, Result};
use parking_lot::Mutex;
use rustix::fs::{FallocateFlags, FileType, SeekFrom, fallocate, fstat, ftruncate, seek};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// Moves data between the application and a file, from where the descriptor stands.
pub struct FileStream {
    stream: FdStream,
    /// The same open file, with the same position.
    file: OwnedFd,
    /// Where the stream ends, if it has an end before the file's.
    end: Option<u64>,
    /// Where the data ends that is being read; nothing is known before the first look.
    data_end: Mutex<u64>,
    /// Run once when the stream ends, however it does.
    at_end: Mutex<Option<AtEnd>>,
}

type AtEnd = Box<dyn FnOnce() + Send>;

impl FileStream {
    /// A stream on `length` bytes of `file` from byte `offset` on, or on all that there are for 0.
    pub fn new(file: OwnedFd, offset: u64, length: u64) -> Result<Self> {
        seek(&file, SeekFrom::Start(offset)).map_err(|err| failed(err, "go to where the stream begins"))?;
        let other = file.try_clone().map_err(|err| Error::system(err, "cannot share the stream's file"))?;
        let end = (length > 0).then(|| offset.saturating_add(length));
        let (data_end, at_end) = Default::default();
        Ok(Self { stream: FdStream::new(other)?, file, end, data_end, at_end })
    }

    /// Runs `act` once when the stream ends.
    pub fn then(self, act: impl FnOnce() + Send + 'static) -> Self {
        *self.at_end.lock() = Some(Box::new(act));
        self
    }

    fn position(&self) -> Result<u64> {
        rustix::fs::tell(&self.file).map_err(|err| failed(err, "tell where the stream is"))
    }

    /// How many bytes are left until the end of the stream.
    fn left(&self) -> Result<u64> {
        let at = self.position()?;
        Ok(self.end.map_or(u64::MAX, |end| end.saturating_sub(at)))
    }

    /// Where the data ends that begins here; `None` in a hole, and at the end of the file.
    fn data_end(&self, at: u64) -> Result<Option<u64>> {
        let mut known = self.data_end.lock();
        if *known > at {
            return Ok(Some(*known));
        }
        match seek(&self.file, SeekFrom::Data(at)) {
            Ok(data) if data > at => {
                self.back_to(at)?;
                Ok(None)
            }
            Ok(_) => {
                let end = seek(&self.file, SeekFrom::Hole(at)).map_err(|err| failed(err, "find a hole"))?;
                self.back_to(at)?;
                *known = end;
                Ok(Some(end))
            }
            Err(Errno::NXIO) => Ok(None),
            // Devices have no holes.
            Err(Errno::INVAL) => {
                *known = u64::MAX;
                Ok(Some(u64::MAX))
            }
            Err(err) => Err(failed(err, "find data")),
        }
    }

    fn back_to(&self, at: u64) -> Result<()> {
        seek(&self.file, SeekFrom::Start(at)).map(|_| ()).map_err(|err| failed(err, "go back"))
    }

    fn size(&self) -> Result<u64> {
        let stat = fstat(&self.file).map_err(|err| failed(err, "tell the file's size"))?;
        Ok(u64::try_from(stat.st_size).unwrap_or(0))
    }

    fn is_regular(&self) -> Result<bool> {
        let stat = fstat(&self.file).map_err(|err| failed(err, "tell what the file is"))?;
        Ok(FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
    }

    /// A file ends in a hole by its length.
    fn hole_in_file(&self, at: u64, end: u64) -> Result<()> {
        let size = self.size()?;
        if at < size {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            match fallocate(&self.file, flags, at, end.min(size) - at) {
                Ok(()) => {}
                Err(Errno::OPNOTSUPP) => self.write_zeros(at, end.min(size))?,
                Err(err) => return Err(failed(err, "make a hole")),
            }
        }
        if end > size {
            ftruncate(&self.file, end).map_err(|err| failed(err, "lengthen the file"))?;
        }
        self.back_to(end)
    }

    fn write_zeros(&self, from: u64, to: u64) -> Result<()> {
        let zeros = [0; 64 << 10];
        let mut at = from;
        while at < to {
            let count = usize::try_from(to - at).map_or(zeros.len(), |left| left.min(zeros.len()));
            let wrote = rustix::io::pwrite(&self.file, &zeros[..count], at);
            at += wrote.map_err(|err| failed(err, "write zeros"))? as u64;
        }
        self.back_to(to)
    }

    fn end_it(&self) {
        let act = self.at_end.lock().take();
        if let Some(act) = act {
            act();
        }
    }
}

fn failed(err: Errno, what: &str) -> Error {
    Error::system(err, format_args!("cannot {what}")).domain(ErrorDomain::Streams)
}

fn invalid(text: &str) -> Error {
    Error::invalid_arg(text).domain(ErrorDomain::Streams)
}

impl StreamDriver for FileStream {
    fn stream_send(&self, data: &[u8], nonblock: bool) -> Result<Option<usize>> {
        let left = usize::try_from(self.left()?).unwrap_or(usize::MAX);
        if left == 0 && !data.is_empty() {
            return Err(failed(Errno::NOSPC, "write past the end of the stream"));
        }
        self.stream.stream_send(&data[..data.len().min(left)], nonblock)
    }

    fn stream_recv(&self, buffer: &mut [u8], flags: u32, nonblock: bool) -> Result<Received> {
        let mut room = self.left()?;
        if flags & ferrovirt_core::abi::VIR_STREAM_RECV_STOP_AT_HOLE != 0 && room > 0 {
            let at = self.position()?;
            match self.data_end(at)? {
                Some(end) => room = room.min(end - at),
                None if at < self.size()? => return Ok(Received::Hole),
                None => {}
            }
        }
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(buffer.len());
        if room == 0 && !buffer.is_empty() {
            return Ok(Received::Data(0));
        }
        self.stream.stream_recv(&mut buffer[..room], 0, nonblock)
    }

    fn stream_send_hole(&self, length: i64, _flags: u32) -> Result<()> {
        let length = u64::try_from(length).map_err(|_| invalid("a hole can't be shorter than nothing"))?;
        let at = self.position()?;
        let end = at.checked_add(length).ok_or_else(|| invalid("the hole is longer than any file"))?;
        if self.end.is_some_and(|limit| end > limit) {
            return Err(failed(Errno::NOSPC, "make a hole past the end of the stream"));
        }
        if self.is_regular()? { self.hole_in_file(at, end) } else { self.write_zeros(at, end) }
    }

    fn stream_recv_hole(&self, _flags: u32) -> Result<i64> {
        let at = self.position()?;
        if self.data_end(at)?.is_some() {
            return Ok(0);
        }
        let data = match seek(&self.file, SeekFrom::Data(at)) {
            Ok(data) => data,
            Err(Errno::NXIO) => self.size()?.max(at),
            Err(err) => return Err(failed(err, "find data")),
        };
        let end = self.end.map_or(data, |end| data.min(end));
        self.back_to(end)?;
        Ok(i64::try_from(end - at).unwrap_or(i64::MAX))
    }

    fn stream_finish(&self) -> Result<()> {
        let outcome = self.stream.stream_finish();
        self.end_it();
        outcome
    }

    fn stream_abort(&self) -> Result<()> {
        let outcome = self.stream.stream_abort();
        self.end_it();
        outcome
    }

    fn stream_event_add_callback(&self, events: i32, callback: StreamEventCallback) -> Result<()> {
        self.stream.stream_event_add_callback(events, callback)
    }

    fn stream_event_update_callback(&self, events: i32) -> Result<()> {
        self.stream.stream_event_update_callback(events)
    }

    fn stream_event_remove_callback(&self) -> Result<()> {
        self.stream.stream_event_remove_callback()
    }
}

impl Drop for FileStream {
    fn drop(&mut self) {
        self.end_it();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::abi::VIR_STREAM_RECV_STOP_AT_HOLE;
    use std::fs::File;
    use std::io::{Read, Seek, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    const MIB: u64 = 1 << 20;

    fn sparse_file() -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![1; MIB as usize]).unwrap();
        file.set_len(3 * MIB).unwrap();
        file.rewind().unwrap();
        file
    }

    #[test]
    fn a_hole_is_told_and_skipped() {
        let stream = FileStream::new(sparse_file().into(), 0, 0).unwrap();
        let mut buffer = vec![0; 2 * MIB as usize];
        let mut recv = || stream.stream_recv(&mut buffer, VIR_STREAM_RECV_STOP_AT_HOLE, false).unwrap();
        let mut data = 0;
        while let Received::Data(count) = recv() {
            data += count as u64;
        }
        assert_eq!(data, MIB);
        assert_eq!(stream.stream_recv_hole(0).unwrap() as u64, 2 * MIB);
        assert_eq!(stream.stream_recv(&mut buffer, 0, false).unwrap(), Received::Data(0));
    }

    #[test]
    fn holes_that_are_sent_become_holes_and_the_limit_holds() {
        let mut file = sparse_file();
        let told = Arc::new(AtomicBool::new(false));
        let tell = told.clone();
        let stream = FileStream::new(file.try_clone().unwrap().into(), 0, 4 * MIB).unwrap();
        let stream = stream.then(move || tell.store(true, Ordering::Relaxed));
        stream.stream_send_hole(4 * MIB as i64 - 4, 0).unwrap();
        assert_eq!(stream.stream_send(b"abcdef", false).unwrap(), Some(4));
        assert!(stream.stream_send(b"x", false).is_err() && stream.stream_send_hole(1, 0).is_err());
        assert!(!told.load(Ordering::Relaxed));
        stream.stream_finish().unwrap();
        assert!(told.load(Ordering::Relaxed));
        let mut content = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut content).unwrap();
        let (zeros, end) = content.split_at(4 * MIB as usize - 4);
        assert!(end == b"abcd" && zeros.iter().all(|byte| *byte == 0));
    }
}
