//! The QEMU/KVM driver.
#![forbid(unsafe_code)]

pub mod addresses;
pub mod aliases;
pub mod capabilities;
pub mod defaults;
pub mod layout;
pub mod machine;
pub mod qmp;
pub mod reactor;
#[cfg(test)]
mod sample;
pub mod validate;
