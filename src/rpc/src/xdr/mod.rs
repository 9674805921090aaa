//! XDR (RFC 4506), as far as the protocol uses it: what is read off the wire is checked before anything is allocated.

mod containers;
mod primitive;
#[cfg(any(test, feature = "samples"))]
pub(crate) mod sample;

pub use containers::{CharArray, CharBytes, CharList, List, Opaque};

use crate::limits::{MESSAGE_MAX, STRING_MAX};
use crate::procedure::Object;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};

/// A value that has a form on the wire. No type of the protocol contains itself, so decoding never recurses without bound.
pub trait Xdr: Sized {
    /// No value takes fewer bytes than this: a list can't have more members than its bytes have room for.
    const MIN_SIZE: usize;

    fn encode(&self, out: &mut Encoder) -> Result<()>;
    fn decode(input: &mut Decoder<'_>) -> Result<Self>;

    /// The value where it is an unsigned number, such as a word of flags: access rules look at those.
    fn as_word(&self) -> Option<u32> {
        None
    }

    /// The value where it is a text, such as the name of a device.
    fn as_text(&self) -> Option<&str> {
        None
    }

    /// Whether values say which object they are about.
    const NAMES_OBJECT: bool = false;

    /// Which object it is about: access rules look at those.
    fn as_object(&self) -> Option<Object> {
        None
    }
}

/// A failure of the wire itself (`VIR_ERR_RPC`).
pub(crate) fn wire_error(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::Rpc, detail).domain(ErrorDomain::Rpc)
}

/// Appends values to a message.
#[derive(Debug, Default)]
pub struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Makes room for so many more bytes, as long as they can be part of a message.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes.min(MESSAGE_MAX));
    }

    pub(crate) fn put_u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn put_u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// Bytes without their length, filled up with zeros to a multiple of four.
    pub(crate) fn put_fixed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(self.bytes.len() + padding(bytes.len()), 0);
    }

    /// The count before a list, an opaque or a string of at most `max`.
    pub(crate) fn put_length(&mut self, length: usize, max: usize, what: &str) -> Result<()> {
        match u32::try_from(length) {
            Ok(word) if length <= max => {
                self.put_u32(word);
                Ok(())
            }
            _ => {
                Err(wire_error(format!("{what} of {length} is more than the {max} that the protocol allows")))
            }
        }
    }

    pub(crate) fn put_string(&mut self, text: &str) -> Result<()> {
        self.put_length(text.len(), STRING_MAX, "a string")?;
        self.put_fixed(text.as_bytes());
        Ok(())
    }

    /// Bytes as they are: the payload of a stream, or a message that is encoded already.
    pub(crate) fn put_raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn patch_u32(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
}

/// What to do with text that is not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    /// From clients: refused.
    Strict,
    /// From the daemon that we asked: what can be read of it is better than nothing.
    Lossy,
}

/// Reads values off a message.
#[derive(Debug)]
pub struct Decoder<'a> {
    rest: &'a [u8],
    text: Text,
}

