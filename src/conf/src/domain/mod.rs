//! `<domain>`: a virtual machine or container.

mod clock;
mod device;
mod device_info;
mod devices;
#[allow(clippy::module_inception)] // the element <domain> in the folder of all that stands in it
mod domain;
mod events;
mod features;
mod hyperv;
mod memory;
mod os;
mod process_caps;
mod vcpu;

pub use clock::*;
pub use device::{Context, Device};
pub use device_info::*;
pub use devices::Devices;
pub use domain::*;
pub use events::*;
pub use features::*;
pub use hyperv::*;
pub use memory::*;
pub use os::*;
pub use process_caps::*;
pub use vcpu::*;
