//! Random values of every type of the protocol, for tests and fuzz targets.

use super::{CharArray, CharBytes, CharList, List, Opaque};
use std::sync::Arc;
use uuid::Uuid;

/// Where random values come from: a generator small enough to repeat a failure from its seed.
pub struct Source {
    state: u64,
    /// Values that mean something to who gets them.
    known: Option<&'static Known>,
}

/// What exists where samples are sent: calls that name it come further than those that name anything.
pub struct Known {
    pub texts: &'static [&'static str],
    pub uuids: &'static [Uuid],
}

impl Source {
    pub fn new(seed: u64) -> Self {
        Self { state: seed, known: None }
    }

    /// The same, but most texts and UUIDs are known ones, and most numbers are small.
    pub fn knowing(seed: u64, known: &'static Known) -> Self {
        Self { state: seed, known: Some(known) }
    }

    /// What is known, for most values.
    fn known(&mut self) -> Option<&'static Known> {
        let known = self.known?;
        (self.below(8) > 0).then_some(known)
    }

    fn number(&mut self) -> u64 {
        match self.known() {
            Some(_) => [0, 0, 0, 1, 1, 2, 3, 4, 8, 1024][self.below(10)],
            None => self.word(),
        }
    }

    /// The next number (splitmix64).
    pub fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.word() % bound as u64) as usize
    }
}

pub trait Sample {
    fn sample(from: &mut Source) -> Self;
}

macro_rules! numbers {
    ($($ty:ty),*) => {$(
        impl Sample for $ty {
            fn sample(from: &mut Source) -> Self {
                from.number() as $ty
            }
        }
    )*};
}
numbers!(i8, u8, u16, i32, u32, i64, u64);

impl Sample for () {
    fn sample(_: &mut Source) {}
}

impl Sample for f64 {
    fn sample(from: &mut Source) -> Self {
        from.word() as i32 as Self / 16.0
    }
}

impl Sample for String {
    fn sample(from: &mut Source) -> Self {
        if let Some(known) = from.known() {
            return known.texts[from.below(known.texts.len())].to_owned();
        }
        let letters = ['a', 'Z', '0', '/', '<', 'ä', '漢', '🦀'];
        (0..from.below(9)).map(|_| letters[from.below(letters.len())]).collect()
    }
}

impl Sample for Arc<str> {
    fn sample(from: &mut Source) -> Self {
        String::sample(from).into()
    }
}

impl Sample for Uuid {
    fn sample(from: &mut Source) -> Self {
        if let Some(known) = from.known() {
            return known.uuids[from.below(known.uuids.len())];
        }
        Uuid::from_u64_pair(from.word(), from.word())
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(from: &mut Source) -> Self {
        (from.below(2) == 1).then(|| T::sample(from))
    }
}

impl<T: Sample, const MAX: usize> Sample for List<T, MAX> {
    fn sample(from: &mut Source) -> Self {
        (0..from.below(MAX.min(4) + 1)).map(|_| T::sample(from)).collect()
    }
}

impl<const MAX: usize> Sample for Opaque<MAX> {
    fn sample(from: &mut Source) -> Self {
        Self((0..from.below(MAX.min(10) + 1)).map(|_| from.word() as u8).collect())
    }
}

impl<const MAX: usize> Sample for CharList<MAX> {
    fn sample(from: &mut Source) -> Self {
        Self("label".chars().take(from.below(6)).collect())
    }
}

impl<const SIZE: usize> Sample for CharArray<SIZE> {
    fn sample(from: &mut Source) -> Self {
        Self("x86_64".chars().take(from.below(7)).collect())
    }
}

impl<const MAX: usize> Sample for CharBytes<MAX> {
    fn sample(from: &mut Source) -> Self {
        Self((0..from.below(10)).map(|_| from.word() as u8).collect())
    }
}
