//! The QEMU/KVM driver.
#![forbid(unsafe_code)]

pub mod addresses;
pub mod agent;
pub mod aliases;
mod api;
mod autostart;
mod blockjob;
pub mod capabilities;
pub mod command;
mod consoles;
pub mod cpu;
pub mod defaults;
mod definitions;
mod displays;
mod driver;
mod dump;
mod graphics_ports;
pub mod host_capabilities;
mod hotplug;
mod images;
mod launch;
pub mod layout;
mod live;
pub mod machine;
mod model;
mod network;
mod news;
pub mod qmp;
pub mod reactor;
mod reconnect;
mod rx_filter;
#[cfg(test)]
mod sample;
mod save;
mod snapshot;
mod start;
mod stats;
mod status;
mod stop;
mod tune;
pub mod validate;
mod vm;
mod volumes;
mod watch;

pub use driver::QemuDriver;