impl<'a> Decoder<'a> {
    /// For what a client sends: text that is not UTF-8, or has a NUL in it, is refused.
    pub fn strict(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, text: Text::Strict }
    }

    /// For what a daemon answers: text ends at its first NUL, as in C, and what is not UTF-8 in it is replaced.
    pub fn lossy(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, text: Text::Lossy }
    }

    /// How many bytes have not been read yet. A message may have more than its structure needs; libvirt ignores the rest, too.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(wire_error(format!(
                "the message ends too early: {count} bytes are wanted and {} are left",
                self.rest.len()
            ))),
        }
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn take_u32(&mut self) -> Result<u32> {
        self.take_array().map(u32::from_be_bytes)
    }

    pub(crate) fn take_u64(&mut self) -> Result<u64> {
        self.take_array().map(u64::from_be_bytes)
    }

    /// Bytes without their length, and what fills them up.
    pub(crate) fn take_fixed(&mut self, count: usize) -> Result<&'a [u8]> {
        let bytes = self.take(count)?;
        self.take(padding(count))?;
        Ok(bytes)
    }

    /// A count of at most `max` things that take `size` bytes or more each: so many that the message can hold them.
    pub(crate) fn take_length(&mut self, max: usize, size: usize, what: &str) -> Result<usize> {
        let length = self.take_u32()? as usize;
        if length > max {
            return Err(wire_error(format!(
                "{what} of {length} is more than the {max} that the protocol allows"
            )));
        }
        if length.saturating_mul(size) > self.rest.len() {
            let left = self.rest.len();
            return Err(wire_error(format!(
                "{what} of {length} does not fit into the {left} bytes that are left"
            )));
        }
        Ok(length)
    }

    pub(crate) fn take_string(&mut self) -> Result<&'a [u8]> {
        let length = self.take_length(STRING_MAX, 1, "a string")?;
        self.take_fixed(length)
    }

    pub(crate) fn take_text(&mut self) -> Result<std::borrow::Cow<'a, str>> {
        let bytes = self.take_string()?;
        match self.text {
            Text::Lossy => {
                let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
                Ok(String::from_utf8_lossy(&bytes[..end]))
            }
            Text::Strict if bytes.contains(&0) => Err(wire_error("a string has a NUL in it")),
            Text::Strict => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.into()),
                Err(err) => Err(wire_error(format!("a string is not UTF-8: {err}"))),
            },
        }
    }
}

/// How many bytes fill `length` up to a multiple of four.
fn padding(length: usize) -> usize {
    length.wrapping_neg() & 3
}

/// Declares structures of the wire: their fields, in the order in which they are sent.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $ty:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $(pub $field: $ty,)* }

        impl $crate::xdr::Xdr for $name {
            const MIN_SIZE: usize = 0 $(+ <$ty as $crate::xdr::Xdr>::MIN_SIZE)*;

            #[allow(unused_variables)]
            fn encode(&self, out: &mut $crate::xdr::Encoder) -> ferrovirt_core::Result<()> {
                $($crate::xdr::Xdr::encode(&self.$field, out)?;)*
                Ok(())
            }

            #[allow(unused_variables)]
            fn decode(input: &mut $crate::xdr::Decoder<'_>) -> ferrovirt_core::Result<Self> {
                Ok(Self { $($field: $crate::xdr::Xdr::decode(input)?,)* })
            }
        }

        #[cfg(any(test, feature = "samples"))]
        impl $crate::xdr::sample::Sample for $name {
            #[allow(unused_variables)]
            fn sample(from: &mut $crate::xdr::sample::Source) -> Self {
                Self { $($field: $crate::xdr::sample::Sample::sample(from),)* }
            }
        }
    )*};
}
pub(crate) use records;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_checked_against_the_protocol_and_against_the_message() {
        let four_billion = [0xff; 8];
        assert!(Decoder::strict(&four_billion).take_length(16384, 4, "a list").is_err());
        let thousand = [0, 0, 3, 0xe8, 0, 0, 0, 0];
        let err = Decoder::strict(&thousand).take_length(16384, 4, "a list").unwrap_err();
        assert!(err.message().contains("does not fit"), "{err}");
        assert_eq!(err.code(), ErrorCode::Rpc);
    }

    #[test]
    fn strings_of_clients_are_text_and_those_of_daemons_are_made_so() {
        let latin1 = [0, 0, 0, 2, b'a', 0xe4, 0, 0];
        assert!(Decoder::strict(&latin1).take_text().is_err());
        assert_eq!(Decoder::lossy(&latin1).take_text().unwrap(), "a\u{fffd}");
        let nul = [0, 0, 0, 3, b'a', 0, b'b', 0];
        assert!(Decoder::strict(&nul).take_text().is_err());
        assert_eq!(Decoder::lossy(&nul).take_text().unwrap(), "a");
    }

    #[test]
    fn what_fills_up_must_be_there() {
        assert!(Decoder::strict(&[0, 0, 0, 1, b'a']).take_text().is_err());
        assert_eq!(Decoder::strict(&[0, 0, 0, 1, b'a', 9, 9, 9]).take_text().unwrap(), "a");
    }
}
