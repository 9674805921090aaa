//! `<pool>` and `<volume>`: where guests' disks are kept.

mod adapter;
mod capabilities;
mod kinds;
mod options;
mod permissions;
mod pool;
mod source;
mod volume;

pub use adapter::{ParentAddress, PoolAdapter};
pub use capabilities::{FormatChoice, FormatList, PoolCapabilities, PoolCapability};
pub use kinds::PoolType;
pub use options::{CephOption, CephOptions, MountOption, MountOptions};
pub use permissions::Permissions;
pub use pool::{PoolSize, PoolTarget, RefreshAllocation, StoragePool};
pub use source::{FreeExtent, PoolDevice, PoolHost, PoolSource};
pub use volume::{StorageVolume, VolumeLayer, VolumeType};

#[cfg(test)]
mod tests;
