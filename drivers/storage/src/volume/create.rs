//! Making volumes: the place is taken under the pool's job, the content is made beside it.

use crate::backend::{self, Backend, Making};
use crate::driver::StorageState;
use crate::life;
use crate::pool::{Pool, View};
use ferrovirt_conf::storage::{CapacityRule, StorageVolume};
use ferrovirt_core::abi::{
    VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA, VIR_STORAGE_VOL_CREATE_REFLINK, VIR_STORAGE_VOL_CREATE_VALIDATE,
};
use ferrovirt_core::flags::refuse_unknown;
use ferrovirt_core::{Error, ErrorCode, Result, StoragePoolId, StorageVolId};
use std::sync::Arc;

/// Makes a volume as its description says.
pub fn create(state: &StorageState, id: &StoragePoolId, xml: &str, flags: u32) -> Result<StorageVolId> {
    let known = VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA | VIR_STORAGE_VOL_CREATE_VALIDATE;
    refuse_unknown(flags, known, "virStorageVolCreateXML")?;
    let pool = state.find(id)?;
    let view = pool.active()?;
    let backend = backend::of(view.definition.kind)?;
    let mut volume = read(xml, &view, CapacityRule::UnlessBacked, flags)?;
    if volume.capacity == 0 && !backend.builds_apart() {
        return Err(Error::no_support("a volume of this type of pool needs a <capacity>"));
    }
    place(state, &pool, backend, &mut volume, |view, volume| {
        match view.volumes.contains_key(&*volume.name) {
            true => Err(Error::new(ErrorCode::StorageVolExist, format!("'{}'", volume.name))),
            false => Ok(()),
        }
    })?;
    let definition = pool.view.get().definition.clone();
    let flags = flags & !VIR_STORAGE_VOL_CREATE_VALIDATE;
    let making = Making { pool: &definition, volume: &volume, original: None, flags };
    let made = if backend.builds_apart() { backend.fill(&state.tools, &making) } else { Ok(()) };
    finish(state, &pool, backend, volume, made)
}

/// Makes a volume with the content of another one, which may be in another pool.
pub fn create_from(
    state: &StorageState,
    id: &StoragePoolId,
    xml: &str,
    source: &StorageVolId,
    flags: u32,
) -> Result<StorageVolId> {
    let known = VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA
        | VIR_STORAGE_VOL_CREATE_REFLINK
        | VIR_STORAGE_VOL_CREATE_VALIDATE;
    refuse_unknown(flags, known, "virStorageVolCreateXMLFrom")?;
    let pool = state.find(id)?;
    let view = pool.active()?;
    let (source_pool, source_view, _) = state.volume(source)?;
    let backend = backend::of(view.definition.kind)?;
    let mut volume = read(xml, &view, CapacityRule::Optional, flags)?;
    check_name(&view, &volume)?;
    source_view.volume(&source.name)?.check_built()?;
    let original = super::find::current(state, source)?.1;
    volume.capacity = volume.capacity.max(original.capacity);
    if !volume.has_allocation {
        volume.allocation = volume.capacity;
    }
    // The source must not be taken away meanwhile.
    let using = Using::begin(&source_pool, &source.name)?;
    place(state, &pool, backend, &mut volume, check_name)?;
    let definition = pool.view.get().definition.clone();
    let flags = flags & !VIR_STORAGE_VOL_CREATE_VALIDATE;
    let making = Making { pool: &definition, volume: &volume, original: Some(&original), flags };
    let made = backend.fill(&state.tools, &making);
    drop(using);
    if made.is_err() && !backend.builds_apart() {
        // The place is taken on the disk already.
        if let Err(err) = backend.delete_volume(&definition, &volume, 0) {
            tracing::warn!(volume = volume.name, %err, "a volume that could not be filled stays");
        }
    }
    finish(state, &pool, backend, volume, made)
}

fn read(xml: &str, view: &View, rule: CapacityRule, flags: u32) -> Result<StorageVolume> {
    StorageVolume::from_xml(xml, view.definition.kind, rule, flags & VIR_STORAGE_VOL_CREATE_VALIDATE != 0)
}

fn check_name(view: &View, volume: &StorageVolume) -> Result<()> {
    match view.volumes.contains_key(&*volume.name) {
        true => Err(Error::internal(format!("there is a storage volume '{}' already", volume.name))),
        false => Ok(()),
    }
}

/// Takes the place of a new volume, and shows it as one that is being made.
fn place(
    state: &StorageState,
    pool: &Arc<Pool>,
    backend: &dyn Backend,
    volume: &mut StorageVolume,
    check: impl Fn(&View, &StorageVolume) -> Result<()>,
) -> Result<()> {
    let _job = state.job(pool, "create volume")?;
    let view = pool.active()?;
    check(&view, volume)?;
    // The driver chooses what it is found by.
    volume.key = None;
    backend.create(&state.tools, &view.definition, volume)?;
    pool.view.update(|view| {
        view.put(volume.clone(), true);
        view.busy += 1;
    });
    Ok(())
}

/// The volume is there now, or it is not.
fn finish(
    state: &StorageState,
    pool: &Arc<Pool>,
    backend: &dyn Backend,
    mut volume: StorageVolume,
    made: Result<()>,
) -> Result<StorageVolId> {
    let made = made.and_then(|()| {
        backend.refresh_volume(&state.tools, &mut volume).inspect_err(|_| {
            let definition = pool.view.get().definition.clone();
            if let Err(err) = backend.delete_volume(&definition, &volume, 0) {
                tracing::warn!(volume = volume.name, %err, "a volume that can't be used stays");
            }
        })
    });
    let id = pool.volume_id(&volume);
    pool.view.update(|view| {
        view.busy = view.busy.saturating_sub(1);
        match &made {
            Ok(()) => {
                if !backend.counts_itself() {
                    view.account(volume.allocation.into());
                }
                view.put(volume, false);
            }
            Err(_) => _ = view.volumes.remove(&id.name),
        }
    });
    life::recount(state, pool, backend);
    made.map(|()| id)
}

/// A volume that is read or written; it stays as long as this is held.
pub struct Using<'p> {
    pool: &'p Pool,
    name: Arc<str>,
}

impl<'p> Using<'p> {
    pub fn begin(pool: &'p Arc<Pool>, name: &Arc<str>) -> Result<Self> {
        pool.view.change(|view| {
            view.check_active()?;
            view.volume(name)?;
            view.busy += 1;
            view.volumes.entry(name.clone()).and_modify(|volume| volume.users += 1);
            Ok(())
        })?;
        Ok(Self { pool, name: name.clone() })
    }
}

impl Drop for Using<'_> {
    fn drop(&mut self) {
        self.pool.view.update(|view| {
            view.busy = view.busy.saturating_sub(1);
            if let Some(volume) = view.volumes.get_mut(&self.name) {
                volume.users = volume.users.saturating_sub(1);
            }
        });
    }
}
