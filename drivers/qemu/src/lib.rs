//! The QEMU/KVM driver.
#![forbid(unsafe_code)]

mod aliases;
mod api;
mod autostart;
pub mod capabilities;
mod command;
mod consoles;
mod defaults;
mod definitions;
mod displays;
mod driver;
mod graphics_ports;
mod layout;
mod live;
mod model;
mod network;
pub mod qmp;
pub mod reactor;
mod reconnect;
mod rx_filter;
mod start;
mod status;
mod stop;
mod vm;
mod watch;

pub use driver::QemuDriver;
