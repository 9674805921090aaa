//! The daemon: it takes libvirt's protocol off its sockets and has the drivers in its own process answer.
//!
//! One thread, the reactor, owns all sockets and answers what takes no time; everything else goes to a bounded pool of
//! workers. `docs/daemon.md` is for its users.
#![deny(unsafe_code)]

pub mod access;
pub mod activation;
pub mod admin;
pub mod auth;
pub mod client;
pub mod config;
pub mod daemon;
pub mod events;
mod handlers;
mod identity;
pub mod kind;
mod listener;
pub mod memory;
pub mod options;
mod outbox;
mod peer;
mod server;
mod streams;
mod tls;
mod workers;

pub use config::Config;
pub use daemon::{Daemon, Places};
pub use kind::Kind;
pub use streams::run_event_loop;
