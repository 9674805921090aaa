//! `<domain>`: a virtual machine or container.

mod device;
mod device_info;

pub use device::{Context, Device};
pub use device_info::*;
