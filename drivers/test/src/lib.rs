//! The mock hypervisor, for programs that want to try themselves out: guests, networks, interfaces, pools and devices
//! that exist in memory only, and answer as real ones would.
#![forbid(unsafe_code)]

mod auth;
mod domain;
mod driver;
mod host;
mod interface;
mod moments;
mod network;
mod node_file;
mod nodedev;
mod refuse;
mod storage;

pub use driver::TestDriver;
