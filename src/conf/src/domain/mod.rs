//! `<domain>`: a virtual machine or container.

mod device;
mod device_info;
mod device_seclabel;
mod disk;
mod encryption;
mod storage_source;

pub use device::{Context, Device};
pub use device_info::*;
pub use device_seclabel::DeviceSeclabel;
pub use disk::*;
pub use encryption::*;
pub use storage_source::*;
