//! Storage pools and volumes.

use crate::RemoteDriver;
use crate::decode::Family;
use crate::forward::{forward, text};
use ferrovirt_core::driver::{StorageDriver, StoragePoolInfo, StorageVolInfo, StreamDriver};
use ferrovirt_core::{EventHub, Result, StoragePoolId, StorageVolId};
use ferrovirt_rpc::program::remote::*;
use std::sync::Arc;
use uuid::Uuid;

impl StorageDriver for RemoteDriver {
    forward! {
        fn connect_get_storage_pool_capabilities(flags: u32) -> String = ConnectGetStoragePoolCapabilities { flags };
        fn connect_find_storage_pool_sources(kind: &str, source: Option<&str>, flags: u32) -> String =
            ConnectFindStoragePoolSources { kind: kind.into(), src_spec: text(source), flags };
        fn connect_list_all_storage_pools(flags: u32) -> Vec<StoragePoolId> =
            ConnectListAllStoragePools { need_results: 1, flags } => |reply| reply.pools.0;
        fn storage_pool_lookup_by_name(name: &str) -> StoragePoolId = StoragePoolLookupByName { name: name.into() };
        fn storage_pool_lookup_by_uuid(uuid: Uuid) -> StoragePoolId = StoragePoolLookupByUuid { uuid };
        fn storage_pool_lookup_by_volume(volume: &StorageVolId) -> StoragePoolId =
            StoragePoolLookupByVolume { vol: volume.clone() };
        fn storage_pool_lookup_by_target_path(path: &str) -> StoragePoolId =
            StoragePoolLookupByTargetPath { path: path.into() };
        fn storage_pool_create_xml(xml: &str, flags: u32) -> StoragePoolId =
            StoragePoolCreateXml { xml: xml.into(), flags };
        fn storage_pool_define_xml(xml: &str, flags: u32) -> StoragePoolId =
            StoragePoolDefineXml { xml: xml.into(), flags };
        fn storage_pool_build(pool: &StoragePoolId, flags: u32) -> () =
            StoragePoolBuild { pool: pool.clone(), flags };
        fn storage_pool_undefine(pool: &StoragePoolId) -> () = StoragePoolUndefine { pool: pool.clone() };
        fn storage_pool_create(pool: &StoragePoolId, flags: u32) -> () =
            StoragePoolCreate { pool: pool.clone(), flags };
        fn storage_pool_destroy(pool: &StoragePoolId) -> () = StoragePoolDestroy { pool: pool.clone() };
        fn storage_pool_delete(pool: &StoragePoolId, flags: u32) -> () =
            StoragePoolDelete { pool: pool.clone(), flags };
        fn storage_pool_refresh(pool: &StoragePoolId, flags: u32) -> () =
            StoragePoolRefresh { pool: pool.clone(), flags };
        fn storage_pool_get_info(pool: &StoragePoolId) -> StoragePoolInfo =
            StoragePoolGetInfo { pool: pool.clone() } => |reply| StoragePoolInfo {
                state: reply.state.into(),
                capacity: reply.capacity,
                allocation: reply.allocation,
                available: reply.available,
            };
        fn storage_pool_get_xml_desc(pool: &StoragePoolId, flags: u32) -> String =
            StoragePoolGetXmlDesc { pool: pool.clone(), flags };
        fn storage_pool_get_autostart(pool: &StoragePoolId) -> bool = StoragePoolGetAutostart { pool: pool.clone() };
        fn storage_pool_set_autostart(pool: &StoragePoolId, autostart: bool) -> () =
            StoragePoolSetAutostart { pool: pool.clone(), autostart: autostart.into() };
        fn storage_pool_is_active(pool: &StoragePoolId) -> bool = StoragePoolIsActive { pool: pool.clone() };
        fn storage_pool_is_persistent(pool: &StoragePoolId) -> bool = StoragePoolIsPersistent { pool: pool.clone() };
        fn storage_pool_list_all_volumes(pool: &StoragePoolId, flags: u32) -> Vec<StorageVolId> =
            StoragePoolListAllVolumes { pool: pool.clone(), need_results: 1, flags } => |reply| reply.vols.0;
        fn storage_vol_lookup_by_name(pool: &StoragePoolId, name: &str) -> StorageVolId =
            StorageVolLookupByName { pool: pool.clone(), name: name.into() };
        fn storage_vol_lookup_by_key(key: &str) -> StorageVolId = StorageVolLookupByKey { key: key.into() };
        fn storage_vol_lookup_by_path(path: &str) -> StorageVolId = StorageVolLookupByPath { path: path.into() };
        fn storage_vol_create_xml(pool: &StoragePoolId, xml: &str, flags: u32) -> StorageVolId =
            StorageVolCreateXml { pool: pool.clone(), xml: xml.into(), flags };
        fn storage_vol_create_xml_from(
            pool: &StoragePoolId,
            xml: &str,
            source: &StorageVolId,
            flags: u32,
        ) -> StorageVolId =
            StorageVolCreateXmlFrom { pool: pool.clone(), xml: xml.into(), clonevol: source.clone(), flags };
        fn storage_vol_delete(volume: &StorageVolId, flags: u32) -> () =
            StorageVolDelete { vol: volume.clone(), flags };
        fn storage_vol_wipe_pattern(volume: &StorageVolId, algorithm: u32, flags: u32) -> () =
            StorageVolWipePattern { vol: volume.clone(), algorithm, flags };
        fn storage_vol_get_xml_desc(volume: &StorageVolId, flags: u32) -> String =
            StorageVolGetXmlDesc { vol: volume.clone(), flags };
        fn storage_vol_get_path(volume: &StorageVolId) -> String = StorageVolGetPath { vol: volume.clone() };
        fn storage_vol_resize(volume: &StorageVolId, capacity: u64, flags: u32) -> () =
            StorageVolResize { vol: volume.clone(), capacity, flags };
    }

    fn storage_vol_get_info(&self, volume: &StorageVolId) -> Result<StorageVolInfo> {
        let reply = self.call(&StorageVolGetInfo { vol: volume.clone() })?;
        Ok(volume_info(reply.kind, reply.capacity, reply.allocation))
    }

    fn storage_vol_get_info_flags(&self, volume: &StorageVolId, flags: u32) -> Result<StorageVolInfo> {
        let reply = self.call(&StorageVolGetInfoFlags { vol: volume.clone(), flags })?;
        Ok(volume_info(reply.kind, reply.capacity, reply.allocation))
    }

    fn storage_vol_download(
        &self,
        volume: &StorageVolId,
        offset: u64,
        length: u64,
        flags: u32,
    ) -> Result<Box<dyn StreamDriver>> {
        let call = StorageVolDownload { vol: volume.clone(), offset, length, flags };
        Ok(Box::new(self.open_stream(&call)?.1))
    }

    fn storage_vol_upload(
        &self,
        volume: &StorageVolId,
        offset: u64,
        length: u64,
        flags: u32,
    ) -> Result<Box<dyn StreamDriver>> {
        let call = StorageVolUpload { vol: volume.clone(), offset, length, flags };
        Ok(Box::new(self.open_stream(&call)?.1))
    }

    fn storage_pool_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.session.events.of(Family::StoragePool))
    }
}

fn volume_info(kind: i8, capacity: u64, allocation: u64) -> StorageVolInfo {
    StorageVolInfo { kind: kind.into(), capacity, allocation }
}
