//! The pools of a host, and the volumes in them.

use crate::refuse;
use ferrovirt_conf::storage::{PoolListing, PoolSize, StoragePool, StorageVolume};
use ferrovirt_core::held::Held;
use ferrovirt_core::store::{Claim, Store, Stored};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result, StoragePoolId, StorageVolId};
use ferrovirt_xml::Node;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// The size of every pool.
const CAPACITY: u64 = 100 << 30;

/// The pools of a host.
#[derive(Default)]
pub struct Pools(pub(super) Store<Pool>);

/// A pool, active or not.
pub struct Pool {
    uuid: Uuid,
    name: Arc<str>,
    pub(super) view: Held<View>,
}

#[derive(Clone)]
pub(super) struct View {
    pub definition: Arc<StoragePool>,
    pub active: bool,
    pub persistent: bool,
    pub autostart: bool,
    pub volumes: BTreeMap<Arc<str>, Arc<StorageVolume>>,
    pub gone: bool,
}

impl Stored for Pool {
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn name(&self) -> Arc<str> {
        self.name.clone()
    }
}

/// A definition with the sizes that all pools have at first.
pub(super) fn sized(mut definition: StoragePool) -> StoragePool {
    // There is nothing to mount and no Ceph here.
    (definition.mount_options, definition.ceph_options) = (None, None);
    definition.capacity = PoolSize(CAPACITY);
    definition.available = PoolSize(CAPACITY);
    definition.allocation = PoolSize(0);
    definition
}

impl Pools {
    /// Takes in a pool of the host's own description: it is active.
    pub fn install(&self, element: &Node<'_>) -> Result<Arc<Pool>> {
        self.add(sized(StoragePool::from_node(element)?), |view, _| {
            (view.active, view.persistent) = (true, true);
            Ok(())
        })
    }

    pub(super) fn by_name(&self, name: &str) -> Result<Arc<Pool>> {
        self.0.by_name(name).ok_or_else(|| missing(format!("no storage pool with matching name '{name}'")))
    }

    pub(super) fn by_uuid(&self, uuid: Uuid) -> Result<Arc<Pool>> {
        self.0.by_uuid(uuid).ok_or_else(|| missing(format!("no storage pool with matching uuid '{uuid}'")))
    }

    /// Finds or makes the pool that a definition means, gives it the definition, and has `act` change it.
    pub(super) fn add(
        &self,
        definition: StoragePool,
        act: impl Fn(&mut View, bool) -> Result<()>,
    ) -> Result<Arc<Pool>> {
        let definition = Arc::new(definition);
        self.refuse_shared_source(&definition)?;
        let uuid = definition.uuid.expect("a description that was read has a UUID");
        let name = definition.name();
        loop {
            let (pool, is_new) = match self.0.claim(uuid, name, || Pool::new(uuid, &definition)) {
                Claim::Inserted(pool) => (pool, true),
                Claim::Existing(pool) => (pool, false),
                Claim::NameTaken(other) => {
                    return Err(taken(format!("pool '{name}' already exists with uuid {}", other.uuid)));
                }
                Claim::UuidTaken(other) => {
                    return Err(taken(format!("pool '{}' is already defined with uuid {uuid}", other.name)));
                }
            };
            let outcome = pool.view.change(|view| {
                if view.gone {
                    return Ok(false);
                }
                let was_active = view.active;
                act(view, is_new)?;
                view.definition = match was_active {
                    // What it is now counts on. That its sizes begin anew is as with libvirt.
                    true => Arc::new(sized(StoragePool::clone(&view.definition))),
                    false => definition.clone(),
                };
                Ok(true)
            });
            match outcome {
                // Somebody undefined it between the two steps: it is to be made anew.
                Ok(false) => {}
                Ok(true) => return Ok(pool),
                Err(err) => {
                    if is_new {
                        self.0.remove(&pool);
                    }
                    return Err(err);
                }
            }
        }
    }

