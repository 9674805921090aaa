//! How much memory a guest may take, as parameters.

use crate::domain::{Domain, Memtune};
use crate::values::ScaledSize;
use ferrovirt_core::{Error, KnownParam, Result, TypedParams, abi};

const fn limit(name: &'static str) -> KnownParam {
    KnownParam { name, kind: abi::VIR_TYPED_PARAM_ULLONG as i32, multiple: false }
}

/// What [`set_limits`] knows.
pub const MEMORY_PARAMETERS: &[KnownParam] =
    &[limit("hard_limit"), limit("soft_limit"), limit("swap_hard_limit")];

/// What stands for a limit that is none.
pub const UNLIMITED: u64 = 9_007_199_254_740_991;

fn kib(limit: Option<ScaledSize>) -> u64 {
    limit.map_or(UNLIMITED, |size| size.0)
}

/// The limits, in KiB.
pub fn limits(model: &Domain) -> TypedParams {
    let tune = &model.memtune;
    let mut params = TypedParams::new();
    params.add("hard_limit", kib(tune.hard_limit));
    params.add("soft_limit", kib(tune.soft_limit));
    params.add("swap_hard_limit", kib(tune.swap_hard_limit));
    params
}

/// Changes them; together with swap it must be at least as much as without, by the limits that are `in_force`.
pub fn set_limits(model: &mut Domain, in_force: &Domain, params: &TypedParams) -> Result<()> {
    let hard = params.get_ullong("hard_limit")?;
    let swap = params.get_ullong("swap_hard_limit")?;
    if hard.is_some() || swap.is_some() {
        let memory = hard.unwrap_or(kib(in_force.memtune.hard_limit));
        let both = swap.unwrap_or(kib(in_force.memtune.swap_hard_limit));
        if memory > both {
            let text = format!("hard_limit ({memory} KiB) can't be above swap_hard_limit ({both} KiB)");
            return Err(Error::invalid_arg(text));
        }
    }
    let tune: &mut Memtune = &mut model.memtune;
    let places = [
        (hard, &mut tune.hard_limit),
        (params.get_ullong("soft_limit")?, &mut tune.soft_limit),
        (swap, &mut tune.swap_hard_limit),
    ];
    for (wanted, place) in places {
        if let Some(wanted) = wanted {
            *place = (wanted < UNLIMITED).then_some(ScaledSize(wanted));
        }
    }
    Ok(())
}

/// The limits of a description that there are, as parameters.
pub fn said(model: &Domain) -> TypedParams {
    let tune = &model.memtune;
    let limits = [
        ("hard_limit", tune.hard_limit),
        ("soft_limit", tune.soft_limit),
        ("swap_hard_limit", tune.swap_hard_limit),
    ];
    let said = limits.into_iter().filter_map(|(name, limit)| Some((name.to_owned(), limit?.0.into())));
    said.collect()
}
