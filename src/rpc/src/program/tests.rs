//! Round trips of all structures of the protocol, random bytes into all decoders, and the tables as a whole.

use super::Program;
use crate::procedure::{Kind, Lane, Row};
use crate::samples::checks;
use proptest::prelude::*;

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
