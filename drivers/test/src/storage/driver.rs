//! The calls about pools and volumes.

use super::pool::{Pool, View, sized};
use super::volume;
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::storage::{
    PoolAdapter, PoolHost, PoolListing, PoolSource, PoolSources, PoolType, StoragePool, source_host,
};
use ferrovirt_core::driver::{StorageDriver, StoragePoolInfo, StorageVolInfo};
use ferrovirt_core::event::ObjectEventKind;

use ferrovirt_core::{
    Error, ErrorCode, ErrorDomain, Event, EventHub, Result, StoragePoolId, StorageVolId, abi,
};
use ferrovirt_xml::XmlValue;
use std::sync::Arc;
use uuid::Uuid;

impl TestDriver {
    fn pool(&self, pool: &StoragePoolId) -> Result<Arc<Pool>> {
        self.host.pools.by_name(&pool.name)
    }

    /// The pool, which must be active.
    fn active_pool(&self, name: &str) -> Result<(Arc<Pool>, Arc<View>)> {
        let pool = self.host.pools.by_name(name)?;
        let view = pool.view.get();
        view.check_active()?;
        Ok((pool, view))
    }

    fn change_pool(
        &self,
        pool: &StoragePoolId,
        event: u32,
        act: impl FnOnce(&mut View) -> Result<()>,
    ) -> Result<()> {
        let pool = self.pool(pool)?;
        pool.view.change_and(act, |_, view, ()| self.settle_pool(&pool, view, event))
    }

    /// Takes a pool that is gone out of the list, and tells of what happened.
    fn settle_pool(&self, pool: &Arc<Pool>, view: &View, event: u32) {
        if view.gone {
            self.host.pools.0.remove(pool);
        }
        self.announce_pool(pool, lifecycle(event));
    }

    fn announce_pool(&self, pool: &Pool, kind: ObjectEventKind) {
        self.host.events.publish(Event::StoragePool { pool: pool.id(), kind });
    }
}

fn lifecycle(event: u32) -> ObjectEventKind {
    ObjectEventKind::Lifecycle { event: event as i32, detail: 0 }
}

fn no_volume(text: String) -> Error {
    refuse::error(ErrorCode::NoStorageVol, text)
}

impl StorageDriver for TestDriver {
    fn connect_find_storage_pool_sources(
        &self,
        kind: &str,
        source: Option<&str>,
        flags: u32,
    ) -> Result<String> {
        refuse::flags(flags, 0, "virConnectFindStoragePoolSources")?;
        let no_type = || refuse::internal(format!("there is no type '{kind}' of storage pools"));
        let unsearchable =
            || refuse::error(ErrorCode::NoSupport, format!("pools of type '{kind}' can't be looked for"));
        let found = PoolType::from_text(kind);
        // As libvirt has it, who says nothing of the source learns only that nothing can be found.
        if found.is_none() && source.is_none() {
            return Err(unsearchable());
        }
        if found == Some(PoolType::Dir) {
            return Err(no_type());
        }
        let host = source.map(source_host).transpose()?.flatten();
        let found = found.ok_or_else(|| no_type().domain(ErrorDomain::Storage))?;
        match (found, host) {
            (PoolType::Logical, _) => Ok(VOLUME_GROUPS.to_owned()),
            (PoolType::NetFs, Some(host)) => Ok(exports(host)),
            (PoolType::NetFs, None) => Err(refuse::invalid_arg("a host name is needed to look for exports")),
            _ => Err(unsearchable()),
        }
    }

    fn connect_list_all_storage_pools(&self, flags: u32) -> Result<Vec<StoragePoolId>> {
        refuse::flags(flags, PoolListing::known(), "virConnectListAllStoragePools")?;
        let all = self.host.pools.0.all();
        Ok(all.iter().filter(|pool| pool.view.get().listing().passes(flags)).map(|pool| pool.id()).collect())
    }

    fn storage_pool_lookup_by_name(&self, name: &str) -> Result<StoragePoolId> {
        Ok(self.host.pools.by_name(name)?.id())
    }

    fn storage_pool_lookup_by_uuid(&self, uuid: Uuid) -> Result<StoragePoolId> {
        Ok(self.host.pools.by_uuid(uuid)?.id())
    }

    fn storage_pool_lookup_by_volume(&self, volume: &StorageVolId) -> Result<StoragePoolId> {
        self.storage_pool_lookup_by_name(&volume.pool)
    }

    fn storage_pool_create_xml(&self, xml: &str, flags: u32) -> Result<StoragePoolId> {
        refuse::flags(flags, 0, "virStoragePoolCreateXML")?;
        let definition = sized(StoragePool::from_xml(xml, false)?);
        let port = port_of(&definition);
        let pool = self.host.pools.add(definition, |view, _| {
            if view.active {
                let text = format!("pool '{}' is already active", view.definition.name());
                return Err(Error::operation_invalid(text).domain(ErrorDomain::Storage));
            }
            if let Some((node_name, port_name)) = &port {
                self.host.create_port(node_name, port_name)?;
            }
            (view.active, view.persistent) = (true, false);
            Ok(())
        })?;
        self.announce_pool(&pool, lifecycle(abi::VIR_STORAGE_POOL_EVENT_STARTED));
        Ok(pool.id())
    }

