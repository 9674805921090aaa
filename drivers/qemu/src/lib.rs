//! The QEMU/KVM driver.
#![forbid(unsafe_code)]

pub mod capabilities;
pub mod command;
pub mod qmp;
pub mod reactor;
