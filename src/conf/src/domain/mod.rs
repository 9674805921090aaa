//! `<domain>`: a virtual machine or container.

mod chardev;
mod device;
mod device_info;
mod device_seclabel;
mod disk;
mod encryption;
mod memballoon;
mod rng;
mod storage_source;
mod watchdog;

pub use chardev::*;
pub use device::{Context, Device};
pub use device_info::*;
pub use device_seclabel::DeviceSeclabel;
pub use disk::*;
pub use encryption::*;
pub use memballoon::*;
pub use rng::*;
pub use storage_source::*;
pub use watchdog::*;
