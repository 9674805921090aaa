//! Reading and writing volumes over streams.

use crate::backend;
use crate::driver::StorageState;
use crate::life;
use ferrovirt_core::abi::{VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM};
use ferrovirt_core::driver::StreamDriver;
use ferrovirt_core::flags::refuse_unknown;
use ferrovirt_core::{Result, StorageVolId};
use ferrovirt_host::FileStream;

/// Opens `length` bytes of the content from byte `offset` on for reading; 0 is all there are.
pub fn download(
    state: &StorageState,
    id: &StorageVolId,
    offset: u64,
    length: u64,
    flags: u32,
) -> Result<Box<dyn StreamDriver>> {
    refuse_unknown(flags, VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM, "virStorageVolDownload")?;
    let (_, view, volume) = state.volume(id)?;
    view.volume(&id.name)?.check_built()?;
    let file = backend::of(view.definition.kind)?.open(&volume, false)?;
    Ok(Box::new(FileStream::new(file, offset, length)?))
}

/// Opens the content from byte `offset` on for writing. When the stream ends, the pool is looked through again.
pub fn upload(
    state: &StorageState,
    id: &StorageVolId,
    offset: u64,
    length: u64,
    flags: u32,
) -> Result<Box<dyn StreamDriver>> {
    refuse_unknown(flags, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM, "virStorageVolUpload")?;
    let (pool, view, volume) = state.volume(id)?;
    view.volume(&id.name)?.check_free()?;
    let file = backend::of(view.definition.kind)?.open(&volume, true)?;
    let (state, pool) = (state.weak(), pool.id().clone());
    let stream = FileStream::new(file, offset, length)?.then(move || {
        if let Some(state) = state.upgrade() {
            life::refresh_after_upload(&state, &pool);
        }
    });
    Ok(Box::new(stream))
}