    fn storage_pool_define_xml(&self, xml: &str, flags: u32) -> Result<StoragePoolId> {
        refuse::flags(flags, abi::VIR_STORAGE_POOL_DEFINE_VALIDATE, "virStoragePoolDefineXML")?;
        let strict = flags & abi::VIR_STORAGE_POOL_DEFINE_VALIDATE != 0;
        let pool = self.host.pools.add(sized(StoragePool::from_xml(xml, strict)?), |view, _| {
            view.persistent = true;
            Ok(())
        })?;
        self.announce_pool(&pool, lifecycle(abi::VIR_STORAGE_POOL_EVENT_DEFINED));
        Ok(pool.id())
    }

    fn storage_pool_build(&self, pool: &StoragePoolId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virStoragePoolBuild")?;
        self.change_pool(pool, abi::VIR_STORAGE_POOL_EVENT_CREATED, |view| view.check_inactive())
    }

    fn storage_pool_undefine(&self, pool: &StoragePoolId) -> Result<()> {
        self.change_pool(pool, abi::VIR_STORAGE_POOL_EVENT_UNDEFINED, |view| {
            view.check_inactive()?;
            view.gone = true;
            Ok(())
        })
    }

    fn storage_pool_create(&self, pool: &StoragePoolId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virStoragePoolCreate")?;
        self.change_pool(pool, abi::VIR_STORAGE_POOL_EVENT_STARTED, |view| {
            view.check_inactive()?;
            view.active = true;
            Ok(())
        })
    }

    fn storage_pool_destroy(&self, pool: &StoragePoolId) -> Result<()> {
        let pool = self.pool(pool)?;
        let stop = |view: &mut View| {
            view.check_active()?;
            view.active = false;
            // The pool is stopped even if its port can't be taken away, but nobody is told.
            let port = port_of(&view.definition).map_or(Ok(()), |_| self.host.destroy_port());
            view.gone = port.is_ok() && !view.persistent;
            Ok(port)
        };
        let outcome = pool.view.change_and(stop, |_, view, port| {
            if port.is_ok() {
                self.settle_pool(&pool, view, abi::VIR_STORAGE_POOL_EVENT_STOPPED);
            }
        });
        outcome?
    }

    fn storage_pool_delete(&self, pool: &StoragePoolId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virStoragePoolDelete")?;
        self.change_pool(pool, abi::VIR_STORAGE_POOL_EVENT_DELETED, |view| view.check_inactive())
    }

    fn storage_pool_refresh(&self, pool: &StoragePoolId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virStoragePoolRefresh")?;
        let (pool, _) = self.active_pool(&pool.name)?;
        self.announce_pool(&pool, ObjectEventKind::Changed);
        Ok(())
    }

    fn storage_pool_get_info(&self, pool: &StoragePoolId) -> Result<StoragePoolInfo> {
        let view = self.pool(pool)?.view.get();
        let state = if view.active { abi::VIR_STORAGE_POOL_RUNNING } else { abi::VIR_STORAGE_POOL_INACTIVE };
        let definition = &view.definition;
        Ok(StoragePoolInfo {
            state: state as i32,
            capacity: definition.capacity.0,
            allocation: definition.allocation.0,
            available: definition.available.0,
        })
    }

    fn storage_pool_get_xml_desc(&self, pool: &StoragePoolId, flags: u32) -> Result<String> {
        refuse::flags(flags, 0, "virStoragePoolGetXMLDesc")?;
        Ok(self.pool(pool)?.view.get().definition.to_xml())
    }

    fn storage_pool_get_autostart(&self, pool: &StoragePoolId) -> Result<bool> {
        let view = self.pool(pool)?.view.get();
        Ok(view.persistent && view.autostart)
    }

    fn storage_pool_set_autostart(&self, pool: &StoragePoolId, autostart: bool) -> Result<()> {
        self.pool(pool)?.view.change(|view| {
            if !view.persistent {
                let text = format!("pool '{}' is transient: it can't start by itself", pool.name);
                return Err(refuse::invalid_arg(text));
            }
            view.autostart = autostart;
            Ok(())
        })
    }

    fn storage_pool_is_active(&self, pool: &StoragePoolId) -> Result<bool> {
        Ok(self.host.pools.by_uuid(pool.uuid)?.view.get().active)
    }

    fn storage_pool_is_persistent(&self, pool: &StoragePoolId) -> Result<bool> {
        Ok(self.host.pools.by_uuid(pool.uuid)?.view.get().persistent)
    }

