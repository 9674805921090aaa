//! The QEMU/KVM driver.
#![forbid(unsafe_code)]

pub mod addresses;
pub mod agent;
pub mod aliases;
mod api;
mod assignment;
mod autostart;
mod backup;
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
pub mod firmware;
mod graphics_ports;
pub mod host_capabilities;
mod host_needs;
mod hotplug;
mod images;
mod launch;
mod launch_security;
pub mod layout;
mod live;
pub mod machine;
mod migratable;
mod model;
mod native;
mod network;
mod news;
pub mod qmp;
pub mod reactor;
mod reconnect;
mod rename;
mod rx_filter;
#[cfg(test)]
mod sample;
mod save;
mod session;
mod settings;
mod snapshot;
mod start;
mod stats;
mod status;
mod stop;
mod tpm;
mod tune;
pub mod validate;
mod vm;
mod volumes;
mod watch;

pub use driver::QemuDriver;
