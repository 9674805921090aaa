//! `<pool>` and `<volume>`: where guests' disks are kept.

mod adapter;
mod capabilities;
mod kinds;
mod listing;
mod options;
mod permissions;
mod pool;
mod pool_schema;
mod same;
mod source;
mod sources;
mod volume;
mod volume_schema;

pub use adapter::{ParentAddress, PoolAdapter};
pub use capabilities::{FormatChoice, FormatList, PoolCapabilities, PoolCapability};
pub use kinds::PoolType;
pub use listing::PoolListing;
pub use options::{CephOption, CephOptions, MountOption, MountOptions};
pub use permissions::{FileMode, FileOwner, Permissions};
pub use pool::{PoolSize, PoolTarget, RefreshAllocation, StoragePool, sanitized};
pub use source::{FreeExtent, PoolDevice, PoolHost, PoolSource};
pub use sources::{PoolSources, source_host};
pub use volume::{
    CapacityRule, ImageFeature, StorageVolume, Timestamp, Timestamps, VolumeExtent, VolumeLayer, VolumeType,
};

#[cfg(test)]
mod tests;