    fn storage_pool_list_all_volumes(&self, pool: &StoragePoolId, flags: u32) -> Result<Vec<StorageVolId>> {
        refuse::flags(flags, 0, "virStoragePoolListAllVolumes")?;
        let (pool, view) = self.active_pool(&pool.name)?;
        Ok(view.volumes.values().map(|volume| pool.volume_id(volume)).collect())
    }

    fn storage_vol_lookup_by_name(&self, pool: &StoragePoolId, name: &str) -> Result<StorageVolId> {
        let (pool, view) = self.active_pool(&pool.name)?;
        Ok(pool.volume_id(view.volume(name)?))
    }

    fn storage_vol_lookup_by_key(&self, key: &str) -> Result<StorageVolId> {
        let found = self.host.pools.find_volume(|volume| volume.key.as_deref() == Some(key));
        found.ok_or_else(|| no_volume(format!("no storage vol with matching key '{key}'")))
    }

    fn storage_vol_lookup_by_path(&self, path: &str) -> Result<StorageVolId> {
        let found = self.host.pools.find_volume(|volume| volume.target.path.as_deref() == Some(path));
        found.ok_or_else(|| no_volume(format!("no storage vol with matching path '{path}'")))
    }

    fn storage_vol_create_xml(&self, pool: &StoragePoolId, xml: &str, flags: u32) -> Result<StorageVolId> {
        refuse::flags(flags, abi::VIR_STORAGE_VOL_CREATE_VALIDATE, "virStorageVolCreateXML")?;
        let strict = flags & abi::VIR_STORAGE_VOL_CREATE_VALIDATE != 0;
        let pool = self.pool(pool)?;
        let volume = pool.view.change(|view| volume::create(view, xml, None, strict))?;
        Ok(pool.volume_id(&volume))
    }

    fn storage_vol_create_xml_from(
        &self,
        pool: &StoragePoolId,
        xml: &str,
        source: &StorageVolId,
        flags: u32,
    ) -> Result<StorageVolId> {
        refuse::flags(flags, abi::VIR_STORAGE_VOL_CREATE_VALIDATE, "virStorageVolCreateXMLFrom")?;
        let strict = flags & abi::VIR_STORAGE_VOL_CREATE_VALIDATE != 0;
        let pool = self.pool(pool)?;
        let volume = pool.view.change(|view| volume::create(view, xml, Some(&source.name), strict))?;
        Ok(pool.volume_id(&volume))
    }

    fn storage_vol_delete(&self, volume: &StorageVolId, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virStorageVolDelete")?;
        let (pool, _) = self.active_pool(&volume.pool)?;
        pool.view.change(|view| view.take_out(&volume.name))
    }

    fn storage_vol_get_info(&self, volume: &StorageVolId) -> Result<StorageVolInfo> {
        let (_, view) = self.active_pool(&volume.pool)?;
        let found = view.volume(&volume.name)?;
        Ok(StorageVolInfo {
            kind: view.definition.kind.volume_type() as i32,
            capacity: found.capacity,
            allocation: found.allocation,
        })
    }

    fn storage_vol_get_xml_desc(&self, volume: &StorageVolId, flags: u32) -> Result<String> {
        refuse::flags(flags, 0, "virStorageVolGetXMLDesc")?;
        let (_, view) = self.active_pool(&volume.pool)?;
        Ok(view.volume(&volume.name)?.to_xml())
    }

    fn storage_vol_get_path(&self, volume: &StorageVolId) -> Result<String> {
        let (_, view) = self.active_pool(&volume.pool)?;
        Ok(view.volume(&volume.name)?.target.path.clone().unwrap_or_default())
    }

    fn storage_pool_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.host.events.clone())
    }
}

/// The names of the port that a pool of a Fibre Channel card needs.
fn port_of(definition: &StoragePool) -> Option<(String, String)> {
    match &definition.source.adapter {
        Some(PoolAdapter::FcHost { wwnn: Some(wwnn), wwpn: Some(wwpn), .. }) => {
            Some((wwnn.clone(), wwpn.clone()))
        }
        _ => None,
    }
}

/// The volume groups that are found on every host.
const VOLUME_GROUPS: &str = "\
<sources>
  <source>
    <device path='/dev/sda20'/>
    <name>testvg1</name>
    <format type='lvm2'/>
  </source>
  <source>
    <device path='/dev/sda21'/>
    <name>testvg2</name>
    <format type='lvm2'/>
  </source>
</sources>
";

/// What every server exports.
fn exports(host: String) -> String {
    let source = PoolSource {
        hosts: vec![PoolHost { name: host, port: 0 }],
        dir: Some("/testshare".to_owned()),
        format: Some("nfs".to_owned()),
        ..PoolSource::default()
    };
    PoolSources { sources: vec![source] }.to_xml()
}
