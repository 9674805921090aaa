//! How much memory a guest has.

use crate::refuse;
use ferrovirt_conf::domain::{Domain, MemballoonModel};
use ferrovirt_conf::values::ScaledSize;
use ferrovirt_core::Result;
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

/// Whether the guest has a balloon.
pub fn has_balloon(model: &Domain) -> bool {
    model.devices.memballoon.as_ref().is_some_and(|balloon| balloon.model != MemballoonModel::None)
}
