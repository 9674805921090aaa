//! Storage pools and volumes.

use super::{On, answers, listed, named};
use crate::client::Client;
use crate::streams::{Ways, new_stream};
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE as ACTIVE, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE as INACTIVE,
};
use ferrovirt_core::abi::{VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM};
use ferrovirt_core::{Error, Result};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::{Call, Dispatch};
use std::os::fd::OwnedFd;

pub(super) fn add(table: &mut Dispatch<Client>) {
    pools(table);
    volumes(table);
    table.on_call(upload);
    table.on_call(download);
}

fn pools(table: &mut Dispatch<Client>) {
    answers! { table;
        ConnectGetStoragePoolCapabilities |on, call| on.storage_pool_capabilities(call.flags);
        ConnectFindStoragePoolSources |on, call| {
            on.find_storage_pool_sources(&call.kind, call.src_spec.as_deref(), call.flags)
        };
        ConnectListAllStoragePools |on, call| {
            let (pools, ret) = listed(on.seen(on.list_all_storage_pools(call.flags))?, call.need_results);
            Ok::<_, Error>(ConnectListAllStoragePoolsReply { pools, ret })
        };
        ConnectNumOfStoragePools |on, _| {
            on.count(on.list_storage_pools(), || on.list_all_storage_pools(ACTIVE))
        };
        ConnectListStoragePools |on, call| {
            named(on.names(on.list_storage_pools(), || on.list_all_storage_pools(ACTIVE)), call.maxnames)
        };
        ConnectNumOfDefinedStoragePools |on, _| {
            on.count(on.list_defined_storage_pools(), || on.list_all_storage_pools(INACTIVE))
        };
        ConnectListDefinedStoragePools |on, call| {
            let names = on.names(on.list_defined_storage_pools(), || on.list_all_storage_pools(INACTIVE));
            named(names, call.maxnames)
        };
        StoragePoolCreateXml |on, call| on.create_storage_pool(&call.xml, call.flags);
        StoragePoolDefineXml |on, call| on.define_storage_pool(&call.xml, call.flags);
        StoragePoolCreate |on, call| on.pool(call.pool).create(call.flags);
        StoragePoolBuild |on, call| on.pool(call.pool).build(call.flags);
        StoragePoolDestroy |on, call| on.pool(call.pool).destroy();
        StoragePoolDelete |on, call| on.pool(call.pool).delete(call.flags);
        StoragePoolUndefine |on, call| on.pool(call.pool).undefine();
        StoragePoolRefresh |on, call| on.pool(call.pool).refresh(call.flags);
        StoragePoolLookupByName |on, call| on.lookup_storage_pool_by_name(&call.name);
        StoragePoolLookupByUuid |on, call| on.lookup_storage_pool_by_uuid(call.uuid);
        StoragePoolLookupByVolume |on, call| on.volume(call.vol).pool();
        StoragePoolLookupByTargetPath |on, call| on.lookup_storage_pool_by_target_path(&call.path);
        StoragePoolGetInfo |on, call| on.pool(call.pool).info().map(|info| StoragePoolGetInfoReply {
            state: info.state as u8,
            capacity: info.capacity,
            allocation: info.allocation,
            available: info.available,
        });
        StoragePoolGetXmlDesc |on, call| on.pool(call.pool).xml_desc(call.flags);
        StoragePoolGetAutostart |on, call| on.pool(call.pool).autostart();
        StoragePoolSetAutostart |on, call| on.pool(call.pool).set_autostart(call.autostart != 0);
        StoragePoolIsActive |on, call| on.pool(call.pool).is_active();
        StoragePoolIsPersistent |on, call| on.pool(call.pool).is_persistent();
    }
}

fn volumes(table: &mut Dispatch<Client>) {
    answers! { table;
        StoragePoolNumOfVolumes |on, call| {
            let pool = on.pool(call.pool);
            on.count(pool.list_volumes(), || pool.list_all_volumes(0))
        };
        StoragePoolListVolumes |on, call| {
            let pool = on.pool(call.pool);
            named(on.names(pool.list_volumes(), || pool.list_all_volumes(0)), call.maxnames)
        };
        StoragePoolListAllVolumes |on, call| {
            let (vols, ret) = listed(on.seen(on.pool(call.pool).list_all_volumes(call.flags))?, call.need_results);
            Ok::<_, Error>(StoragePoolListAllVolumesReply { vols, ret })
        };
        StorageVolCreateXml |on, call| on.pool(call.pool).create_volume(&call.xml, call.flags);
        StorageVolCreateXmlFrom |on, call| {
            on.pool(call.pool).create_volume_from(&call.xml, &on.volume(call.clonevol), call.flags)
        };
        StorageVolDelete |on, call| on.volume(call.vol).delete(call.flags);
        StorageVolLookupByName |on, call| on.pool(call.pool).lookup_volume_by_name(&call.name);
        StorageVolLookupByKey |on, call| on.lookup_storage_vol_by_key(&call.key);
        StorageVolLookupByPath |on, call| on.lookup_storage_vol_by_path(&call.path);
        StorageVolGetInfo |on, call| on.volume(call.vol).info().map(|info| StorageVolGetInfoReply {
            kind: info.kind as i8,
            capacity: info.capacity,
            allocation: info.allocation,
        });
        StorageVolGetInfoFlags |on, call| {
            let answer = on.volume(call.vol).info_flags(call.flags);
            answer.map(|info| StorageVolGetInfoFlagsReply {
                kind: info.kind as i8,
                capacity: info.capacity,
                allocation: info.allocation,
            })
        };
        StorageVolGetXmlDesc |on, call| on.volume(call.vol).xml_desc(call.flags);
        StorageVolGetPath |on, call| on.volume(call.vol).path();
        StorageVolWipe |on, call| on.volume(call.vol).wipe(call.flags);
        StorageVolWipePattern |on, call| on.volume(call.vol).wipe_pattern(call.algorithm, call.flags);
        StorageVolResize |on, call| on.volume(call.vol).resize(call.capacity, call.flags);
    }
}

fn upload(call: Call<'_, Client>, arguments: StorageVolUpload) -> Result<((), Vec<OwnedFd>)> {
    let on = On::the(call.caller)?;
    let stream = new_stream(&on)?;
    on.volume(arguments.vol).upload(&stream, arguments.offset, arguments.length, arguments.flags)?;
    let ways = Ways::FROM_CLIENT.with_holes(arguments.flags & VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM != 0);
    call.caller.streams().open(call.caller, call.header, stream, ways)?;
    Ok(((), Vec::new()))
}

fn download(call: Call<'_, Client>, arguments: StorageVolDownload) -> Result<((), Vec<OwnedFd>)> {
    let on = On::the(call.caller)?;
    let stream = new_stream(&on)?;
    on.volume(arguments.vol).download(&stream, arguments.offset, arguments.length, arguments.flags)?;
    let ways = Ways::TO_CLIENT.with_holes(arguments.flags & VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM != 0);
    call.caller.streams().open(call.caller, call.header, stream, ways)?;
    Ok(((), Vec::new()))
}
