//! Storage pools, as a caller holds them.

use crate::object::object;
use crate::object_events::ObjectEvents;
use crate::{CallbackId, Connection, Listener};
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE,
    VIR_STORAGE_POOL_EVENT_ID_LAST,
};
use ferrovirt_core::driver::{StorageDriver, StoragePoolInfo};
use ferrovirt_core::event::EventObject;
use ferrovirt_core::{Event, Result, StoragePoolId};
use uuid::Uuid;

object! {
    /// A storage pool: where volumes are made and found. Cloning shares the handle.
    StoragePool keyed StoragePoolId, served by storage: StorageDriver
}

impl Connection {
    /// The formats that each kind of pool knows, as XML; `flags` must be 0 for now.
    pub fn storage_pool_capabilities(&self, flags: u32) -> Result<String> {
        self.drivers().storage.connect_get_storage_pool_capabilities(flags)
    }

    /// What pools of one kind could be made of, as XML; `source` narrows the search where the kind needs it.
    pub fn find_storage_pool_sources(&self, kind: &str, source: Option<&str>, flags: u32) -> Result<String> {
        self.drivers().storage.connect_find_storage_pool_sources(kind, source, flags)
    }

    /// The pools there are; `flags` are `VIR_CONNECT_LIST_STORAGE_POOLS_*`, 0 for all.
    pub fn list_all_storage_pools(&self, flags: u32) -> Result<Vec<StoragePool>> {
        Ok(StoragePool::all(self, self.drivers().storage.connect_list_all_storage_pools(flags)?))
    }

    /// The names of the pools that run.
    pub fn list_storage_pools(&self) -> Result<Vec<String>> {
        self.storage_pool_names(VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE)
    }

    /// The names of the pools that are defined and do not run.
    pub fn list_defined_storage_pools(&self) -> Result<Vec<String>> {
        self.storage_pool_names(VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE)
    }

    fn storage_pool_names(&self, flags: u32) -> Result<Vec<String>> {
        let ids = self.drivers().storage.connect_list_all_storage_pools(flags)?;
        Ok(ids.iter().map(|id| id.name.to_string()).collect())
    }

    pub fn lookup_storage_pool_by_name(&self, name: &str) -> Result<StoragePool> {
        self.drivers().storage.storage_pool_lookup_by_name(name).map(|id| StoragePool::new(self, id))
    }

    pub fn lookup_storage_pool_by_uuid(&self, uuid: Uuid) -> Result<StoragePool> {
        self.drivers().storage.storage_pool_lookup_by_uuid(uuid).map(|id| StoragePool::new(self, id))
    }

    /// The pool whose target is this path.
    pub fn lookup_storage_pool_by_target_path(&self, path: &str) -> Result<StoragePool> {
        self.drivers().storage.storage_pool_lookup_by_target_path(path).map(|id| StoragePool::new(self, id))
    }

    /// Starts a pool that is forgotten once it is destroyed; `flags` are `virStoragePoolCreateFlags`.
    pub fn create_storage_pool(&self, xml: &str, flags: u32) -> Result<StoragePool> {
        self.drivers().storage.storage_pool_create_xml(xml, flags).map(|id| StoragePool::new(self, id))
    }

    /// Makes the definition permanent, new or in place of the one with the same UUID; nothing is started.
    pub fn define_storage_pool(&self, xml: &str, flags: u32) -> Result<StoragePool> {
        self.drivers().storage.storage_pool_define_xml(xml, flags).map(|id| StoragePool::new(self, id))
    }

    /// Tells `listener` of every event of one kind (`virStoragePoolEventID`), of all pools or of one.
    pub fn register_storage_pool_event(
        &self,
        pool: Option<&StoragePool>,
        event_id: i32,
        listener: Listener,
    ) -> Result<CallbackId> {
        let events = ObjectEvents {
            family: "storage pool",
            event_id,
            end: VIR_STORAGE_POOL_EVENT_ID_LAST,
            object: pool.map(|pool| (pool.connection(), EventObject::StoragePool(pool.id().clone()))),
            hub: || self.drivers().storage.storage_pool_events(),
        };
        let wanted = pool.map(StoragePool::uuid);
        let filter = move |event: &Event| match event {
            Event::StoragePool { pool, kind } => {
                kind.id() == event_id && wanted.is_none_or(|wanted| wanted == pool.uuid)
            }
            _ => false,
        };
        events.register(self, Box::new(filter), listener)
    }
}

impl StoragePool {
    pub fn name(&self) -> &str {
        &self.id().name
    }

    pub fn uuid(&self) -> Uuid {
        self.id().uuid
    }

    /// Makes the storage itself: a directory, a file system, a volume group; `flags` are `virStoragePoolBuildFlags`.
    pub fn build(&self, flags: u32) -> Result<()> {
        self.driver().storage_pool_build(self.id(), flags)
    }

    /// Forgets the definition of a pool that does not run.
    pub fn undefine(&self) -> Result<()> {
        self.driver().storage_pool_undefine(self.id())
    }

    /// Starts a defined pool; `flags` are `virStoragePoolCreateFlags`.
    pub fn create(&self, flags: u32) -> Result<()> {
        self.driver().storage_pool_create(self.id(), flags)
    }

    /// Stops the pool; what is stored in it stays.
    pub fn destroy(&self) -> Result<()> {
        self.driver().storage_pool_destroy(self.id())
    }

    /// Removes the storage itself, with what is stored in it; `flags` are `virStoragePoolDeleteFlags`.
    pub fn delete(&self, flags: u32) -> Result<()> {
        self.driver().storage_pool_delete(self.id(), flags)
    }

    /// Looks again which volumes there are.
    pub fn refresh(&self, flags: u32) -> Result<()> {
        self.driver().storage_pool_refresh(self.id(), flags)
    }

    pub fn info(&self) -> Result<StoragePoolInfo> {
        self.driver().storage_pool_get_info(self.id())
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().storage_pool_get_xml_desc(self.id(), flags)
    }

    /// Whether the pool starts with the host.
    pub fn autostart(&self) -> Result<bool> {
        self.driver().storage_pool_get_autostart(self.id())
    }

    pub fn set_autostart(&self, autostart: bool) -> Result<()> {
        self.driver().storage_pool_set_autostart(self.id(), autostart)
    }

    pub fn is_active(&self) -> Result<bool> {
        self.driver().storage_pool_is_active(self.id())
    }

    pub fn is_persistent(&self) -> Result<bool> {
        self.driver().storage_pool_is_persistent(self.id())
    }
}
