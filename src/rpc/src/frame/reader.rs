//! Cuts messages out of the bytes of a socket, whoever reads them: it does no I/O.

use super::{Header, Message};
use crate::limits::{LENGTH_SIZE, MESSAGE_INITIAL, MESSAGE_MAX, NUM_FDS_MAX};
use crate::xdr::{Decoder, Xdr, wire_error};
use ferrovirt_core::Result;
use std::collections::VecDeque;
use std::ops::Range;
use std::os::fd::OwnedFd;

/// How many times as much memory as bytes that have come.
const GROWTH: usize = 16;

/// Collects bytes and descriptors, and gives messages back.
///
/// Memory grows with what has come in: a length that is announced makes room for [`GROWTH`] times as much at most.
#[derive(Debug)]
pub struct FrameReader {
    buffer: Vec<u8>,
    /// What of the buffer has been used up, and how far it is filled.
    start: usize,
    end: usize,
    fds: VecDeque<OwnedFd>,
}

impl Default for FrameReader {
    fn default() -> Self {
        Self { buffer: vec![0; MESSAGE_INITIAL], start: 0, end: 0, fds: VecDeque::new() }
    }
}

impl FrameReader {
    pub fn new() -> Self {
        Self::default()
    }

    /// Room for more bytes; never empty.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            // A rare large message does not keep its memory.
            if self.buffer.len() > 4 * MESSAGE_INITIAL {
                self.buffer = vec![0; MESSAGE_INITIAL];
            }
        }
        if self.end == self.buffer.len() && self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buffer.len() {
            let wanted = announced(&self.buffer).ok().flatten().unwrap_or(0);
            let room = self.buffer.len();
            self.buffer.resize(wanted.clamp(2 * room, GROWTH * room), 0);
        }
        &mut self.buffer[self.end..]
    }

    /// Says that `count` bytes were put into [`FrameReader::space`], and that these descriptors came with the last of them.
    pub fn filled(&mut self, count: usize, fds: impl IntoIterator<Item = OwnedFd>) -> Result<()> {
        self.end += count;
        debug_assert!(self.end <= self.buffer.len());
        self.fds.extend(fds);
        if self.fds.len() > NUM_FDS_MAX {
            return Err(wire_error(format!(
                "more than {NUM_FDS_MAX} descriptors came that belong to no message"
            )));
        }
        Ok(())
    }

    /// Whether a message has begun of which not everything is there.
    pub fn is_amid(&self) -> bool {
        self.start < self.end
    }

    /// The next message, once all of it is there. After an error no more can be read: where the next one begins is not known.
    pub fn next_message(&mut self) -> Result<Option<Message>> {
        let bytes = &self.buffer[self.start..self.end];
        let Some(length) = announced(bytes)? else { return Ok(None) };
        if bytes.len() < length {
            return Ok(None);
        }
        let mut input = Decoder::strict(&bytes[LENGTH_SIZE..length]);
        let header = Header::decode(&mut input)?;
        let fd_count = if header.has_fds() { announced_fds(&mut input)? } else { 0 };
        // A byte follows for each descriptor, which only carries it.
        if bytes.len() < length + fd_count {
            return Ok(None);
        }
        if self.fds.len() < fd_count {
            let came = self.fds.len();
            return Err(wire_error(format!("a message announces {fd_count} descriptors and {came} came")));
        }
        let payload = length - input.remaining()..length;
        let fds = self.fds.drain(..fd_count).collect();
        let payload = self.take(payload, length + fd_count);
        Ok(Some(Message { header, payload, fds }))
    }

    /// Takes a part of the next `length` bytes, and uses them up.
    fn take(&mut self, part: Range<usize>, length: usize) -> Vec<u8> {
        if length <= MESSAGE_INITIAL || (self.start, self.end) != (0, length) {
            let all = &self.buffer[self.start..self.start + length];
            self.start += length;
            return all[part].to_vec();
        }
        // A rare large message takes the memory with it that it has come in.
        let mut all = std::mem::replace(&mut self.buffer, vec![0; MESSAGE_INITIAL]);
        self.end = 0;
        all.truncate(part.end);
        all.drain(..part.start);
        all
    }
}

