//! `libvirt-domain.h`: domains, by subject.

mod block;
mod config;
mod console;
mod cpus;
#[cfg(test)]
mod device_tests;
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

#[cfg(test)]
pub use lookup::{virDomainFree, virDomainGetID, virDomainLookupByName};
