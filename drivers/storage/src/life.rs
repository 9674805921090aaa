//! A pool's life: built, started, looked through again, stopped, deleted.

use crate::backend::{self, Backend};
use crate::definitions;
use crate::driver::StorageState;
use crate::pool::{Pool, View};
use crate::recover;
use ferrovirt_core::abi;
use ferrovirt_core::event::ObjectEventKind;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::{Result, StoragePoolId};
use std::sync::Arc;

/// Starts a defined pool; `flags` are `virStoragePoolCreateFlags`.
pub fn create(state: &StorageState, id: &StoragePoolId, flags: u32) -> Result<()> {
    let pool = state.find(id)?;
    begin(state, &pool)?;
    start(state, &pool, flags)
}

/// Starts a pool from a description; without a stored definition, it is gone when it is stopped.
pub fn create_xml(state: &StorageState, xml: &str, flags: u32) -> Result<StoragePoolId> {
    let model = Arc::new(definitions::parse(xml, false)?);
    let (pool, _) = definitions::claim(state, &model, View::check_inactive)?;
    state.change(&pool, |view| {
        view.check_inactive()?;
        view.starting = true;
        let before = std::mem::replace(&mut view.definition, model.clone());
        if view.persistent {
            view.next.get_or_insert(before);
        }
        Ok(())
    })?;
    start(state, &pool, flags)?;
    Ok(pool.id().clone())
}

/// Nobody else may work on the pool from here on, until `starting` is taken back.
fn begin(state: &StorageState, pool: &Arc<Pool>) -> Result<()> {
    state.change(pool, |view| {
        view.check_inactive()?;
        view.starting = true;
        Ok(())
    })
}

fn start(state: &StorageState, pool: &Arc<Pool>, flags: u32) -> Result<()> {
    let definition = pool.view.get().definition.clone();
    let outcome = backend::of(definition.kind).and_then(|backend| {
        if let Some(flags) = build_flags(flags) {
            backend.build(&definition, flags)?;
        }
        bring_up(state, pool, backend)
    });
    state.change(pool, |view| {
        view.starting = false;
        match outcome {
            Ok(()) => view.active = true,
            Err(_) => view.settle(),
        }
        Ok(())
    })?;
    outcome?;
    state.announce(pool, abi::VIR_STORAGE_POOL_EVENT_STARTED);
    Ok(())
}

/// How the pool is to be built before it is started, if at all.
fn build_flags(flags: u32) -> Option<u32> {
    if flags & abi::VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE != 0 {
        return Some(abi::VIR_STORAGE_POOL_BUILD_OVERWRITE);
    }
    if flags & abi::VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE != 0 {
        return Some(abi::VIR_STORAGE_POOL_BUILD_NO_OVERWRITE);
    }
    (flags & abi::VIR_STORAGE_POOL_CREATE_WITH_BUILD != 0).then_some(0)
}

fn bring_up(state: &StorageState, pool: &Pool, backend: &dyn Backend) -> Result<()> {
    let definition = pool.view.get().definition.clone();
    backend.start(&definition)?;
    recover::save_status(state, &definition).and_then(|()| look_through(state, pool, backend))
}

/// Finds out which volumes there are. If that fails the pool can't be used, and is taken down.
pub fn look_through(state: &StorageState, pool: &Pool, backend: &dyn Backend) -> Result<()> {
    let mut definition = (*pool.view.get().definition).clone();
    let volumes = match backend.refresh(&state.tools, &mut definition) {
        Ok(volumes) => volumes,
        Err(err) => {
            take_down(state, pool, backend);
            return Err(err);
        }
    };
    let definition = Arc::new(definition);
    pool.view.update(|view| {
        view.definition = definition;
        view.volumes.clear();
        volumes.into_iter().for_each(|volume| view.put(volume, false));
    });
    Ok(())
}

/// Looks again how much room there is, in pools that count that themselves; others are left as they are.
pub fn recount(state: &StorageState, pool: &Pool, backend: &dyn Backend) {
    if !backend.counts_itself() {
        return;
    }
    let mut definition = (*pool.view.get().definition).clone();
    match backend.refresh(&state.tools, &mut definition) {
        Ok(_) => pool.view.update(|view| view.definition = Arc::new(definition)),
        Err(err) => tracing::warn!(pool = %pool.id().name, %err, "the room in the pool can't be told"),
    }
}

