//! Round trips of all structures of the protocol, random bytes into all decoders, and the tables as a whole.

use super::{Program, admin, lxc, qemu, remote};
use crate::procedure::{EventMessage, Kind, Lane, Procedure, Row};
use crate::xdr::sample::{Sample, Source};
use crate::xdr::{Decoder, Encoder, Xdr};
use proptest::prelude::*;

/// What can be tried with every row.
pub(crate) struct Check {
    pub row: &'static Row,
    pub round_trip: fn(u64),
    pub decode: fn(&[u8]),
}

impl Check {
    pub const fn call<P: Procedure + Sample + PartialEq>() -> Self
    where
        P::Reply: Sample + PartialEq,
    {
        Self {
            row: P::ROW,
            round_trip: |seed| {
                round_trip::<P>(seed);
                round_trip::<P::Reply>(seed);
            },
            decode: |bytes| {
                decode::<P>(bytes);
                decode::<P::Reply>(bytes);
            },
        }
    }

    pub const fn event<E: EventMessage + Sample + PartialEq>() -> Self {
        Self { row: E::ROW, round_trip: round_trip::<E>, decode: decode::<E> }
    }
}

fn round_trip<T: Xdr + Sample + PartialEq + std::fmt::Debug>(seed: u64) {
    let value = T::sample(&mut Source::new(seed));
    let mut out = Encoder::new();
    value.encode(&mut out).expect("samples keep the limits");
    let bytes = out.into_bytes();
    assert!(bytes.len() >= T::MIN_SIZE && bytes.len().is_multiple_of(4));
    let mut input = Decoder::strict(&bytes);
    assert_eq!(T::decode(&mut input).expect("what was encoded can be decoded"), value);
    assert_eq!(input.remaining(), 0);
    for end in 0..bytes.len() {
        assert!(T::decode(&mut Decoder::strict(&bytes[..end])).is_err(), "cut off at {end}");
    }
}

/// Any answer is fine but a panic, and what is accepted must survive a round trip.
fn decode<T: Xdr>(bytes: &[u8]) {
    for mut input in [Decoder::strict(bytes), Decoder::lossy(bytes)] {
        if let Ok(value) = T::decode(&mut input) {
            let mut out = Encoder::new();
            if value.encode(&mut out).is_ok() {
                assert!(T::decode(&mut Decoder::strict(&out.into_bytes())).is_ok());
            }
        }
    }
}

fn checks() -> impl Iterator<Item = &'static Check> {
    let others = [qemu::CHECKS, qemu::EVENT_CHECKS, lxc::CHECKS, admin::CHECKS];
    remote::CHECKS.iter().copied().chain(others).flatten()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_structure_survives_a_round_trip(seed: u64) {
        checks().for_each(|check| (check.round_trip)(seed));
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        checks().for_each(|check| (check.decode)(&bytes));
    }

    /// Small words are lengths and discriminants that lead further into a structure than random bytes do.
    #[test]
    fn no_small_words_make_a_decoder_panic(words in proptest::collection::vec(0u32..10, 0..60)) {
        let bytes: Vec<u8> = words.into_iter().flat_map(u32::to_be_bytes).collect();
        checks().for_each(|check| (check.decode)(&bytes));
    }
}

#[test]
fn every_number_of_a_program_has_one_row() {
    for (program, count) in
        [(Program::Remote, 454), (Program::Qemu, 7), (Program::Lxc, 1), (Program::Admin, 20)]
    {
        let rows: Vec<_> = program.rows().collect();
        assert_eq!(rows.len(), count, "{program:?}");
        for (index, row) in rows.into_iter().enumerate() {
            assert_eq!((row.number as usize, row.program), (index + 1, program), "{}", row.name);
        }
        assert_eq!(checks().filter(|check| check.row.program == program).count(), count, "{program:?}");
        assert_eq!(program.row(0), None);
        assert_eq!(program.row(count as i32 + 1), None);
        assert_eq!(program.row(-1), None);
    }
}

#[test]
fn the_table_has_libvirts_lanes_and_kinds() {
    let of = |kind: fn(&&Row) -> bool| Program::Remote.rows().filter(kind).count();
    assert_eq!(of(|row| row.lane == Lane::High), 187);
    assert_eq!(of(|row| row.kind == Kind::Event), EVENTS);
    assert_eq!(of(|row| row.stream.is_some()), 7);
    assert_eq!(of(|row| row.filter.is_some()), 42);
    assert_eq!(Program::Remote.row(14).map(|row| row.name), Some("DomainGetXmlDesc"));
    assert_eq!(Program::Remote.row(454).map(|row| row.name), Some(LAST));
}

/// How many of the numbers are messages of the server.
const EVENTS: usize = 53;
const LAST: &str = "DomainAnnounceInterface";
