//! Storage pools and volumes.

use crate::limits::*;
use crate::procedure::procedures;
use crate::xdr::List;
use ferrovirt_core::{StoragePoolId, StorageVolId};
use uuid::Uuid;

procedures! {
    Remote;
    71 => ConnectNumOfStoragePools -> i32,
        High, Read, [connect:search_storage_pools], filter storage_pool:getattr;
    72 => ConnectListStoragePools { maxnames: i32 } -> List<String, STORAGE_POOL_LIST_MAX>,
        High, Read, [connect:search_storage_pools], filter storage_pool:getattr;
    73 => ConnectNumOfDefinedStoragePools -> i32,
        High, Read, [connect:search_storage_pools], filter storage_pool:getattr;
    74 => ConnectListDefinedStoragePools { maxnames: i32 } -> List<String, STORAGE_POOL_LIST_MAX>,
        High, Read, [connect:search_storage_pools], filter storage_pool:getattr;
    75 => ConnectFindStoragePoolSources { kind: String, src_spec: Option<String>, flags: u32 } -> String,
        Normal, Write, [connect:detect_storage_pools];
    76 => StoragePoolCreateXml { xml: String, flags: u32 } -> StoragePoolId,
        Normal, Write, [storage_pool:start, storage_pool:write];
    77 => StoragePoolDefineXml { xml: String, flags: u32 } -> StoragePoolId,
        High, Write, [storage_pool:write, storage_pool:save];
    78 => StoragePoolCreate { pool: StoragePoolId, flags: u32 } -> (),
        Normal, Write, [storage_pool:start];
    79 => StoragePoolBuild { pool: StoragePoolId, flags: u32 } -> (),
        Normal, Write, [storage_pool:format];
    80 => StoragePoolDestroy { pool: StoragePoolId } -> (), High, Write, [storage_pool:stop];
    81 => StoragePoolDelete { pool: StoragePoolId, flags: u32 } -> (),
        Normal, Write, [storage_pool:format];
    82 => StoragePoolUndefine { pool: StoragePoolId } -> (), High, Write, [storage_pool:delete];
    83 => StoragePoolRefresh { pool: StoragePoolId, flags: u32 } -> (),
        Normal, Write, [storage_pool:refresh];
    84 => StoragePoolLookupByName { name: String } -> StoragePoolId, High, Read, [storage_pool:getattr];
    85 => StoragePoolLookupByUuid { uuid: Uuid } -> StoragePoolId, High, Read, [storage_pool:getattr];
    86 => StoragePoolLookupByVolume { vol: StorageVolId } -> StoragePoolId,
        High, Read, [storage_pool:getattr];
    87 => StoragePoolGetInfo { pool: StoragePoolId }
        -> struct StoragePoolGetInfoReply { state: u8, capacity: u64, allocation: u64, available: u64 },
        High, Read, [storage_pool:read];
    88 => StoragePoolGetXmlDesc { pool: StoragePoolId, flags: u32 } -> String,
        High, Read, [storage_pool:read];
    89 => StoragePoolGetAutostart { pool: StoragePoolId } -> i32, High, Read, [storage_pool:read];
    90 => StoragePoolSetAutostart { pool: StoragePoolId, autostart: i32 } -> (),
        High, Write, [storage_pool:write];
    91 => StoragePoolNumOfVolumes { pool: StoragePoolId } -> i32,
        High, Read, [storage_pool:search_storage_vols], filter storage_vol:getattr;
    92 => StoragePoolListVolumes { pool: StoragePoolId, maxnames: i32 }
        -> List<String, STORAGE_VOL_LIST_MAX>,
        High, Read, [storage_pool:search_storage_vols], filter storage_vol:getattr;
    93 => StorageVolCreateXml { pool: StoragePoolId, xml: String, flags: u32 } -> StorageVolId,
        Normal, Write, [storage_vol:create];
    94 => StorageVolDelete { vol: StorageVolId, flags: u32 } -> (), Normal, Write, [storage_vol:delete];
    95 => StorageVolLookupByName { pool: StoragePoolId, name: String } -> StorageVolId,
        High, Read, [storage_vol:getattr];
    96 => StorageVolLookupByKey { key: String } -> StorageVolId, High, Read, [storage_vol:getattr];
    97 => StorageVolLookupByPath { path: String } -> StorageVolId, High, Read, [storage_vol:getattr];
    98 => StorageVolGetInfo { vol: StorageVolId }
        -> struct StorageVolGetInfoReply { kind: i8, capacity: u64, allocation: u64 },
        High, Read, [storage_vol:read];
    99 => StorageVolGetXmlDesc { vol: StorageVolId, flags: u32 } -> String,
        High, Read, [storage_vol:read];
    100 => StorageVolGetPath { vol: StorageVolId } -> String, High, Read, [storage_vol:read];
    125 => StorageVolCreateXmlFrom {
        pool: StoragePoolId, xml: String, clonevol: StorageVolId, flags: u32,
    } -> StorageVolId,
        Normal, Write, [storage_vol:create];
    154 => StoragePoolIsActive { pool: StoragePoolId } -> i32, High, Read, [storage_pool:read];
    155 => StoragePoolIsPersistent { pool: StoragePoolId } -> i32, High, Read, [storage_pool:read];
    165 => StorageVolWipe { vol: StorageVolId, flags: u32 } -> (), Normal, Write, [storage_vol:format];
    208 => StorageVolUpload { vol: StorageVolId, offset: u64, length: u64, flags: u32 } -> (),
        Normal, Write, [storage_vol:data_write], stream Sends;
    209 => StorageVolDownload { vol: StorageVolId, offset: u64, length: u64, flags: u32 } -> (),
        Normal, Write, [storage_vol:data_read], stream Receives;
    259 => StorageVolWipePattern { vol: StorageVolId, algorithm: u32, flags: u32 } -> (),
        Normal, Write, [storage_vol:format];
    260 => StorageVolResize { vol: StorageVolId, capacity: u64, flags: u32 } -> (),
        Normal, Write, [storage_vol:resize];
    281 => ConnectListAllStoragePools { need_results: i32, flags: u32 }
        -> struct ConnectListAllStoragePoolsReply { pools: List<StoragePoolId, STORAGE_POOL_LIST_MAX>, ret: u32 },
        High, Read, [connect:search_storage_pools], filter storage_pool:getattr;
    282 => StoragePoolListAllVolumes { pool: StoragePoolId, need_results: i32, flags: u32 }
        -> struct StoragePoolListAllVolumesReply { vols: List<StorageVolId, STORAGE_VOL_LIST_MAX>, ret: u32 },
        High, Read, [storage_pool:search_storage_vols], filter storage_vol:getattr;
    378 => StorageVolGetInfoFlags { vol: StorageVolId, flags: u32 }
        -> struct StorageVolGetInfoFlagsReply { kind: i8, capacity: u64, allocation: u64 },
        High, Read, [storage_vol:read];
    391 => StoragePoolLookupByTargetPath { path: String } -> StoragePoolId,
        High, Read, [storage_pool:getattr];
    403 => ConnectGetStoragePoolCapabilities { flags: u32 } -> String, Normal, Read, [connect:read];
}
