//! `libvirt-domain.h`: domains, by subject.

mod block;
mod config;
mod console;
mod cpus;
mod devices;
mod events;
mod guest;
mod jobs;
mod lifecycle;
mod lookup;
mod migration;
mod stats;
#[cfg(test)]
mod tests;
mod tuning;
