//! What each type of pool is made of, and how its volumes come and go.

mod directory;
mod logical;
mod mount;

use ferrovirt_conf::storage::{PoolType, StoragePool, StorageVolume};
use ferrovirt_core::driver::SecretDriver;
use ferrovirt_core::{Error, Result};
use std::path::PathBuf;
use std::sync::Arc;

/// What backends need beside a pool's definition.
pub struct Tools {
    /// Opens encrypted volumes.
    pub secrets: Arc<dyn SecretDriver>,
    /// A folder for what lives as long as a command.
    pub scratch: PathBuf,
}

/// How a new volume is to be made.
pub struct Making<'a> {
    pub pool: &'a StoragePool,
    pub volume: &'a StorageVolume,
    /// What it is to be a copy of.
    pub original: Option<&'a StorageVolume>,
    /// `virStorageVolCreateFlags`, of which the check of the description is taken care of.
    pub flags: u32,
}

/// One type of pool. What a backend does not do is refused with `VIR_ERR_NO_SUPPORT`.
pub trait Backend: Sync {
    /// Whether the pool can be used as it is.
    fn check(&self, pool: &StoragePool) -> Result<bool>;

    /// Makes the pool's storage accessible.
    fn start(&self, _pool: &StoragePool) -> Result<()> {
        Ok(())
    }

    fn stop(&self, _pool: &StoragePool) -> Result<()> {
        Ok(())
    }

    /// Makes what the pool is on; `flags` are `virStoragePoolBuildFlags`.
    fn build(&self, _pool: &StoragePool, _flags: u32) -> Result<()> {
        Ok(())
    }

    fn delete(&self, _pool: &StoragePool, _flags: u32) -> Result<()> {
        Err(Error::no_support("this type of pool can't be deleted"))
    }

    /// Finds the volumes, and how much room there is.
    fn refresh(&self, tools: &Tools, pool: &mut StoragePool) -> Result<Vec<StorageVolume>>;

    /// What pools could be made of, as XML.
    fn find_sources(&self, _source: Option<&str>) -> Result<String> {
        Err(Error::no_support("sources of this type of pool can't be looked for"))
    }

    /// Whether a volume's content is made apart from the volume, so that its size may follow from elsewhere.
    fn builds_apart(&self) -> bool {
        false
    }

    /// Says where a new volume is to be; in some pools it is there then.
    fn create(&self, _tools: &Tools, _pool: &StoragePool, _volume: &mut StorageVolume) -> Result<()> {
        Err(Error::no_support("volumes of this type of pool can't be made"))
    }

    /// Makes the content of a volume that [`Backend::create`] has placed; cleans up after itself if it fails.
    fn fill(&self, _tools: &Tools, _making: &Making<'_>) -> Result<()> {
        Err(Error::no_support("volumes of this type of pool can't be made of others"))
    }

    /// Looks again at one volume; what can change by itself is put in.
    fn refresh_volume(&self, _tools: &Tools, _volume: &mut StorageVolume) -> Result<()> {
        Ok(())
    }

    fn delete_volume(&self, _pool: &StoragePool, _volume: &StorageVolume, _flags: u32) -> Result<()> {
        Err(Error::no_support("volumes of this type of pool can't be deleted"))
    }

    /// `flags` are `virStorageVolResizeFlags`.
    fn resize(&self, _tools: &Tools, _volume: &StorageVolume, _capacity: u64, _flags: u32) -> Result<()> {
        Err(Error::no_support("volumes of this type of pool can't change their size"))
    }

    fn wipe(&self, _volume: &StorageVolume, _algorithm: u32) -> Result<()> {
        Err(Error::no_support("volumes of this type of pool can't be wiped"))
    }

    /// Opens a volume's content, to read it or to write it.
    fn open(&self, _volume: &StorageVolume, _write: bool) -> Result<std::os::fd::OwnedFd> {
        Err(Error::no_support("volumes of this type of pool can't be read or written"))
    }

    /// Whether one part of the pool's numbers is its own business, so that nobody else counts what volumes take.
    fn counts_itself(&self) -> bool {
        false
    }
}

/// What works with pools of this type here.
pub fn of(kind: PoolType) -> Result<&'static dyn Backend> {
    match kind {
        PoolType::Dir => Ok(&directory::Directory),
        PoolType::Fs | PoolType::NetFs => Ok(&mount::Mount),
        PoolType::Logical => Ok(&logical::Logical),
        PoolType::Disk => Ok(&NotHere(PoolType::Disk)),
        PoolType::Iscsi => Ok(&NotHere(PoolType::Iscsi)),
        PoolType::Scsi => Ok(&NotHere(PoolType::Scsi)),
        PoolType::Mpath => Ok(&NotHere(PoolType::Mpath)),
        _ => Err(missing(kind)),
    }
}

/// The types that work here.
pub const SUPPORTED: &[PoolType] = &[PoolType::Dir, PoolType::Fs, PoolType::NetFs, PoolType::Logical];

fn missing(kind: PoolType) -> Error {
    let known: Vec<_> = SUPPORTED.iter().map(PoolType::to_string).collect();
    Error::internal(format!("missing backend for pool type '{kind}'; those there are: {}", known.join(", ")))
}

/// A type of pool that can be described here and not started.
struct NotHere(PoolType);

impl Backend for NotHere {
    fn check(&self, _pool: &StoragePool) -> Result<bool> {
        Ok(false)
    }

    fn start(&self, _pool: &StoragePool) -> Result<()> {
        Err(missing(self.0))
    }

    fn build(&self, _pool: &StoragePool, _flags: u32) -> Result<()> {
        Err(missing(self.0))
    }

    fn refresh(&self, _tools: &Tools, _pool: &mut StoragePool) -> Result<Vec<StorageVolume>> {
        Err(missing(self.0))
    }
}
