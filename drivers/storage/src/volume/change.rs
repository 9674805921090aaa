//! Changing volumes: deleted, resized, wiped.

use super::create::Using;
use crate::backend;
use crate::driver::StorageState;
use crate::{life, local};
use ferrovirt_conf::storage::{PoolType, StorageVolume};
use ferrovirt_core::abi;
use ferrovirt_core::flags::refuse_unknown;
use ferrovirt_core::{Error, Result, StorageVolId};
use std::sync::Arc;

/// Removes a volume with its content.
pub fn delete(state: &StorageState, id: &StorageVolId, flags: u32) -> Result<()> {
    let (pool, ..) = state.volume(id)?;
    let _job = state.job(&pool, "delete volume")?;
    let view = pool.active()?;
    let backend = backend::of(view.definition.kind)?;
    let volume = view.volume(&id.name)?;
    volume.check_free()?;
    backend.delete_volume(&view.definition, &volume.model, flags)?;
    let allocation = i128::from(volume.model.allocation);
    pool.view.update(|view| {
        view.volumes.remove(&id.name);
        if !backend.counts_itself() {
            view.account(-allocation);
        }
    });
    life::recount(state, &pool, backend);
    Ok(())
}

/// Changes the size of a volume; `flags` are `virStorageVolResizeFlags`.
pub fn resize(state: &StorageState, id: &StorageVolId, capacity: u64, flags: u32) -> Result<()> {
    let (allocate, delta, shrink) = (
        abi::VIR_STORAGE_VOL_RESIZE_ALLOCATE,
        abi::VIR_STORAGE_VOL_RESIZE_DELTA,
        abi::VIR_STORAGE_VOL_RESIZE_SHRINK,
    );
    refuse_unknown(flags, allocate | delta | shrink, "virStorageVolResize")?;
    let (pool, view, volume) = state.volume(id)?;
    let backend = backend::of(view.definition.kind)?;
    view.volume(&id.name)?.check_free()?;
    let capacity = match (flags & delta != 0, flags & shrink != 0) {
        (true, true) => volume.capacity.saturating_sub(capacity),
        (true, false) => volume.capacity.saturating_add(capacity),
        (false, _) => capacity,
    };
    if capacity < volume.allocation {
        return Err(Error::invalid_arg(format!(
            "volume '{}' can't shrink to {capacity} bytes: it takes {} already",
            volume.name, volume.allocation
        )));
    }
    if capacity < volume.capacity && flags & shrink == 0 {
        return Err(Error::invalid_arg(format!(
            "volume '{}' has {} bytes now; to have it smaller, say VIR_STORAGE_VOL_RESIZE_SHRINK",
            volume.name, volume.capacity
        )));
    }
    let more = if flags & allocate != 0 { capacity - volume.allocation } else { 0 };
    if more > view.definition.available.0 {
        let text = format!("pool '{}' has not {more} bytes left", view.definition.name());
        return Err(Error::operation_failed(text));
    }
    let using = Using::begin(&pool, &id.name)?;
    backend.resize(&state.tools, &volume, capacity, flags)?;
    pool.view.update(|view| {
        if let Some(volume) = view.volumes.get_mut(&id.name) {
            let model = Arc::make_mut(&mut volume.model);
            model.capacity = capacity;
            if more > 0 {
                model.allocation = capacity;
            }
        }
        view.account(more.into());
    });
    drop(using);
    Ok(())
}

/// Overwrites the content; `algorithm` is a `virStorageVolWipeAlgorithm`.
pub fn wipe(state: &StorageState, id: &StorageVolId, algorithm: u32, flags: u32) -> Result<()> {
    refuse_unknown(flags, 0, "virStorageVolWipePattern")?;
    if algorithm >= abi::VIR_STORAGE_VOL_WIPE_ALG_LAST {
        return Err(Error::invalid_arg(format!("there is no way to wipe with the number {algorithm}")));
    }
    let (pool, view, volume) = state.volume(id)?;
    let backend = backend::of(view.definition.kind)?;
    view.volume(&id.name)?.check_free()?;
    let using = Using::begin(&pool, &id.name)?;
    backend.wipe(&volume, algorithm)?;
    let files = matches!(view.definition.kind, PoolType::Dir | PoolType::Fs | PoolType::NetFs);
    if files {
        let mut fresh = StorageVolume::clone(&volume);
        local::probe_again(&mut fresh)?;
        pool.view.update(|view| {
            if let Some(volume) = view.volumes.get_mut(&id.name) {
                volume.model = Arc::new(fresh);
            }
        });
    }
    drop(using);
    Ok(())
}
