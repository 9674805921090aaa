//! A pool as the driver holds it: an identity, a slot for its one job, and a snapshot for readers.

use ferrovirt_conf::storage::{PoolListing, PoolSize, StoragePool, StorageVolume};
use ferrovirt_core::held::Held;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorCode, JobSlot, Result, StoragePoolId, StorageVolId};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// A pool. Its name and UUID never change.
pub struct Pool {
    id: StoragePoolId,
    pub job: JobSlot,
    pub view: Held<View>,
}

/// What a pool is at a moment.
#[derive(Clone)]
pub struct View {
    pub definition: Arc<StoragePool>,
    /// What it will be when it is stopped, where that is something else.
    pub next: Option<Arc<StoragePool>>,
    /// It has a definition on disk.
    pub persistent: bool,
    pub active: bool,
    /// It is being started or built.
    pub starting: bool,
    pub autostart: bool,
    /// How much work on its volumes is under way.
    pub busy: usize,
    pub volumes: BTreeMap<Arc<str>, Volume>,
    /// It has been taken out of the driver.
    pub gone: bool,
}

/// A volume at a moment.
#[derive(Clone)]
pub struct Volume {
    pub model: Arc<StorageVolume>,
    /// Its content is being made.
    pub building: bool,
    /// How many read or write it just now.
    pub users: usize,
}

impl Stored for Pool {
    fn uuid(&self) -> Uuid {
        self.id.uuid
    }

    fn name(&self) -> Arc<str> {
        self.id.name.clone()
    }
}

impl Pool {
    pub fn new(id: StoragePoolId, definition: Arc<StoragePool>) -> Arc<Self> {
        let view = View {
            definition,
            next: None,
            persistent: false,
            active: false,
            starting: false,
            autostart: false,
            busy: 0,
            volumes: BTreeMap::new(),
            gone: false,
        };
        Arc::new(Self { id, job: JobSlot::new(), view: Held::new(view) })
    }

    pub fn id(&self) -> &StoragePoolId {
        &self.id
    }

    pub fn volume_id(&self, volume: &StorageVolume) -> StorageVolId {
        StorageVolId {
            pool: self.id.name.clone(),
            name: volume.name.as_str().into(),
            key: volume.key.as_deref().unwrap_or_default().into(),
        }
    }

    /// The pool as it is, which must be active.
    pub fn active(&self) -> Result<Arc<View>> {
        let view = self.view.get();
        view.check_active()?;
        Ok(view)
    }
}

impl View {
    pub fn listing(&self) -> PoolListing {
        PoolListing {
            kind: self.definition.kind,
            active: self.active,
            persistent: self.persistent,
            autostart: self.autostart,
        }
    }

    pub fn check_active(&self) -> Result<()> {
        match self.active {
            true => Ok(()),
            false => Err(self.refuse("is not active; start it first")),
        }
    }

    pub fn check_inactive(&self) -> Result<()> {
        match self.active {
            true => Err(self.refuse("is active; stop it first")),
            false => self.check_not_starting(),
        }
    }

    pub fn check_not_starting(&self) -> Result<()> {
        match self.starting {
            true => Err(self.refuse("is being started or built just now")),
            false => Ok(()),
        }
    }

    /// Work on volumes needs the pool to stay as it is.
    pub fn check_idle(&self) -> Result<()> {
        match self.busy {
            0 => Ok(()),
            _ => Err(Error::internal(format!(
                "work on volumes of pool '{}' is under way; wait until it is done",
                self.definition.name()
            ))),
        }
    }

    fn refuse(&self, why: &str) -> Error {
        Error::operation_invalid(format!("storage pool '{}' {why}", self.definition.name()))
    }

    pub fn volume(&self, name: &str) -> Result<&Volume> {
        self.volumes.get(name).ok_or_else(|| {
            Error::new(ErrorCode::NoStorageVol, format!("no storage vol with matching name '{name}'"))
        })
    }

    pub fn put(&mut self, volume: StorageVolume, building: bool) {
        let name: Arc<str> = volume.name.as_str().into();
        self.volumes.insert(name, Volume { model: Arc::new(volume), building, users: 0 });
    }

    /// Counts so many bytes more (or less) as taken.
    pub fn account(&mut self, more: i128) {
        let definition = Arc::make_mut(&mut self.definition);
        let add = |size: PoolSize, more: i128| {
            PoolSize(u64::try_from((i128::from(size.0) + more).max(0)).unwrap_or(u64::MAX))
        };
        definition.allocation = add(definition.allocation, more);
        definition.available = add(definition.available, -more);
    }

    /// It runs no more: what was waiting for that comes into force.
    pub fn settle(&mut self) {
        self.active = false;
        self.volumes.clear();
        if !self.persistent {
            self.gone = true;
        } else if let Some(next) = self.next.take() {
            self.definition = next;
        }
    }
}

impl Volume {
    /// Refuses work that needs the volume for itself.
    pub fn check_free(&self) -> Result<()> {
        if self.users > 0 {
            let text = format!("volume '{}' is still in use", self.model.name);
            return Err(Error::operation_invalid(text));
        }
        self.check_built()
    }

    pub fn check_built(&self) -> Result<()> {
        match self.building {
            true => Err(Error::operation_invalid(format!(
                "volume '{}' is still being allocated",
                self.model.name
            ))),
            false => Ok(()),
        }
    }
}
