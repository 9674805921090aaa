//! The QEMU/KVM driver.
#![forbid(unsafe_code)]

pub mod capabilities;
pub mod host_capabilities;
pub mod qmp;
pub mod reactor;
