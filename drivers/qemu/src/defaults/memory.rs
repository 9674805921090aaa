//! Memory that can be plugged in needs a NUMA node to be plugged into.

use ferrovirt_conf::cpu::{CellMemory, Numa, NumaCell};
use ferrovirt_conf::domain::{Domain, MemoryModel, ParseFlags};
use ferrovirt_core::{Error, Result};

use crate::machine::Family;

/// Makes all memory that is there at boot a node, where there is none. Only of new guests.
pub fn add_node(model: &mut Domain, flags: ParseFlags) -> Result<()> {
    let hotplug = model.max_memory.is_some_and(|max| max.size.0 > 0);
    let has_nodes = model.numa().is_some_and(|numa| !numa.cells.is_empty());
    if !flags.abi_update || !hotplug || has_nodes || Family::of_domain(model) == Family::S390Ccw {
        return Ok(());
    }
    let plugged: u64 = model.devices.memories.iter().map(|memory| memory.size().0).sum();
    let left = model
        .memory
        .size
        .0
        .checked_sub(plugged)
        .ok_or_else(|| Error::xml(format!("memory devices hold {plugged} KiB, more than <memory>")))?;
    for memory in &mut model.devices.memories {
        if matches!(memory.model, MemoryModel::Dimm(_) | MemoryModel::Nvdimm(_) | MemoryModel::VirtioMem(_)) {
            memory.model.target_mut().node.get_or_insert(0);
        }
    }
    let cell = NumaCell { id: Some(0), memory: CellMemory(left), ..NumaCell::default() };
    model.cpu.get_or_insert_default().numa = Some(Numa { cells: vec![cell], ..Numa::default() });
    Ok(())
}
