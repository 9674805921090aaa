//! Values of every type of the protocol, and what must hold of each row whatever comes: for tests and fuzz targets.

use crate::procedure::{EventMessage, Procedure, Row};
use crate::program::{admin, lxc, qemu, remote};
use crate::xdr::{Decoder, Encoder, Xdr};
use ferrovirt_core::{Error, Result};
use std::fmt::Debug;

pub(crate) use crate::xdr::sample::Sample;
pub use crate::xdr::sample::{Known, Source};

/// What can be tried with every row.
pub struct Check {
    pub row: &'static Row,
    /// A value survives being encoded and decoded, and nothing that is cut off is taken for one.
    pub round_trip: fn(u64),
    /// Bytes are decoded, or refused with an error.
    pub decode: fn(&[u8]),
    /// The arguments of some call, or what some event says.
    pub arguments: fn(&mut Source) -> Vec<u8>,
    /// What some call is answered.
    pub reply: fn(&mut Source) -> Vec<u8>,
    /// Whether this is a reply to such a call, and nothing besides.
    pub is_reply: fn(&[u8]) -> Result<()>,
}

impl Check {
    pub(crate) const fn call<P: Procedure + Sample + PartialEq>() -> Self
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
            arguments: encoded::<P>,
            reply: encoded::<P::Reply>,
            is_reply: is_whole::<P::Reply>,
        }
    }

    pub(crate) const fn event<E: EventMessage + Sample + PartialEq>() -> Self {
        Self {
            row: E::ROW,
            round_trip: round_trip::<E>,
            decode: decode::<E>,
            arguments: encoded::<E>,
            reply: encoded::<()>,
            is_reply: is_whole::<()>,
        }
    }
}

/// All rows of all programs.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    let others = [qemu::CHECKS, qemu::EVENT_CHECKS, lxc::CHECKS, admin::CHECKS];
    remote::CHECKS.iter().copied().chain(others).flatten()
}

fn encoded<T: Xdr + Sample>(from: &mut Source) -> Vec<u8> {
    let mut out = Encoder::new();
    T::sample(from).encode(&mut out).expect("samples keep the limits");
    out.into_bytes()
}

fn is_whole<T: Xdr>(bytes: &[u8]) -> Result<()> {
    let mut input = Decoder::strict(bytes);
    T::decode(&mut input)?;
    match input.remaining() {
        0 => Ok(()),
        more => Err(Error::internal(format!("{more} bytes follow that belong to nothing"))),
    }
}

fn round_trip<T: Xdr + Sample + PartialEq + Debug>(seed: u64) {
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
