//! How much memory a guest has, and how its balloon tells of it.

use super::Guest;
use crate::model;
use crate::qmp::{Balloon, QomSet};
use ferrovirt_conf::domain::{Domain, MemoryModel};
use ferrovirt_conf::values::ScaledSize;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::AutoBase;

/// Sets the most memory that a definition has.
pub fn set_maximum(model: &mut Domain, memory: u64) -> Result<()> {
    if model.numa().is_some_and(|numa| !numa.cells.is_empty()) {
        return Err(Error::operation_invalid(
            "the memory of a domain with NUMA nodes is the sum of theirs; change the nodes",
        ));
    }
    let size = ScaledSize(memory);
    if model.max_memory.is_some_and(|max| max.size.0 != 0 && max.size < size) {
        return Err(Error::operation_invalid("a domain can't begin with more memory than its <maxMemory>"));
    }
    model.memory.size = size;
    model.current_memory = model.current_memory.min(size);
    Ok(())
}

/// The most that a balloon can leave to the guest: memory devices of virtio are not its own.
pub fn most(model: &Domain) -> u64 {
    let apart =
        model.devices.memories.iter().filter(|memory| matches!(memory.model, MemoryModel::VirtioMem(_)));
    model::memory_kib(model).saturating_sub(apart.map(|memory| memory.size().0).sum())
}

pub fn check_amount(model: &Domain, memory: u64) -> Result<()> {
    let most = most(model);
    if memory <= most {
        return Ok(());
    }
    Err(Error::invalid_arg(format!(
        "domain '{}' can have at most {most} KiB of memory, not {memory} KiB",
        model.name
    )))
}

impl Guest<'_> {
    /// Asks the guest to make do with this much memory.
    pub fn inflate(&self, model: &mut Domain, memory: u64) -> Result<()> {
        if !model::has_balloon(model) {
            return Err(Error::operation_invalid(format!(
                "domain '{}' has no memory balloon, so its memory can't change while it runs",
                self.vm.name()
            )));
        }
        self.live.ask(&self.shared.reactor, Balloon { value: memory.saturating_mul(1024) })?;
        model.current_memory = ScaledSize(memory);
        Ok(())
    }

    /// Has QEMU ask the balloon for its statistics every so many seconds.
    pub fn poll_balloon(&self, model: &mut Domain, period: i32) -> Result<()> {
        set_period(model, period)?;
        let path = balloon_path(model).ok_or_else(|| Error::internal("the balloon has no name in QEMU"))?;
        let property = "guest-stats-polling-interval".to_owned();
        let command = QomSet { path, property, value: period.into() };
        self.live.ask(&self.shared.reactor, command).map(drop).map_err(|err| {
            Error::operation_invalid("the period of the balloon's statistics can't be set").caused_by(err)
        })
    }
}

/// Where QEMU has the balloon.
pub fn balloon_path(model: &Domain) -> Option<String> {
    let alias = model.devices.memballoon.as_ref()?.info.alias.as_ref()?;
    Some(format!("/machine/peripheral/{alias}"))
}

/// Notes the period of a balloon's statistics.
pub fn set_period(model: &mut Domain, period: i32) -> Result<()> {
    let has = model::has_balloon(model);
    match &mut model.devices.memballoon {
        Some(balloon) if has => {
            balloon.stats_period = AutoBase(period);
            Ok(())
        }
        _ => Err(Error::internal("the domain has no memory balloon, so there are no statistics to collect")),
    }
}