/// What fails here is logged: what led to it is the error to tell.
fn take_down(state: &StorageState, pool: &Pool, backend: &dyn Backend) {
    let definition = pool.view.get().definition.clone();
    let removed = persist::remove(&state.paths.status(definition.name()));
    if let Err(err) = backend.stop(&definition).and(removed) {
        tracing::warn!(pool = definition.name(), %err, "a pool that can't be used could not be taken down");
    }
}

/// Makes what the pool is to be on: a folder, a file system, a volume group.
pub fn build(state: &StorageState, id: &StoragePoolId, flags: u32) -> Result<()> {
    let pool = state.find(id)?;
    let definition = pool.view.get().definition.clone();
    let backend = backend::of(definition.kind)?;
    begin(state, &pool)?;
    let outcome = backend.build(&definition, flags);
    state.change(&pool, |view| {
        view.starting = false;
        view.settle();
        Ok(())
    })?;
    outcome?;
    state.announce(&pool, abi::VIR_STORAGE_POOL_EVENT_CREATED);
    Ok(())
}

/// Stops a pool; what is in it stays.
pub fn destroy(state: &StorageState, id: &StoragePoolId) -> Result<()> {
    let pool = state.find(id)?;
    let _job = state.job(&pool, "stop")?;
    let view = pool.active()?;
    let backend = backend::of(view.definition.kind)?;
    view.check_not_starting()?;
    view.check_idle()?;
    persist::remove(&state.paths.status(&id.name))?;
    backend.stop(&view.definition)?;
    state.change(&pool, |view| {
        view.settle();
        Ok(())
    })?;
    state.announce(&pool, abi::VIR_STORAGE_POOL_EVENT_STOPPED);
    Ok(())
}

/// Removes what the pool was on.
pub fn delete(state: &StorageState, id: &StoragePoolId, flags: u32) -> Result<()> {
    let pool = state.find(id)?;
    let _job = state.job(&pool, "delete")?;
    let view = pool.view.get();
    let backend = backend::of(view.definition.kind)?;
    view.check_inactive()?;
    view.check_idle()?;
    persist::remove(&state.paths.status(&id.name))?;
    backend.delete(&view.definition, flags)?;
    state.announce(&pool, abi::VIR_STORAGE_POOL_EVENT_DELETED);
    Ok(())
}

/// Looks again which volumes there are.
pub fn refresh(state: &StorageState, id: &StoragePoolId) -> Result<()> {
    let pool = state.find(id)?;
    let _job = state.job(&pool, "refresh")?;
    let view = pool.active()?;
    let backend = backend::of(view.definition.kind)?;
    view.check_not_starting()?;
    view.check_idle()?;
    if let Err(err) = look_through(state, &pool, backend) {
        state.change(&pool, |view| {
            view.settle();
            Ok(())
        })?;
        state.announce(&pool, abi::VIR_STORAGE_POOL_EVENT_STOPPED);
        return Err(err);
    }
    state.publish(&pool, ObjectEventKind::Changed);
    Ok(())
}

/// As [`refresh`], after new content came into the pool; work that is under way is not disturbed.
pub fn refresh_after_upload(state: &StorageState, id: &StoragePoolId) {
    let idle = state.find(id).is_ok_and(|pool| pool.view.get().check_idle().is_ok());
    if idle && let Err(err) = refresh(state, id) {
        tracing::warn!(pool = %id.name, %err, "the pool could not be looked through after an upload");
    }
}

/// Starts the marked pools that are not active, once a boot. One that does not come up is logged; the others must not
/// suffer.
pub fn start_marked(state: &StorageState) {
    let stamp = state.paths.autostarted();
    if stamp.exists() {
        return;
    }
    for pool in state.pools.all() {
        let view = pool.view.get();
        if !view.autostart || view.active {
            continue;
        }
        if let Err(err) = create(state, pool.id(), 0) {
            tracing::error!(pool = %pool.id().name, %err, "a pool could not be started with the driver");
        }
    }
    if let Err(err) = persist::write_atomic(&stamp, b"", 0o600, Durability::Process) {
        tracing::warn!(%err, "it can't be noted that this boot's pools have been started");
    }
}
