//! Domains, as a caller holds them.

mod block;
mod config;
mod console;
mod devices;
mod guest;
mod jobs;
mod lifecycle;
mod lookup;
mod migration;
mod stats;
mod tuning;
