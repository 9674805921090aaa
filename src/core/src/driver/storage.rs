//! Storage pools and volumes.

use super::StreamDriver;
use crate::event::EventHub;
use crate::{StoragePoolId, StorageVolId};
use std::sync::Arc;
use uuid::Uuid;

/// The state and the sizes of a pool (`virStoragePoolInfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoragePoolInfo {
    /// `virStoragePoolState`.
    pub state: i32,
    /// All there is, in bytes.
    pub capacity: u64,
    /// What is taken, in bytes.
    pub allocation: u64,
    /// What is free, in bytes.
    pub available: u64,
}

/// The kind and the sizes of a volume (`virStorageVolInfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StorageVolInfo {
    /// `virStorageVolType`.
    pub kind: i32,
    /// The size that a guest sees, in bytes.
    pub capacity: u64,
    /// What it takes of the pool, in bytes; its physical size with `VIR_STORAGE_VOL_GET_PHYSICAL`.
    pub allocation: u64,
}

driver_trait! {
    /// Storage pools and volumes.
    pub trait StorageDriver in Storage {
        /// The formats that each kind of pool knows, as XML.
        fn connect_get_storage_pool_capabilities(&self, flags: u32) -> String = "virConnectGetStoragePoolCapabilities";
        /// What pools of one kind could be made of, as XML.
        fn connect_find_storage_pool_sources(
            &self,
            kind: &str,
            source: Option<&str>,
            flags: u32,
        ) -> String = "virConnectFindStoragePoolSources" writes;
        /// Which pools there are; `flags` are `VIR_CONNECT_LIST_STORAGE_POOLS_*`.
        fn connect_list_all_storage_pools(&self, flags: u32) -> Vec<StoragePoolId> = "virConnectListAllStoragePools";
        fn storage_pool_lookup_by_name(&self, name: &str) -> StoragePoolId = "virStoragePoolLookupByName";
        fn storage_pool_lookup_by_uuid(&self, uuid: Uuid) -> StoragePoolId = "virStoragePoolLookupByUUID";
        fn storage_pool_lookup_by_volume(&self, volume: &StorageVolId) -> StoragePoolId = "virStoragePoolLookupByVolume";
        fn storage_pool_lookup_by_target_path(&self, path: &str) -> StoragePoolId = "virStoragePoolLookupByTargetPath";
        fn storage_pool_create_xml(&self, xml: &str, flags: u32) -> StoragePoolId = "virStoragePoolCreateXML" writes;
        fn storage_pool_define_xml(&self, xml: &str, flags: u32) -> StoragePoolId = "virStoragePoolDefineXML" writes;
        fn storage_pool_build(&self, pool: &StoragePoolId, flags: u32) -> () = "virStoragePoolBuild" writes;
        fn storage_pool_undefine(&self, pool: &StoragePoolId) -> () = "virStoragePoolUndefine" writes;
        fn storage_pool_create(&self, pool: &StoragePoolId, flags: u32) -> () = "virStoragePoolCreate" writes;
        fn storage_pool_destroy(&self, pool: &StoragePoolId) -> () = "virStoragePoolDestroy" writes;
        fn storage_pool_delete(&self, pool: &StoragePoolId, flags: u32) -> () = "virStoragePoolDelete" writes;
        fn storage_pool_refresh(&self, pool: &StoragePoolId, flags: u32) -> () = "virStoragePoolRefresh" writes;
        fn storage_pool_get_info(&self, pool: &StoragePoolId) -> StoragePoolInfo = "virStoragePoolGetInfo";
        fn storage_pool_get_xml_desc(&self, pool: &StoragePoolId, flags: u32) -> String = "virStoragePoolGetXMLDesc";
        fn storage_pool_get_autostart(&self, pool: &StoragePoolId) -> bool = "virStoragePoolGetAutostart";
        fn storage_pool_set_autostart(&self, pool: &StoragePoolId, autostart: bool) -> () = "virStoragePoolSetAutostart" writes;
        fn storage_pool_is_active(&self, pool: &StoragePoolId) -> bool = "virStoragePoolIsActive";
        fn storage_pool_is_persistent(&self, pool: &StoragePoolId) -> bool = "virStoragePoolIsPersistent";
        fn storage_pool_list_all_volumes(&self, pool: &StoragePoolId, flags: u32) -> Vec<StorageVolId> = "virStoragePoolListAllVolumes";
        fn storage_vol_lookup_by_name(&self, pool: &StoragePoolId, name: &str) -> StorageVolId = "virStorageVolLookupByName";
        fn storage_vol_lookup_by_key(&self, key: &str) -> StorageVolId = "virStorageVolLookupByKey";
        fn storage_vol_lookup_by_path(&self, path: &str) -> StorageVolId = "virStorageVolLookupByPath";
        fn storage_vol_create_xml(&self, pool: &StoragePoolId, xml: &str, flags: u32) -> StorageVolId = "virStorageVolCreateXML" writes;
        /// A new volume with the content of `source`, which may be in another pool.
        fn storage_vol_create_xml_from(
            &self,
            pool: &StoragePoolId,
            xml: &str,
            source: &StorageVolId,
            flags: u32,
        ) -> StorageVolId = "virStorageVolCreateXMLFrom" writes;
        fn storage_vol_delete(&self, volume: &StorageVolId, flags: u32) -> () = "virStorageVolDelete" writes;
        /// Overwrites the content; `algorithm` is a `virStorageVolWipeAlgorithm`.
        fn storage_vol_wipe_pattern(&self, volume: &StorageVolId, algorithm: u32, flags: u32) -> () = "virStorageVolWipePattern" writes;
        fn storage_vol_get_info(&self, volume: &StorageVolId) -> StorageVolInfo = "virStorageVolGetInfo";
        /// The same in a way that `flags` choose (`virStorageVolInfoFlags`).
        fn storage_vol_get_info_flags(&self, volume: &StorageVolId, flags: u32) -> StorageVolInfo = "virStorageVolGetInfoFlags";
        fn storage_vol_get_xml_desc(&self, volume: &StorageVolId, flags: u32) -> String = "virStorageVolGetXMLDesc";
        fn storage_vol_get_path(&self, volume: &StorageVolId) -> String = "virStorageVolGetPath";
        /// Changes the capacity to (or, with `VIR_STORAGE_VOL_RESIZE_DELTA`, by) so many bytes.
        fn storage_vol_resize(&self, volume: &StorageVolId, capacity: u64, flags: u32) -> () = "virStorageVolResize" writes;
        /// The content from byte `offset` on, `length` bytes or (0) all there are.
        fn storage_vol_download(
            &self,
            volume: &StorageVolId,
            offset: u64,
            length: u64,
            flags: u32,
        ) -> Box<dyn StreamDriver> = "virStorageVolDownload" writes;
        /// Takes new content from byte `offset` on, at most `length` bytes or (0) as many as there is room for.
        fn storage_vol_upload(
            &self,
            volume: &StorageVolId,
            offset: u64,
            length: u64,
            flags: u32,
        ) -> Box<dyn StreamDriver> = "virStorageVolUpload" writes;
        /// Where this driver's events come from.
        fn storage_pool_events(&self) -> Arc<EventHub> = "virConnectStoragePoolEventRegisterAny";
    }
}
