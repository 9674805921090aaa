//! The limits of an interface, as parameters.

use crate::network::{Bandwidth, BandwidthRate};
use ferrovirt_core::{KnownParam, TypedParams, TypedValue, abi};

pub const RATES: [&str; 7] = [
    "inbound.average",
    "inbound.peak",
    "inbound.burst",
    "inbound.floor",
    "outbound.average",
    "outbound.peak",
    "outbound.burst",
];

/// The limits changed: a direction that gets an average is set anew, one whose average becomes 0 has no limit.
pub fn limited(mut limits: Bandwidth, params: &TypedParams) -> Bandwidth {
    let number = |name: &str| match params.get(name) {
        Some(TypedValue::UInt(value)) => Some(u64::from(*value)),
        _ => None,
    };
    let rate = |direction: &str| {
        let of = |what: &str| number(&format!("{direction}.{what}")).filter(|value| *value != 0);
        BandwidthRate { average: of("average"), peak: of("peak"), burst: of("burst"), floor: of("floor") }
    };
    let (inbound, outbound) = (rate("inbound"), rate("outbound"));
    if inbound.average.or(inbound.floor).is_some() {
        limits.inbound = Some(inbound);
    } else if number("inbound.average").or(number("inbound.floor")).is_some() {
        limits.inbound = None;
    }
    if outbound.average.is_some() {
        limits.outbound = Some(outbound);
    } else if number("outbound.average").is_some() {
        limits.outbound = None;
    }
    limits
}

/// What [`limited`] knows.
pub fn table() -> [KnownParam; 7] {
    RATES.map(|name| KnownParam { name, kind: abi::VIR_TYPED_PARAM_UINT as i32, multiple: false })
}

/// The limits; 0 stands for none.
pub fn params(limits: Option<&Bandwidth>) -> TypedParams {
    let Bandwidth { inbound, outbound, .. } = limits.copied().unwrap_or_default();
    let (inbound, outbound) = (inbound.unwrap_or_default(), outbound.unwrap_or_default());
    let rates = [
        inbound.average,
        inbound.peak,
        inbound.burst,
        inbound.floor,
        outbound.average,
        outbound.peak,
        outbound.burst,
    ];
    let small = |rate: Option<u64>| TypedValue::UInt(rate.unwrap_or(0).try_into().unwrap_or(u32::MAX));
    RATES.iter().zip(rates).map(|(name, rate)| ((*name).to_owned(), small(rate))).collect()
}
