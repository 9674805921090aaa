//! The storage driver: pools of volumes in directories, on mounted file systems, in volume groups, on disks.
//!
//! [`StorageState`] is what connections hold. Pools and volumes are read from snapshots; what takes long (`qemu-img`,
//! `mount`, copying) is done beside them, and nobody who asks waits for it. What a type of pool is made of is the
//! business of its backend.
#![forbid(unsafe_code)]

mod api;
mod backend;
mod definitions;
mod driver;
mod image;
mod life;
mod local;
mod paths;
mod pool;
mod recover;
mod tool;
mod volume;

pub use driver::StorageState;
