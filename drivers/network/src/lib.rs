//! The virtual network driver: bridges with their addresses, firewall, DHCP and DNS; host bridges; pools of devices.
//!
//! [`NetworkState`] is what connections hold. A network's definition is changed under its job slot and read from
//! snapshots; what is up on the host is put there step by step, each step undone if a later one fails.
#![forbid(unsafe_code)]

mod api;
mod autostart;
mod bridge_names;
mod definitions;
pub mod dnsmasq;
mod driver;
mod firewall;
mod leases;
mod life;
mod metadata;
mod network;
mod paths;
mod pool;
mod ports;
mod recover;
mod resolved;
mod routes;
mod start;
mod status;
mod stop;
mod undo;
mod update;
mod validate;

pub use driver::NetworkState;
