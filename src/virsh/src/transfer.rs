//! Streams into and out of local files.

use crate::failure::{OrSay, Outcome, fail};
use ferrovirt::{Error, SparseSink, SparseSource, Stream};
use rustix::fs::SeekFrom;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;

/// Most that a document may hold.
const DOCUMENT_MAX: u64 = 10 * 1024 * 1024;

/// Reads a document that the user named; pipes are fine.
pub fn read_document(path: &str) -> Outcome<String> {
    let read = || -> std::io::Result<String> {
        let mut text = String::new();
        File::open(path)?.take(DOCUMENT_MAX + 1).read_to_string(&mut text)?;
        Ok(text)
    };
    match read() {
        Ok(text) if text.len() as u64 <= DOCUMENT_MAX => Ok(text),
        Ok(_) => Err(Error::system(rustix::io::Errno::FBIG, format!("Failed to read file '{path}'")).into()),
        Err(err) if err.kind() == std::io::ErrorKind::InvalidData => {
            fail!("Failed to read file '{path}': it is not UTF-8 text")
        }
        Err(err) => Err(Error::system(err, format!("Failed to open file '{path}'")).into()),
    }
}

/// A file to write what is received into; one that is there is overwritten.
pub fn create(path: &str) -> Outcome<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o666).open(path) {
        Err(err) if err.kind() == std::io::ErrorKind::AlreadyExists => {
            match std::fs::OpenOptions::new().write(true).truncate(true).open(path) {
                Ok(file) => Ok(file),
                Err(_) => fail!("cannot create file {path}"),
            }
        }
        Ok(file) => Ok(file),
        Err(_) => fail!("cannot create file {path}"),
    }
}

/// Receives all there is into `file`.
pub fn receive(stream: &Stream, file: &mut File, what: impl Fn() -> String) -> Outcome {
    stream.recv_all(|data| write_all(file, data)).or_say(&what)?;
    stream.finish().or_say(what)
}

fn write_all(mut file: &File, data: &[u8]) -> ferrovirt::Result<usize> {
    file.write_all(data).map_err(|err| Error::system(err, "cannot write what was received"))?;
    Ok(data.len())
}

/// Sends all of `file`.
pub fn send(stream: &Stream, file: &mut File) -> ferrovirt::Result<()> {
    stream.send_all(|buffer| read_some(file, buffer))
}

fn read_some(mut file: &File, buffer: &mut [u8]) -> ferrovirt::Result<usize> {
    file.read(buffer).map_err(|err| Error::system(err, "cannot read what is to be sent"))
}

/// A file whose holes are sent and received as holes.
pub struct SparseFile(pub File);

impl SparseSource for SparseFile {
    fn section(&mut self) -> ferrovirt::Result<(bool, i64)> {
        let failed = |err| Error::system(err, "cannot tell data from holes");
        let file = self.0.as_fd();
        let here = rustix::fs::seek(file, SeekFrom::Current(0)).map_err(failed)?;
        let end = rustix::fs::fstat(file).map_err(failed)?.st_size as u64;
        let data = match rustix::fs::seek(file, SeekFrom::Data(here)) {
            Ok(data) => data,
            Err(rustix::io::Errno::NXIO) => end,
            Err(err) => return Err(failed(err)),
        };
        let (in_data, until) = if data == here && here < end {
            (true, rustix::fs::seek(file, SeekFrom::Hole(here)).map_err(failed)?)
        } else {
            (false, data)
        };
        rustix::fs::seek(file, SeekFrom::Start(here)).map_err(failed)?;
        Ok((in_data, (until - here) as i64))
    }

    fn read(&mut self, buffer: &mut [u8]) -> ferrovirt::Result<usize> {
        read_some(&self.0, buffer)
    }

    fn skip(&mut self, length: i64) -> ferrovirt::Result<()> {
        rustix::fs::seek(self.0.as_fd(), SeekFrom::Current(length))
            .map(drop)
            .map_err(|err| Error::system(err, "cannot go past a hole"))
    }
}

impl SparseSink for SparseFile {
    fn write(&mut self, data: &[u8]) -> ferrovirt::Result<usize> {
        write_all(&self.0, data)
    }

    fn hole(&mut self, length: i64) -> ferrovirt::Result<()> {
        let failed = |err| Error::system(err, "cannot leave a hole");
        let here = rustix::fs::seek(self.0.as_fd(), SeekFrom::Current(length)).map_err(failed)?;
        rustix::fs::ftruncate(self.0.as_fd(), here).map_err(failed)
    }
}
