//! Devices that are plugged into running guests, changed and unplugged, through the Rust face, with real QEMU.

mod definitions;
mod disks;
mod host;
mod interfaces;
#[path = "../support/mod.rs"]
mod support;
