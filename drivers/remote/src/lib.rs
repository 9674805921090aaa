//! The driver that has a daemon do the work: each method is a call over the wire.
#![forbid(unsafe_code)]

mod admin;
mod block;
mod closing;
mod config;
mod connection;
mod console;
mod decode;
mod devices;
mod dial;
mod events;
mod extension;
mod forward;
mod guest;
mod host;
mod jobs;
mod lifecycle;
mod login;
mod migration;
mod network;
mod objects;
mod points;
mod reconnect;
mod session;
mod stats;
mod storage;
mod target;
mod tuning;

pub use admin::RemoteAdmin;
pub use connection::RemoteDriver;
pub use dial::Certificates;
pub use ferrovirt_tls::Files;
pub use target::{Acting, Target, Way};
