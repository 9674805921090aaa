//! How much memory a guest has, and how much it may take.

use crate::refuse;
use ferrovirt_conf::domain::{Domain, MemballoonModel};
use ferrovirt_conf::values::ScaledSize;
use ferrovirt_core::{KnownParam, Result, TypedParams, abi};
use ferrovirt_xml::AutoBase;

/// Changes the memory there is now, or what there can be at most, in KiB.
pub fn set(model: &mut Domain, memory: u64, maximum: bool, live: bool) -> Result<()> {
    let size = ScaledSize(memory);
    if !maximum {
        if size > model.memory.size {
            let text = format!("the domain can have at most {} KiB, not {memory} KiB", model.memory.size.0);
            return Err(refuse::invalid_arg(text));
        }
        model.current_memory = size;
        return Ok(());
    }
    if live {
        let text = "the memory that a domain can have at most is fixed while it is active";
        return Err(refuse::operation_invalid(text));
    }
    if model.numa().is_some_and(|numa| !numa.cells.is_empty()) {
        let text = "the memory of a domain with NUMA nodes is the sum of theirs; change the nodes";
        return Err(refuse::operation_invalid(text));
    }
    if model.max_memory.is_some_and(|max| max.size < size) {
        return Err(refuse::operation_invalid("a domain can't begin with more memory than its <maxMemory>"));
    }
    model.memory.size = size;
    model.current_memory = model.current_memory.min(size);
    Ok(())
}

/// Sets how often the balloon's statistics are asked for.
pub fn set_period(model: &mut Domain, period: i32) -> Result<()> {
    match &mut model.devices.memballoon {
        Some(balloon) if balloon.model != MemballoonModel::None => {
            balloon.stats_period = AutoBase(period);
            Ok(())
        }
        _ => Err(refuse::internal("the domain has no memory balloon, so there are no statistics to collect")),
    }
}

const fn limit(name: &'static str) -> KnownParam {
    KnownParam { name, kind: abi::VIR_TYPED_PARAM_ULLONG as i32, multiple: false }
}

/// What [`set_limits`] knows.
pub const MEMORY_PARAMETERS: &[KnownParam] =
    &[limit("hard_limit"), limit("soft_limit"), limit("swap_hard_limit")];

/// What stands for a limit that is none.
const UNLIMITED: u64 = 9_007_199_254_740_991;

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
            return Err(refuse::invalid_arg(text));
        }
    }
    let tune = &mut model.memtune;
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

/// Whether the guest has a balloon.
pub fn has_balloon(model: &Domain) -> bool {
    model.devices.memballoon.as_ref().is_some_and(|balloon| balloon.model != MemballoonModel::None)
}