/// The length of the message that begins here, with the length itself.
fn announced(bytes: &[u8]) -> Result<Option<usize>> {
    let Some((word, _)) = bytes.split_first_chunk() else { return Ok(None) };
    let length = u32::from_be_bytes(*word) as usize;
    if length < LENGTH_SIZE + Header::SIZE {
        return Err(wire_error(format!("a message of {length} bytes has no room for its header")));
    }
    if length > LENGTH_SIZE + MESSAGE_MAX {
        return Err(wire_error(format!(
            "a message of {length} bytes is more than the {MESSAGE_MAX} that the protocol allows"
        )));
    }
    Ok(Some(length))
}

fn announced_fds(input: &mut Decoder<'_>) -> Result<usize> {
    let count = input.take_u32()? as usize;
    if count > NUM_FDS_MAX {
        return Err(wire_error(format!("{count} descriptors are more than the {NUM_FDS_MAX} of a message")));
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::super::{OutgoingMessage, Status};
    use super::*;
    use crate::program::Program;
    use proptest::prelude::*;
    use std::fs::File;

    fn feed(reader: &mut FrameReader, mut bytes: &[u8]) -> Result<Vec<Message>> {
        let mut messages = Vec::new();
        while !bytes.is_empty() {
            let space = reader.space();
            let count = space.len().min(bytes.len());
            space[..count].copy_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
            reader.filled(count, None)?;
            while let Some(message) = reader.next_message()? {
                messages.push(message);
            }
        }
        Ok(messages)
    }

    fn packet(serial: u32, data: &[u8]) -> Vec<u8> {
        let header = Header::call(Program::Remote, 209, serial).stream(Status::Continue);
        OutgoingMessage::stream(header, data).unwrap().bytes
    }

    #[test]
    fn lengths_out_of_bounds_end_the_connection_before_memory_is_taken() {
        for length in [0u32, 3, 27, MESSAGE_MAX as u32 + 5, u32::MAX] {
            let mut reader = FrameReader::new();
            assert!(feed(&mut reader, &length.to_be_bytes()).is_err(), "{length}");
        }
        let mut reader = FrameReader::new();
        feed(&mut reader, &(MESSAGE_MAX as u32 + 4).to_be_bytes()).unwrap();
        assert_eq!(reader.buffer.len(), MESSAGE_INITIAL);
    }

    #[test]
    fn a_large_message_gives_its_memory_back() {
        let mut reader = FrameReader::new();
        let data = vec![7; 3_000_000];
        let messages = feed(&mut reader, &packet(1, &data)).unwrap();
        assert_eq!(messages[0].payload, data);
        reader.space();
        assert_eq!(reader.buffer.len(), MESSAGE_INITIAL);
    }

    #[test]
    fn descriptors_are_given_to_the_message_that_announces_them() {
        let file = || File::open("/dev/null").unwrap().into();
        let header = Header::call(Program::Remote, 350, 3);
        let message = OutgoingMessage::with_fds(header, &5u32, vec![file(), file()]).unwrap();
        let mut reader = FrameReader::new();
        assert!(feed(&mut reader, message.bytes()).unwrap().is_empty());
        reader.space()[..2].fill(0);
        reader.filled(2, [file(), file()]).unwrap();
        let received = reader.next_message().unwrap().unwrap();
        assert_eq!((received.fds.len(), received.payload.as_slice()), (2, &[0, 0, 0, 5][..]));
        assert_eq!(feed(&mut reader, &packet(4, b"next")).unwrap()[0].payload, b"next");

        let mut reader = FrameReader::new();
        feed(&mut reader, message.bytes()).unwrap();
        assert!(feed(&mut reader, &[0, 0]).is_err(), "the bytes came without descriptors");
    }

    proptest! {
        #[test]
        fn messages_come_out_however_the_bytes_are_cut(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..6),
            cuts in proptest::collection::vec(1usize..400, 1..20),
        ) {
            let stream: Vec<u8> = payloads.iter().zip(1..).flat_map(|(data, serial)| packet(serial, data)).collect();
            let mut reader = FrameReader::new();
            let (mut rest, mut received) = (&stream[..], Vec::new());
            for cut in cuts.into_iter().cycle() {
                let (part, others) = rest.split_at(cut.min(rest.len()));
                received.extend(feed(&mut reader, part)?.into_iter().map(|message| message.payload));
                rest = others;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(received, payloads);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let _ = feed(&mut FrameReader::new(), &bytes);
            let framed = [&(bytes.len() as u32 + 4).to_be_bytes()[..], &bytes].concat();
            let _ = feed(&mut FrameReader::new(), &framed);
        }
    }
}
