//! Disks that are volumes of storage pools: where they are is asked of the pool when the guest is started.

use ferrovirt_conf::domain::{Disk, Domain, FileSource, StorageLocation, VolumeSource};
use ferrovirt_core::abi::{VIR_STORAGE_VOL_BLOCK, VIR_STORAGE_VOL_DIR, VIR_STORAGE_VOL_FILE};
use ferrovirt_core::driver::StorageDriver;
use ferrovirt_core::{Error, Result};

/// The model with volumes replaced by what they are just now. What is told of the guest keeps their names.
pub fn resolved(storage: &dyn StorageDriver, model: &Domain) -> Result<Domain> {
    let mut model = model.clone();
    for disk in &mut model.devices.disks {
        if let StorageLocation::Volume(volume) = &disk.source.location {
            disk.source.location = location(storage, volume)?;
        }
    }
    Ok(model)
}

/// Refuses a disk whose volume is not to be had.
pub fn find(storage: &dyn StorageDriver, disk: &Disk) -> Result<()> {
    match &disk.source.location {
        StorageLocation::Volume(volume) => location(storage, volume).map(drop),
        _ => Ok(()),
    }
}

/// The model with volumes replaced by files that are nowhere, for what only needs the names of what QEMU has.
pub fn anywhere(model: &Domain) -> Domain {
    let mut model = model.clone();
    for disk in &mut model.devices.disks {
        if let StorageLocation::Volume(_) = disk.source.location {
            disk.source.location =
                StorageLocation::File(FileSource { path: Some(String::new()), fd_group: None });
        }
    }
    model
}

fn location(storage: &dyn StorageDriver, source: &VolumeSource) -> Result<StorageLocation> {
    let (Some(pool), Some(volume)) = (&source.pool, &source.volume) else {
        // An empty drive.
        return Ok(StorageLocation::File(FileSource::default()));
    };
    let found = storage.storage_pool_lookup_by_name(pool)?;
    if !storage.storage_pool_is_active(&found)? {
        let text =
            format!("storage pool '{pool}', which has the volume '{volume}', is not active; start it first");
        return Err(Error::config_unsupported(text));
    }
    let found = storage.storage_vol_lookup_by_name(&found, volume)?;
    let path = Some(storage.storage_vol_get_path(&found)?);
    match storage.storage_vol_get_info(&found)?.kind as u32 {
        VIR_STORAGE_VOL_FILE => Ok(StorageLocation::File(FileSource { path, fd_group: None })),
        VIR_STORAGE_VOL_BLOCK => Ok(StorageLocation::Block { path }),
        VIR_STORAGE_VOL_DIR => Ok(StorageLocation::Dir { path }),
        _ => Err(Error::internal(format!(
            "volume '{volume}' of pool '{pool}' is of a kind that no disk can be"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::driver::StorageVolInfo;
    use ferrovirt_core::{ErrorCode, StoragePoolId, StorageVolId};

    /// One pool with one volume, which is a block device.
    struct Pools;

    impl StorageDriver for Pools {
        fn storage_pool_lookup_by_name(&self, name: &str) -> Result<StoragePoolId> {
            Ok(StoragePoolId { name: name.into(), uuid: uuid::Uuid::nil() })
        }

        fn storage_pool_is_active(&self, pool: &StoragePoolId) -> Result<bool> {
            Ok(&*pool.name != "off")
        }

        fn storage_vol_lookup_by_name(&self, pool: &StoragePoolId, name: &str) -> Result<StorageVolId> {
            Ok(StorageVolId { pool: pool.name.clone(), name: name.into(), key: "".into() })
        }

        fn storage_vol_get_path(&self, volume: &StorageVolId) -> Result<String> {
            Ok(format!("/dev/{}/{}", volume.pool, volume.name))
        }

        fn storage_vol_get_info(&self, _: &StorageVolId) -> Result<StorageVolInfo> {
            Ok(StorageVolInfo { kind: VIR_STORAGE_VOL_BLOCK as i32, ..StorageVolInfo::default() })
        }
    }

    #[test]
    fn a_volume_is_where_its_pool_says() {
        let source = |pool: &str| VolumeSource {
            pool: Some(pool.to_owned()),
            volume: Some("v".to_owned()),
            ..VolumeSource::default()
        };
        let found = location(&Pools, &source("vg")).unwrap();
        assert_eq!(found, StorageLocation::Block { path: Some("/dev/vg/v".to_owned()) });
        assert_eq!(location(&Pools, &source("off")).unwrap_err().code(), ErrorCode::ConfigUnsupported);
    }
}
