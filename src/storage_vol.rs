//! Storage volumes, as a caller holds them.

use crate::object::object;
use crate::{Connection, StoragePool, Stream};
use ferrovirt_core::abi::{
    VIR_STORAGE_VOL_RESIZE_DELTA, VIR_STORAGE_VOL_RESIZE_SHRINK, VIR_STORAGE_VOL_WIPE_ALG_ZERO,
};
use ferrovirt_core::driver::{StorageDriver, StorageVolInfo, read_only_refusal};
use ferrovirt_core::{Error, Result, StorageVolId};

object! {
    /// A storage volume: a disk image, a logical volume, a LUN. Cloning shares the handle.
    StorageVol keyed StorageVolId, served by storage: StorageDriver
}

impl Connection {
    /// The volume with this key, in whichever pool.
    pub fn lookup_storage_vol_by_key(&self, key: &str) -> Result<StorageVol> {
        self.drivers().storage.storage_vol_lookup_by_key(key).map(|id| StorageVol::new(self, id))
    }

    /// The volume at this path, in whichever pool.
    pub fn lookup_storage_vol_by_path(&self, path: &str) -> Result<StorageVol> {
        self.drivers().storage.storage_vol_lookup_by_path(path).map(|id| StorageVol::new(self, id))
    }
}

impl StoragePool {
    /// The pool's volumes; `flags` must be 0 for now.
    pub fn list_all_volumes(&self, flags: u32) -> Result<Vec<StorageVol>> {
        Ok(StorageVol::all(self.connection(), self.driver().storage_pool_list_all_volumes(self.id(), flags)?))
    }

    /// The names of the pool's volumes.
    pub fn list_volumes(&self) -> Result<Vec<String>> {
        let ids = self.driver().storage_pool_list_all_volumes(self.id(), 0)?;
        Ok(ids.iter().map(|id| id.name.to_string()).collect())
    }

    pub fn lookup_volume_by_name(&self, name: &str) -> Result<StorageVol> {
        let id = self.driver().storage_vol_lookup_by_name(self.id(), name)?;
        Ok(StorageVol::new(self.connection(), id))
    }

    /// Makes a volume; `flags` are `virStorageVolCreateFlags`.
    pub fn create_volume(&self, xml: &str, flags: u32) -> Result<StorageVol> {
        let id = self.driver().storage_vol_create_xml(self.id(), xml, flags)?;
        Ok(StorageVol::new(self.connection(), id))
    }

    /// Makes a volume with the content of `source`; `flags` are `virStorageVolCreateFlags`.
    pub fn create_volume_from(&self, xml: &str, source: &StorageVol, flags: u32) -> Result<StorageVol> {
        if source.connection().is_read_only() {
            return Err(read_only_refusal("copying a volume of it"));
        }
        let id = self.driver().storage_vol_create_xml_from(self.id(), xml, source.id(), flags)?;
        Ok(StorageVol::new(self.connection(), id))
    }
}

impl StorageVol {
    pub fn name(&self) -> &str {
        &self.id().name
    }

    /// What tells this volume from every other, in all pools.
    pub fn key(&self) -> &str {
        &self.id().key
    }

    /// The pool that the volume is in.
    pub fn pool(&self) -> Result<StoragePool> {
        let id = self.driver().storage_pool_lookup_by_volume(self.id())?;
        Ok(StoragePool::new(self.connection(), id))
    }

    /// Where the volume is found on the host.
    pub fn path(&self) -> Result<String> {
        self.driver().storage_vol_get_path(self.id())
    }

    /// Kind and sizes.
    pub fn info(&self) -> Result<StorageVolInfo> {
        self.driver().storage_vol_get_info(self.id())
    }

    /// Kind and sizes, for `flags` of `virStorageVolInfoFlags`; not every driver that tells of them knows flags, too.
    pub fn info_flags(&self, flags: u32) -> Result<StorageVolInfo> {
        self.driver().storage_vol_get_info_flags(self.id(), flags)
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().storage_vol_get_xml_desc(self.id(), flags)
    }

    /// Removes the volume from its pool, with its content; `flags` are `virStorageVolDeleteFlags`.
    pub fn delete(&self, flags: u32) -> Result<()> {
        self.driver().storage_vol_delete(self.id(), flags)
    }

    /// Overwrites the content with zeroes.
    pub fn wipe(&self, flags: u32) -> Result<()> {
        self.wipe_pattern(VIR_STORAGE_VOL_WIPE_ALG_ZERO, flags)
    }

    /// Overwrites the content by a `virStorageVolWipeAlgorithm`.
    pub fn wipe_pattern(&self, algorithm: u32, flags: u32) -> Result<()> {
        self.driver().storage_vol_wipe_pattern(self.id(), algorithm, flags)
    }

    /// Changes the capacity, in bytes; `flags` are `virStorageVolResizeFlags`.
    pub fn resize(&self, capacity: u64, flags: u32) -> Result<()> {
        if capacity == 0 && flags & (VIR_STORAGE_VOL_RESIZE_DELTA | VIR_STORAGE_VOL_RESIZE_SHRINK) == 0 {
            return Err(Error::invalid_arg(
                "capacity can be 0 only with VIR_STORAGE_VOL_RESIZE_DELTA or VIR_STORAGE_VOL_RESIZE_SHRINK",
            ));
        }
        self.driver().storage_vol_resize(self.id(), capacity, flags)
    }

    /// Opens the content on `stream` for reading, from byte `offset` on: `length` bytes, or all there are for 0.
    /// `flags` are `virStorageVolDownloadFlags`.
    pub fn download(&self, stream: &Stream, offset: u64, length: u64, flags: u32) -> Result<()> {
        self.same_connection(stream)?;
        stream.attach(self.driver().storage_vol_download(self.id(), offset, length, flags)?);
        Ok(())
    }

    /// Opens the content on `stream` for writing, from byte `offset` on: at most `length` bytes, or as many as there is
    /// room for with 0. `flags` are `virStorageVolUploadFlags`.
    pub fn upload(&self, stream: &Stream, offset: u64, length: u64, flags: u32) -> Result<()> {
        self.same_connection(stream)?;
        stream.attach(self.driver().storage_vol_upload(self.id(), offset, length, flags)?);
        Ok(())
    }

    fn same_connection(&self, stream: &Stream) -> Result<()> {
        if stream.connection().address() == self.connection().address() {
            return Ok(());
        }
        let name = self.name();
        Err(Error::invalid_arg(format!("the stream is on another connection than volume '{name}'")))
    }
}
