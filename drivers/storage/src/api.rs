//! The driver as connections see it: flags are checked here, the work is done elsewhere.

use crate::driver::StorageState;
use crate::volume::{change, create, find, transfer};
use crate::{backend, definitions, life};
use ferrovirt_conf::storage::{PoolCapabilities, PoolListing, PoolType, sanitized};
use ferrovirt_core::abi;
use ferrovirt_core::driver::{StorageDriver, StoragePoolInfo, StorageVolInfo, StreamDriver};
use ferrovirt_core::flags::refuse_unknown;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, EventHub, Result, StoragePoolId, StorageVolId};
use ferrovirt_xml::XmlValue;
use std::sync::Arc;
use uuid::Uuid;

const CREATE_FLAGS: u32 = abi::VIR_STORAGE_POOL_CREATE_WITH_BUILD
    | abi::VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE
    | abi::VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE;

/// Runs a call: errors that come from below get the driver's domain.
fn call<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    work().map_err(|err| err.or_domain(ErrorDomain::Storage))
}

/// As [`call`]; flags that the call does not know are refused.
fn flagged<T>(name: &str, flags: u32, known: u32, work: impl FnOnce() -> Result<T>) -> Result<T> {
    call(|| refuse_unknown(flags, known, name).and_then(|()| work()))
}

impl StorageDriver for StorageState {
    fn connect_get_storage_pool_capabilities(&self, flags: u32) -> Result<String> {
        flagged("virConnectGetStoragePoolCapabilities", flags, 0, || {
            Ok(PoolCapabilities::of_host(backend::SUPPORTED).to_xml())
        })
    }

    fn connect_find_storage_pool_sources(
        &self,
        kind: &str,
        source: Option<&str>,
        flags: u32,
    ) -> Result<String> {
        call(|| {
            let no_type = || Error::internal(format!("there is no type '{kind}' of storage pools"));
            let found = PoolType::from_text(kind).ok_or_else(no_type)?;
            let backend = backend::of(found)?;
            refuse_unknown(flags, 0, "virConnectFindStoragePoolSources")?;
            // File systems of devices nobody looks for.
            if found == PoolType::Fs {
                return Err(Error::no_support("sources of this type of pool can't be looked for"));
            }
            backend.find_sources(source)
        })
    }

    fn connect_list_all_storage_pools(&self, flags: u32) -> Result<Vec<StoragePoolId>> {
        flagged("virConnectListAllStoragePools", flags, PoolListing::known(), || {
            let all = self.pools.all();
            let listed = all.iter().filter(|pool| pool.view.get().listing().passes(flags));
            Ok(listed.map(|pool| pool.id().clone()).collect())
        })
    }

    fn storage_pool_lookup_by_name(&self, name: &str) -> Result<StoragePoolId> {
        call(|| Ok(self.by_name(name)?.id().clone()))
    }

    fn storage_pool_lookup_by_uuid(&self, uuid: Uuid) -> Result<StoragePoolId> {
        call(|| Ok(self.by_uuid(uuid)?.id().clone()))
    }

    fn storage_pool_lookup_by_volume(&self, volume: &StorageVolId) -> Result<StoragePoolId> {
        self.storage_pool_lookup_by_name(&volume.pool)
    }

    fn storage_pool_lookup_by_target_path(&self, path: &str) -> Result<StoragePoolId> {
        call(|| {
            let clean = sanitized(path);
            let all = self.pools.all();
            let mut active = all.iter().filter(|pool| pool.view.get().active);
            let found = active.find(|pool| pool.view.get().definition.target_path() == Some(&clean));
            found.map(|pool| pool.id().clone()).ok_or_else(|| {
                let text = format!("no storage pool with matching target path '{path}'");
                Error::new(ErrorCode::NoStoragePool, text)
            })
        })
    }

    fn storage_pool_create_xml(&self, xml: &str, flags: u32) -> Result<StoragePoolId> {
        flagged("virStoragePoolCreateXML", flags, CREATE_FLAGS, || life::create_xml(self, xml, flags))
    }

    fn storage_pool_define_xml(&self, xml: &str, flags: u32) -> Result<StoragePoolId> {
        flagged("virStoragePoolDefineXML", flags, abi::VIR_STORAGE_POOL_DEFINE_VALIDATE, || {
            definitions::define(self, xml, flags & abi::VIR_STORAGE_POOL_DEFINE_VALIDATE != 0)
        })
    }

    fn storage_pool_build(&self, pool: &StoragePoolId, flags: u32) -> Result<()> {
        call(|| life::build(self, pool, flags))
    }

    fn storage_pool_undefine(&self, pool: &StoragePoolId) -> Result<()> {
        call(|| definitions::undefine(self, pool))
    }

    fn storage_pool_create(&self, pool: &StoragePoolId, flags: u32) -> Result<()> {
        flagged("virStoragePoolCreate", flags, CREATE_FLAGS, || life::create(self, pool, flags))
    }

    fn storage_pool_destroy(&self, pool: &StoragePoolId) -> Result<()> {
        call(|| life::destroy(self, pool))
    }

    fn storage_pool_delete(&self, pool: &StoragePoolId, flags: u32) -> Result<()> {
        call(|| life::delete(self, pool, flags))
    }

    fn storage_pool_refresh(&self, pool: &StoragePoolId, flags: u32) -> Result<()> {
        flagged("virStoragePoolRefresh", flags, 0, || life::refresh(self, pool))
    }

