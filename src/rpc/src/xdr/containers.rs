//! Lists and bytes with the limits that the protocol sets for them.

use super::{Decoder, Encoder, Xdr};
use ferrovirt_core::Result;
use std::ops::Deref;

/// At most `MAX` values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T, const MAX: usize>(pub Vec<T>);

/// At most `MAX` bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Opaque<const MAX: usize>(pub Vec<u8>);

/// Text as a list of at most `MAX` characters, each of which takes a word. C counts the final NUL, and so do we.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharList<const MAX: usize>(pub String);

/// At most `MAX` bytes, each of which takes a word: how old parts of the protocol pass what is not text.
#[derive(Clone, PartialEq, Eq)]
pub struct CharBytes<const MAX: usize>(pub Vec<u8>);

/// Text in exactly `SIZE` characters, the last of which are NULs, each of which takes a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharArray<const SIZE: usize>(pub String);

impl<T, const MAX: usize> Deref for List<T, MAX> {
    type Target = Vec<T>;
    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T, const MAX: usize> From<Vec<T>> for List<T, MAX> {
    fn from(values: Vec<T>) -> Self {
        Self(values)
    }
}

impl<T, const MAX: usize> FromIterator<T> for List<T, MAX> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl<T, const MAX: usize> IntoIterator for List<T, MAX> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<const MAX: usize> Deref for Opaque<MAX> {
    type Target = Vec<u8>;
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl<const MAX: usize> From<Vec<u8>> for Opaque<MAX> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl<const MAX: usize> From<&[u8]> for Opaque<MAX> {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

/// Shows how many bytes there are, never which: secrets pass through here.
impl<const MAX: usize> std::fmt::Debug for Opaque<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opaque({} bytes)", self.0.len())
    }
}

impl<T: Xdr, const MAX: usize> Xdr for List<T, MAX> {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_length(self.0.len(), MAX, "a list")?;
        let Some((first, rest)) = self.0.split_first() else { return Ok(()) };
        let before = out.len();
        first.encode(out)?;
        // Members are much alike: room for all at once spares a long list most of its copies.
        out.reserve((out.len() - before) * rest.len());
        rest.iter().try_for_each(|value| value.encode(out))
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        const { assert!(T::MIN_SIZE > 0, "members without bytes would make the message's size no limit") };
        let length = input.take_length(MAX, T::MIN_SIZE, "a list")?;
        let mut values = Vec::with_capacity(length);
        for _ in 0..length {
            values.push(T::decode(input)?);
        }
        Ok(Self(values))
    }
}

impl<const MAX: usize> Xdr for Opaque<MAX> {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_length(self.0.len(), MAX, "data")?;
        out.put_fixed(&self.0);
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        let length = input.take_length(MAX, 1, "data")?;
        Ok(Self(input.take_fixed(length)?.to_vec()))
    }
}

impl<const MAX: usize> Xdr for CharList<MAX> {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_length(self.0.len() + 1, MAX, "text")?;
        self.0.bytes().chain([0]).for_each(|byte| out.put_u32(char_word(byte)));
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        let length = input.take_length(MAX, 4, "text")?;
        take_chars(input, length).map(Self)
    }
}

/// Shows how many bytes there are, never which: passwords pass through here.
impl<const MAX: usize> std::fmt::Debug for CharBytes<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CharBytes({} bytes)", self.0.len())
    }
}

impl<const MAX: usize> Xdr for CharBytes<MAX> {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_length(self.0.len(), MAX, "data")?;
        self.0.iter().for_each(|byte| out.put_u32(char_word(*byte)));
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        let length = input.take_length(MAX, 4, "data")?;
        Ok(Self(input.take(4 * length)?.chunks_exact(4).map(|word| word[3]).collect()))
    }
}

impl<const SIZE: usize> Xdr for CharArray<SIZE> {
    const MIN_SIZE: usize = 4 * SIZE;

    /// What does not fit is cut off, between characters.
    fn encode(&self, out: &mut Encoder) -> Result<()> {
        let end = (0..SIZE).rev().find(|end| self.0.is_char_boundary(*end)).unwrap_or(0);
        let text = self.0.get(..end).unwrap_or(&self.0);
        text.bytes().chain(std::iter::repeat(0)).take(SIZE).for_each(|byte| out.put_u32(char_word(byte)));
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        take_chars(input, SIZE).map(Self)
    }
}

/// A `char` is signed on the machines that made the protocol.
fn char_word(byte: u8) -> u32 {
    i32::from(byte as i8) as u32
}

fn take_chars(input: &mut Decoder<'_>, count: usize) -> Result<String> {
    let words = input.take(4 * count)?;
    let bytes: Vec<u8> = words.chunks_exact(4).map(|word| word[3]).take_while(|byte| *byte != 0).collect();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_in_both_directions() {
        let three: List<u32, 2> = vec![1, 2, 3].into();
        assert!(three.encode(&mut Encoder::new()).is_err());
        let bytes = [0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        assert!(List::<u32, 2>::decode(&mut Decoder::strict(&bytes)).is_err());
        assert_eq!(*List::<u32, 3>::decode(&mut Decoder::strict(&bytes)).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn characters_take_a_word_each() {
        let mut out = Encoder::new();
        CharList::<4>("ab".into()).encode(&mut out).unwrap();
        let bytes = out.into_bytes();
        assert_eq!(bytes, [0, 0, 0, 3, 0, 0, 0, b'a', 0, 0, 0, b'b', 0, 0, 0, 0]);
        assert!(CharList::<2>("ab".into()).encode(&mut Encoder::new()).is_err());
        let mut out = Encoder::new();
        CharArray::<4>("abcdef".into()).encode(&mut out).unwrap();
        let bytes = out.into_bytes();
        assert_eq!(bytes.len(), 16);
        assert_eq!(CharArray::<4>::decode(&mut Decoder::strict(&bytes)).unwrap().0, "abc");
    }
}
