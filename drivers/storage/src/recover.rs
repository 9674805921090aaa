//! After a restart or a crash: which pools are active, and what they hold now.

use crate::driver::StorageState;
use crate::pool::Pool;
use crate::{backend, definitions, life};
use ferrovirt_conf::storage::StoragePool;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{Document, XmlElement, to_string};
use std::path::Path;
use std::sync::Arc;

/// `<poolstate>`: an active pool.
#[derive(XmlElement)]
#[xml(name = "poolstate")]
struct PoolState {
    #[xml(child)]
    pool: StoragePool,
}

/// Notes that a pool is active.
pub fn save_status(state: &StorageState, definition: &StoragePool) -> Result<()> {
    let text = to_string(&PoolState { pool: definition.clone() });
    let text = format!("{}{text}", persist::edit_warning("pool-edit"));
    let path = state.paths.status(definition.name());
    persist::write_atomic(&path, text.as_bytes(), 0o600, Durability::Process)
}

/// Removes what interrupted writes have left. The driver's lock is held, so that nobody is writing now.
pub fn remove_half_written(state: &StorageState) -> Result<()> {
    for folder in [state.paths.state(), state.paths.definitions()] {
        persist::remove_half_written(folder)?;
    }
    Ok(())
}

/// Takes in the pools that were active.
pub fn load_active(state: &StorageState) -> Result<()> {
    for path in persist::list(state.paths.state(), "xml")? {
        if let Err(err) = load(state, &path) {
            tracing::error!(path = %path.display(), %err, "an active pool can't be taken over");
        }
    }
    Ok(())
}

fn load(state: &StorageState, path: &Path) -> Result<()> {
    let Some(text) = persist::read_optional(path)? else { return Ok(()) };
    let document = Document::parse(&text, "storage_pool_state")?;
    let root = document.root();
    let node = root.child("pool").ok_or_else(|| root.missing_child("pool", ErrorCode::Internal))?;
    let model = Arc::new(StoragePool::from_node(&node)?);
    if path.file_stem().is_none_or(|stem| *stem != *model.name()) {
        return Err(Error::internal(format!("the file holds the state of '{}'", model.name())));
    }
    let (pool, _) = definitions::claim(state, &model, |_| Ok(()))?;
    pool.view.update(|view| view.active = true);
    Ok(())
}

/// Looks which pools can be used as they are: those are active, whoever made them so. That is libvirt's rule.
pub fn look_at_all(state: &StorageState) {
    for pool in state.pools.all() {
        let active = look_at(state, &pool).unwrap_or_else(|err| {
            tracing::error!(pool = %pool.id().name, %err, "a pool can't be taken over");
            false
        });
        if !active {
            let outcome = state.change(&pool, |view| {
                view.settle();
                Ok(())
            });
            let removed = persist::remove(&state.paths.status(&pool.id().name));
            if let Err(err) = outcome.and(removed) {
                tracing::warn!(pool = %pool.id().name, %err, "the state of a pool stays on disk");
            }
        }
    }
}

fn look_at(state: &StorageState, pool: &Arc<Pool>) -> Result<bool> {
    let definition = pool.view.get().definition.clone();
    let backend = backend::of(definition.kind)?;
    if !backend.check(&definition)? {
        return Ok(false);
    }
    pool.view.update(|view| view.active = true);
    save_status(state, &definition)?;
    life::look_through(state, pool, backend)?;
    Ok(true)
}