    fn storage_pool_get_info(&self, pool: &StoragePoolId) -> Result<StoragePoolInfo> {
        call(|| {
            let view = self.find(pool)?.view.get();
            let definition = &view.definition;
            let state = match view.active {
                true => abi::VIR_STORAGE_POOL_RUNNING,
                false => abi::VIR_STORAGE_POOL_INACTIVE,
            };
            Ok(StoragePoolInfo {
                state: state as i32,
                capacity: definition.capacity.0,
                allocation: definition.allocation.0,
                available: definition.available.0,
            })
        })
    }

    fn storage_pool_get_xml_desc(&self, pool: &StoragePoolId, flags: u32) -> Result<String> {
        flagged("virStoragePoolGetXMLDesc", flags, abi::VIR_STORAGE_XML_INACTIVE, || {
            let view = self.find(pool)?.view.get();
            let next = view.next.as_ref().filter(|_| flags & abi::VIR_STORAGE_XML_INACTIVE != 0);
            Ok(next.unwrap_or(&view.definition).to_xml())
        })
    }

    fn storage_pool_get_autostart(&self, pool: &StoragePoolId) -> Result<bool> {
        call(|| Ok(self.find(pool)?.view.get().autostart))
    }

    fn storage_pool_set_autostart(&self, pool: &StoragePoolId, autostart: bool) -> Result<()> {
        call(|| definitions::set_autostart(self, pool, autostart))
    }

    fn storage_pool_is_active(&self, pool: &StoragePoolId) -> Result<bool> {
        call(|| Ok(self.find(pool)?.view.get().active))
    }

    fn storage_pool_is_persistent(&self, pool: &StoragePoolId) -> Result<bool> {
        call(|| Ok(self.find(pool)?.view.get().persistent))
    }

    fn storage_pool_list_all_volumes(&self, pool: &StoragePoolId, flags: u32) -> Result<Vec<StorageVolId>> {
        flagged("virStoragePoolListAllVolumes", flags, 0, || {
            let pool = self.find(pool)?;
            let view = pool.active()?;
            Ok(view.volumes.values().map(|volume| pool.volume_id(&volume.model)).collect())
        })
    }

    fn storage_vol_lookup_by_name(&self, pool: &StoragePoolId, name: &str) -> Result<StorageVolId> {
        call(|| {
            let pool = self.find(pool)?;
            let view = pool.active()?;
            Ok(pool.volume_id(&view.volume(name)?.model))
        })
    }

    fn storage_vol_lookup_by_key(&self, key: &str) -> Result<StorageVolId> {
        call(|| find::by_key(self, key))
    }

    fn storage_vol_lookup_by_path(&self, path: &str) -> Result<StorageVolId> {
        call(|| find::by_path(self, path))
    }

    fn storage_vol_create_xml(&self, pool: &StoragePoolId, xml: &str, flags: u32) -> Result<StorageVolId> {
        call(|| create::create(self, pool, xml, flags))
    }

    fn storage_vol_create_xml_from(
        &self,
        pool: &StoragePoolId,
        xml: &str,
        source: &StorageVolId,
        flags: u32,
    ) -> Result<StorageVolId> {
        call(|| create::create_from(self, pool, xml, source, flags))
    }

    fn storage_vol_delete(&self, volume: &StorageVolId, flags: u32) -> Result<()> {
        call(|| change::delete(self, volume, flags))
    }

    fn storage_vol_wipe_pattern(&self, volume: &StorageVolId, algorithm: u32, flags: u32) -> Result<()> {
        call(|| change::wipe(self, volume, algorithm, flags))
    }

    fn storage_vol_get_info(&self, volume: &StorageVolId) -> Result<StorageVolInfo> {
        self.storage_vol_get_info_flags(volume, 0)
    }

    fn storage_vol_get_info_flags(&self, volume: &StorageVolId, flags: u32) -> Result<StorageVolInfo> {
        flagged("virStorageVolGetInfoFlags", flags, abi::VIR_STORAGE_VOL_GET_PHYSICAL, || {
            let (_, found) = find::current(self, volume)?;
            let physical = flags & abi::VIR_STORAGE_VOL_GET_PHYSICAL != 0;
            Ok(StorageVolInfo {
                kind: found.kind as i32,
                capacity: found.capacity,
                allocation: if physical { found.physical } else { found.allocation },
            })
        })
    }

    fn storage_vol_get_xml_desc(&self, volume: &StorageVolId, flags: u32) -> Result<String> {
        flagged("virStorageVolGetXMLDesc", flags, 0, || Ok(find::current(self, volume)?.1.to_xml()))
    }

    fn storage_vol_get_path(&self, volume: &StorageVolId) -> Result<String> {
        call(|| Ok(self.volume(volume)?.2.target.path.clone().unwrap_or_default()))
    }

    fn storage_vol_resize(&self, volume: &StorageVolId, capacity: u64, flags: u32) -> Result<()> {
        call(|| change::resize(self, volume, capacity, flags))
    }

    fn storage_vol_download(
        &self,
        volume: &StorageVolId,
        offset: u64,
        length: u64,
        flags: u32,
    ) -> Result<Box<dyn StreamDriver>> {
        call(|| transfer::download(self, volume, offset, length, flags))
    }

    fn storage_vol_upload(
        &self,
        volume: &StorageVolId,
        offset: u64,
        length: u64,
        flags: u32,
    ) -> Result<Box<dyn StreamDriver>> {
        call(|| transfer::upload(self, volume, offset, length, flags))
    }

    fn storage_pool_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.events.clone())
    }
}
