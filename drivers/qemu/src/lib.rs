//! The QEMU/KVM driver.
#![forbid(unsafe_code)]

pub mod addresses;
pub mod capabilities;
pub mod command;
pub mod defaults;
pub mod machine;
pub mod qmp;
pub mod reactor;
