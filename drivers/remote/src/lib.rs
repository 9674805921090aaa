//! The driver that has a daemon do the work: each method is a call over the wire.
#![forbid(unsafe_code)]

mod config;
mod connection;
mod events;
mod forward;
mod host;
mod lifecycle;
mod network;
mod objects;
mod points;
mod stats;
mod storage;

pub use connection::RemoteDriver;
