//! Finding volumes, and what they are just now.

use crate::backend;
use crate::driver::StorageState;
use crate::pool::{Pool, View};
use ferrovirt_conf::storage::{PoolType, StoragePool, StorageVolume, sanitized};
use ferrovirt_core::{Error, ErrorCode, Result, StorageVolId};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The volume of an active pool for which `matches` says so.
fn find(state: &StorageState, matches: impl Fn(&View, &StorageVolume) -> bool) -> Option<StorageVolId> {
    state.pools.all().iter().find_map(|pool| {
        let view = pool.view.get();
        let mut volumes = view.volumes.values().filter(|_| view.active);
        let found = volumes.find(|volume| matches(&view, &volume.model))?;
        Some(pool.volume_id(&found.model))
    })
}

pub fn by_key(state: &StorageState, key: &str) -> Result<StorageVolId> {
    let missing = || Error::new(ErrorCode::NoStorageVol, format!("no storage vol with matching key {key}"));
    find(state, |_, volume| volume.key.as_deref() == Some(key)).ok_or_else(missing)
}

pub fn by_path(state: &StorageState, path: &str) -> Result<StorageVolId> {
    let clean = sanitized(path);
    let found = state.pools.all().iter().find_map(|pool| {
        let view = pool.view.get();
        if !view.active {
            return None;
        }
        let wanted = stable_path(&view.definition, &clean);
        let mut volumes = view.volumes.values();
        let found = volumes.find(|volume| volume.model.target.path.as_deref() == Some(&*wanted))?;
        Some(pool.volume_id(&found.model))
    });
    found.ok_or_else(|| {
        let text = match path == clean {
            true => format!("no storage vol with matching path '{path}'"),
            false => format!("no storage vol with matching path '{path}' ({clean})"),
        };
        Error::new(ErrorCode::NoStorageVol, text)
    })
}

/// The name that a device has in a pool whose target is one of udev's folders of links.
pub fn stable_path(pool: &StoragePool, device: &str) -> String {
    let target = pool.target_path().unwrap_or_default();
    let links = target.starts_with("/dev/") && pool.kind != PoolType::Logical;
    let plain = || device.to_owned();
    if !links {
        return plain();
    }
    let Ok(real) = Path::new(device).canonicalize() else { return plain() };
    let Ok(entries) = std::fs::read_dir(target) else { return plain() };
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    found.sort();
    let points_there = |path: &&PathBuf| path.is_symlink() && path.canonicalize().is_ok_and(|to| to == real);
    found.iter().find(points_there).map_or_else(plain, |path| path.to_string_lossy().into_owned())
}

/// A volume as it is just now; what has changed by itself is noted.
pub fn current(state: &StorageState, id: &StorageVolId) -> Result<(Arc<Pool>, Arc<StorageVolume>)> {
    let (pool, view, model) = state.volume(id)?;
    let backend = backend::of(view.definition.kind)?;
    let mut fresh = StorageVolume::clone(&model);
    backend.refresh_volume(&state.tools, &mut fresh)?;
    if fresh == *model {
        return Ok((pool, model));
    }
    let fresh = Arc::new(fresh);
    pool.view.update(|view| {
        // If somebody was quicker, that is newer.
        if let Some(volume) = view.volumes.get_mut(&*id.name).filter(|one| Arc::ptr_eq(&one.model, &model)) {
            volume.model = fresh.clone();
        }
    });
    Ok((pool, fresh))
}
