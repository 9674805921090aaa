//! `<domain>`: a virtual machine or container.

mod audio;
mod controller;
mod device;
mod device_info;
mod device_seclabel;
mod disk;
mod encryption;
mod graphics;
mod hostdev;
mod input;
mod interface;
mod sound;
mod storage_source;
mod video;

pub use audio::*;
pub use controller::*;
pub use device::{Context, Device};
pub use device_info::*;
pub use device_seclabel::DeviceSeclabel;
pub use disk::*;
pub use encryption::*;
pub use graphics::*;
pub use hostdev::*;
pub use input::*;
pub use interface::*;
pub use sound::*;
pub use storage_source::*;
pub use video::*;
