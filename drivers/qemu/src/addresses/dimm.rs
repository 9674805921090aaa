//! Slots of memory modules.

use ferrovirt_conf::domain::{Address, DimmAddress, Domain, MemoryModel};
use ferrovirt_core::{Error, Result};

/// Gives every memory module that has none a slot.
pub fn assign(model: &mut Domain) -> Result<()> {
    let Some(slots) = model.max_memory.and_then(|max| max.slots) else { return Ok(()) };
    let memories = &mut model.devices.memories;
    let mut taken: Vec<u32> = Vec::new();
    for memory in memories.iter() {
        if let Some(Address::Dimm(address)) = &memory.info.address {
            taken.extend(address.slot);
        }
    }
    for memory in memories.iter_mut() {
        let is_module = matches!(memory.model, MemoryModel::Dimm(_) | MemoryModel::Nvdimm(_));
        if !is_module || matches!(memory.info.address, Some(Address::Dimm(_))) {
            continue;
        }
        let free = (0..slots).find(|slot| !taken.contains(slot)).ok_or_else(|| {
            Error::internal(format!("all {slots} memory slots are taken: <maxMemory> needs more slots"))
        })?;
        taken.push(free);
        memory.info.address = Some(Address::Dimm(DimmAddress { slot: Some(free), base: None }));
    }
    Ok(())
}
