//! The node device driver: the devices of the host, as the kernel and udev tell of them, while they come and go.
//!
//! [`NodeDeviceState`] is what connections hold. A thread of its own listens to the kernel; a device is described anew
//! whenever somebody asks for it. Mediated devices that are to last are kept by `mdevctl`.
#![forbid(unsafe_code)]

mod api;
mod describe;
mod driver;
mod mdev;
mod monitor;
mod pci_ids;
mod sysfs;

pub use driver::NodeDeviceState;
