//! The driver: its pools, and how it is opened.

use crate::backend::Tools;
use crate::paths::Paths;
use crate::pool::{Pool, View};
use crate::{definitions, life, recover};
use ferrovirt_conf::storage::StorageVolume;
use ferrovirt_core::driver::SecretDriver;
use ferrovirt_core::event::ObjectEventKind;
use ferrovirt_core::instances::{Instances, Presence};
use ferrovirt_core::layout::Layout;
use ferrovirt_core::store::Store;
use ferrovirt_core::{
    Error, ErrorCode, ErrorDomain, Event, EventHub, Job, Result, StoragePoolId, StorageVolId,
};
use ferrovirt_host::process::PidFile;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};
use uuid::Uuid;

/// The pools of one set of folders.
pub struct StorageState {
    pub(crate) paths: Paths,
    pub(crate) pools: Store<Pool>,
    pub(crate) events: Arc<EventHub>,
    pub(crate) tools: Tools,
    /// Held while it is seen to that no two pools are made of the same thing.
    pub(crate) claiming: Mutex<()>,
    this: Weak<StorageState>,
    _lock: PidFile,
    _presence: Presence,
}

impl StorageState {
    /// Opens the driver whose files are in `layout`, or joins the one that this process has open there already. Pools
    /// that were active are so again, and those that are to start with the driver are started, once a boot.
    /// `secrets` opens encrypted volumes.
    pub fn open(layout: &Layout, secrets: Arc<dyn SecretDriver>) -> Result<Arc<Self>> {
        static OPEN: Instances<StorageState> = Instances::new();
        let load = |presence| Self::load(layout, secrets, presence);
        OPEN.open(layout, load).map_err(|err| err.or_domain(ErrorDomain::Storage))
    }

    fn load(layout: &Layout, secrets: Arc<dyn SecretDriver>, presence: Presence) -> Result<Arc<Self>> {
        let paths = Paths::new(layout);
        let lock = PidFile::acquire_driver(paths.state(), "storage")?;
        let state = Arc::new_cyclic(|this| Self {
            tools: Tools { secrets, scratch: paths.state().to_path_buf() },
            paths,
            pools: Store::new(),
            events: Arc::new(EventHub::new()),
            claiming: Mutex::new(()),
            this: this.clone(),
            _lock: lock,
            _presence: presence,
        });
        recover::remove_half_written(&state)?;
        recover::load_active(&state)?;
        definitions::load_all(&state)?;
        recover::look_at_all(&state);
        life::start_marked(&state);
        Ok(state)
    }

    /// For what outlives a call.
    pub(crate) fn weak(&self) -> Weak<Self> {
        self.this.clone()
    }

    pub(crate) fn find(&self, id: &StoragePoolId) -> Result<Arc<Pool>> {
        self.by_uuid(id.uuid).map_err(|_| no_pool(format!("uuid '{}' ({})", id.uuid, id.name)))
    }

    pub(crate) fn by_uuid(&self, uuid: Uuid) -> Result<Arc<Pool>> {
        self.pools.by_uuid(uuid).ok_or_else(|| no_pool(format!("uuid '{uuid}'")))
    }

    pub(crate) fn by_name(&self, name: &str) -> Result<Arc<Pool>> {
        self.pools.by_name(name).ok_or_else(|| no_pool(format!("name '{name}'")))
    }

    /// Takes the slot of a pool's one job; a pool that was removed while we waited is an error.
    pub(crate) fn job<'p>(&self, pool: &'p Pool, name: &'static str) -> Result<Job<'p>> {
        let job = pool.job.begin(name)?;
        if pool.view.get().gone { Err(no_pool(format!("name '{}'", pool.id().name))) } else { Ok(job) }
    }

    /// Changes a pool; one that is gone then is taken out.
    pub(crate) fn change<T>(&self, pool: &Arc<Pool>, act: impl FnOnce(&mut View) -> Result<T>) -> Result<T> {
        let outcome = pool.view.change(act);
        if pool.view.get().gone {
            self.pools.remove(pool);
        }
        outcome
    }

    /// A volume's pool, as it is, and the volume.
    pub(crate) fn volume(&self, id: &StorageVolId) -> Result<(Arc<Pool>, Arc<View>, Arc<StorageVolume>)> {
        let pool = self.by_name(&id.pool)?;
        let view = pool.active()?;
        let model = view.volume(&id.name)?.model.clone();
        Ok((pool, view, model))
    }

    pub(crate) fn announce(&self, pool: &Pool, event: u32) {
        self.publish(pool, ObjectEventKind::Lifecycle { event: event as i32, detail: 0 });
    }

    pub(crate) fn publish(&self, pool: &Pool, kind: ObjectEventKind) {
        self.events.publish(Event::StoragePool { pool: pool.id().clone(), kind });
    }
}

fn no_pool(what: String) -> Error {
    Error::new(ErrorCode::NoStoragePool, format!("no storage pool with matching {what}"))
}
