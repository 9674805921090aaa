//! What pools and volumes tell of themselves, in C's form.

use super::args::out;
use ferrovirt::Result;
use ferrovirt::driver::{StoragePoolInfo, StorageVolInfo};
use ferrovirt_core::abi::{
    virStoragePoolInfo, virStoragePoolInfoPtr, virStorageVolInfo, virStorageVolInfoPtr,
};

/// Writes what `info` finds out; all is 0 where that fails.
pub fn write_pool_info(
    place: virStoragePoolInfoPtr,
    info: impl FnOnce() -> Result<StoragePoolInfo>,
) -> Result<()> {
    let place = out(place, "info")?;
    place.set(pool_info(StoragePoolInfo::default()));
    place.set(pool_info(info()?));
    Ok(())
}

fn pool_info(info: StoragePoolInfo) -> virStoragePoolInfo {
    virStoragePoolInfo {
        state: info.state,
        capacity: info.capacity,
        allocation: info.allocation,
        available: info.available,
    }
}

/// Writes what `info` finds out; all is 0 where that fails.
pub fn write_vol_info(
    place: virStorageVolInfoPtr,
    info: impl FnOnce() -> Result<StorageVolInfo>,
) -> Result<()> {
    let place = out(place, "info")?;
    place.set(vol_info(StorageVolInfo::default()));
    place.set(vol_info(info()?));
    Ok(())
}

fn vol_info(info: StorageVolInfo) -> virStorageVolInfo {
    virStorageVolInfo { r#type: info.kind, capacity: info.capacity, allocation: info.allocation }
}
