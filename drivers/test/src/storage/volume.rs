//! Making volumes.

use super::pool::View;
use crate::refuse;
use ferrovirt_conf::storage::{PoolType, StorageVolume};
use ferrovirt_core::{ErrorCode, Result, abi};

/// Puts a new volume into the pool; one that is a copy needs the other to be there, too.
pub fn create(view: &mut View, xml: &str, original: Option<&str>) -> Result<StorageVolume> {
    view.check_active()?;
    let mut volume = StorageVolume::from_xml(xml, view.definition.kind)?;
    if view.volumes.contains_key(volume.name.as_str()) {
        let text = format!("there is a storage volume '{}' already", volume.name);
        return Err(refuse::error(ErrorCode::OperationFailed, text));
    }
    if let Some(original) = original {
        view.volume(original)?;
    }
    let free = view.definition.capacity.0.saturating_sub(view.definition.allocation.0);
    if volume.allocation > free {
        let text = format!("volume '{}' takes {} bytes, the pool has {free}", volume.name, volume.allocation);
        return Err(refuse::internal(text));
    }
    let path = view.path_of(&volume.name);
    volume.target.path = Some(path.clone());
    volume.key = Some(path);
    view.put(volume.clone());
    Ok(volume)
}

/// What volumes of such a pool are (`virStorageVolType`).
pub fn kind_in(pool: PoolType) -> i32 {
    let kind = match pool {
        PoolType::Dir | PoolType::Fs | PoolType::NetFs | PoolType::Vstorage => abi::VIR_STORAGE_VOL_FILE,
        PoolType::Sheepdog | PoolType::IscsiDirect | PoolType::Gluster | PoolType::Rbd => {
            abi::VIR_STORAGE_VOL_NETWORK
        }
        PoolType::Logical
        | PoolType::Disk
        | PoolType::Mpath
        | PoolType::Iscsi
        | PoolType::Scsi
        | PoolType::Zfs => abi::VIR_STORAGE_VOL_BLOCK,
    };
    kind as i32
}