    /// Two pools must not be made of the same thing.
    fn refuse_shared_source(&self, definition: &StoragePool) -> Result<()> {
        let others = self.0.all();
        let shared = others.iter().find(|pool| definition.shares_source(&pool.view.get().definition));
        match shared {
            Some(pool) => Err(taken(format!("pool '{}' is made of the same source", pool.name))),
            None => Ok(()),
        }
    }

    /// The volume that an active pool has for which `matches` says so.
    pub(super) fn find_volume(&self, matches: impl Fn(&StorageVolume) -> bool) -> Option<StorageVolId> {
        self.0.all().iter().find_map(|pool| {
            let view = pool.view.get();
            let volume = view.volumes.values().find(|volume| view.active && matches(volume))?;
            Some(pool.volume_id(volume))
        })
    }
}

impl Pool {
    fn new(uuid: Uuid, definition: &Arc<StoragePool>) -> Arc<Self> {
        let view = View {
            definition: definition.clone(),
            active: false,
            persistent: false,
            autostart: false,
            volumes: BTreeMap::new(),
            gone: false,
        };
        Arc::new(Self { uuid, name: definition.name().into(), view: Held::new(view) })
    }

    pub(super) fn id(&self) -> StoragePoolId {
        StoragePoolId { name: self.name.clone(), uuid: self.uuid }
    }

    pub(super) fn volume_id(&self, volume: &StorageVolume) -> StorageVolId {
        StorageVolId {
            pool: self.name.clone(),
            name: volume.name.as_str().into(),
            key: volume.key.as_deref().unwrap_or_default().into(),
        }
    }

    /// Takes in a volume of the host's own description.
    pub fn install_volume(&self, element: &Node<'_>) -> Result<()> {
        self.view.change(|view| {
            let mut volume = StorageVolume::from_node(element, view.definition.kind)?;
            if view.volumes.contains_key(volume.name.as_str()) {
                let text = format!("pool '{}' has two volumes '{}'", view.definition.name(), volume.name);
                return Err(element.error(ErrorCode::Internal, text).domain(ErrorDomain::None));
            }
            let path = view.definition.path_of(&volume.name);
            let path = volume.target.path.get_or_insert(path).clone();
            volume.key.get_or_insert(path);
            view.put(volume);
            Ok(())
        })
    }
}

impl View {
    /// What a list looks at.
    pub fn listing(&self) -> PoolListing {
        PoolListing {
            kind: self.definition.kind,
            active: self.active,
            persistent: self.persistent,
            autostart: self.autostart,
        }
    }

    pub fn check_active(&self) -> Result<()> {
        if self.active {
            return Ok(());
        }
        let text = format!("storage pool '{}' is not active; start it first", self.definition.name());
        Err(refuse::operation_invalid(text))
    }

    pub fn check_inactive(&self) -> Result<()> {
        if !self.active {
            return Ok(());
        }
        let text = format!("storage pool '{}' is active; stop it first", self.definition.name());
        Err(refuse::operation_invalid(text))
    }

    pub fn volume(&self, name: &str) -> Result<&Arc<StorageVolume>> {
        self.volumes.get(name).ok_or_else(|| {
            refuse::error(ErrorCode::NoStorageVol, format!("no storage vol with matching name '{name}'"))
        })
    }

    pub fn put(&mut self, volume: StorageVolume) {
        self.account(|taken| taken.saturating_add(volume.allocation));
        self.volumes.insert(volume.name.as_str().into(), Arc::new(volume));
    }

    pub fn take_out(&mut self, name: &str) -> Result<()> {
        let allocation = self.volume(name)?.allocation;
        self.volumes.remove(name);
        self.account(|taken| taken.saturating_sub(allocation));
        Ok(())
    }

    fn account(&mut self, change: impl FnOnce(u64) -> u64) {
        let definition = Arc::make_mut(&mut self.definition);
        let taken = change(definition.allocation.0);
        definition.allocation = PoolSize(taken);
        definition.available = PoolSize(definition.capacity.0.saturating_sub(taken));
    }
}

fn missing(text: String) -> Error {
    refuse::error(ErrorCode::NoStoragePool, text)
}

fn taken(text: String) -> Error {
    Error::operation_failed(text).domain(ErrorDomain::Storage)
}
