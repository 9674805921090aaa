//! Definitions: taking in what users define, and keeping it on disk.

use crate::backend;
use crate::driver::StorageState;
use crate::pool::{Pool, View};
use ferrovirt_conf::storage::StoragePool;
use ferrovirt_core::abi::{VIR_STORAGE_POOL_EVENT_DEFINED, VIR_STORAGE_POOL_EVENT_UNDEFINED};
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::store::Claim;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result, StoragePoolId};
use std::path::Path;
use std::sync::Arc;

/// Reads a user's description, and sees to it that there is something that can work with such pools.
pub fn parse(xml: &str, strict: bool) -> Result<StoragePool> {
    let model = StoragePool::from_xml(xml, strict)?;
    model.check_options()?;
    if model.name().contains('\n') {
        let text = format!("the name {:?} of the pool has a line break in it", model.name());
        return Err(Error::new(ErrorCode::XmlDetail, text).domain(ErrorDomain::Xml));
    }
    backend::of(model.kind)?;
    Ok(model)
}

/// Finds the pool that a description means, or makes it; a name, UUID or source that belongs to another is refused.
/// Whether it is new comes back, too. `check` may refuse a pool that there is.
pub fn claim(
    state: &StorageState,
    model: &Arc<StoragePool>,
    check: impl Fn(&View) -> Result<()>,
) -> Result<(Arc<Pool>, bool)> {
    let _claiming = state.claiming.lock();
    let others = state.pools.all();
    if let Some(other) = others.iter().find(|other| model.shares_source(&other.view.get().definition)) {
        let text = format!("pool '{}' is made of the same source", other.id().name);
        return Err(Error::operation_failed(text));
    }
    let uuid = model.uuid.expect("filling in the defaults gives every pool a UUID");
    let name = model.name();
    let make = || Pool::new(StoragePoolId { name: name.into(), uuid }, model.clone());
    match state.pools.claim(uuid, name, make) {
        Claim::Inserted(pool) => Ok((pool, true)),
        Claim::Existing(pool) => check(&pool.view.get()).map(|()| (pool, false)),
        Claim::NameTaken(other) => Err(Error::operation_failed(format!(
            "pool '{name}' already exists with uuid {}",
            other.id().uuid
        ))),
        Claim::UuidTaken(other) => Err(Error::operation_failed(format!(
            "pool '{}' is already defined with uuid {uuid}; '{name}' needs another",
            other.id().name
        ))),
    }
}

/// Takes a pool out of the driver that is neither active nor defined.
pub fn forget(state: &StorageState, pool: &Arc<Pool>) {
    pool.view.update(|view| view.gone = true);
    state.pools.remove(pool);
}

/// Makes a description permanent: a new pool, or another definition of one that there is.
pub fn define(state: &StorageState, xml: &str, strict: bool) -> Result<StoragePoolId> {
    let model = Arc::new(parse(xml, strict)?);
    let (pool, is_new) = claim(state, &model, |_| Ok(()))?;
    let _job = state.job(&pool, "define")?;
    if let Err(err) = save(state, &model) {
        if is_new {
            forget(state, &pool);
        }
        return Err(err);
    }
    pool.view.update(|view| {
        view.persistent = true;
        match view.active || view.starting {
            true => view.next = Some(model.clone()),
            false => view.definition = model.clone(),
        }
    });
    state.announce(&pool, VIR_STORAGE_POOL_EVENT_DEFINED);
    Ok(pool.id().clone())
}

/// Removes the definition of a pool that is not active; it is gone then.
pub fn undefine(state: &StorageState, id: &StoragePoolId) -> Result<()> {
    let pool = state.find(id)?;
    let _job = state.job(&pool, "undefine")?;
    let view = pool.view.get();
    view.check_inactive()?;
    view.check_idle()?;
    check_persistent(&view)?;
    persist::remove(&state.paths.definition(&id.name))?;
    if let Err(err) = persist::remove(&state.paths.autostart_link(&id.name)) {
        tracing::warn!(pool = %id.name, %err, "the link that starts an undefined pool stays on disk");
    }
    state.announce(&pool, VIR_STORAGE_POOL_EVENT_UNDEFINED);
    forget(state, &pool);
    Ok(())
}

fn check_persistent(view: &View) -> Result<()> {
    match view.persistent {
        true => Ok(()),
        false => Err(Error::internal(format!(
            "pool '{}' is transient: it has no stored definition; define it first",
            view.definition.name()
        ))),
    }
}

/// Marks the pool to be started with the driver, or not.
pub fn set_autostart(state: &StorageState, id: &StoragePoolId, autostart: bool) -> Result<()> {
    let pool = state.find(id)?;
    let _job = state.job(&pool, "set autostart")?;
    check_persistent(&pool.view.get())?;
    let link = state.paths.autostart_link(&id.name);
    match autostart {
        true => persist::link(&state.paths.definition(&id.name), &link)?,
        false => persist::remove(&link)?,
    }
    pool.view.update(|view| view.autostart = autostart);
    Ok(())
}

/// Writes a definition to its place.
fn save(state: &StorageState, model: &StoragePool) -> Result<()> {
    let text = format!("{}{}", persist::edit_warning("pool-edit"), model.to_xml());
    persist::write_atomic(&state.paths.definition(model.name()), text.as_bytes(), 0o600, Durability::Power)
}

/// Takes in all definitions on disk. One that can't be read is logged and left alone: the others must not suffer.
pub fn load_all(state: &StorageState) -> Result<()> {
    for path in persist::list(state.paths.definitions(), "xml")? {
        if let Err(err) = load(state, &path) {
            tracing::error!(path = %path.display(), %err, "a pool's definition can't be read; it is left alone");
        }
    }
    Ok(())
}

fn load(state: &StorageState, path: &Path) -> Result<()> {
    let Some(text) = persist::read_optional(path)? else { return Ok(()) };
    let model = Arc::new(StoragePool::from_xml(&text, false)?);
    if path.file_stem().is_none_or(|stem| *stem != *model.name()) {
        return Err(Error::internal(format!("the file holds the definition of '{}'", model.name())));
    }
    let (pool, _) = claim(state, &model, |_| Ok(()))?;
    let autostart = state.paths.autostart_link(model.name()).symlink_metadata().is_ok();
    pool.view.update(|view| {
        (view.persistent, view.autostart) = (true, autostart);
        match view.active {
            true => view.next = Some(model.clone()),
            false => view.definition = model.clone(),
        }
    });
    if !text.contains("<uuid>") {
        // The UUID that was made up must be the same next time.
        save(state, &model)?;
    }
    Ok(())
}
