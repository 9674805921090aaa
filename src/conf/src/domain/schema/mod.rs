//! What the schema of `<domain>` says beyond the model: rules of the strict check, a file a subject.

mod chardevs;
mod devices;
mod displays;
mod general;
mod interfaces;
mod os;
mod sources;

pub(crate) use devices::{DISK_TARGET, TARGET_OR_PATH, pci};
pub use general::DOMAIN;
pub(crate) use general::plain_size;
pub(crate) use interfaces::{bandwidth, filter, virtual_port, vlan};
pub(crate) use os::ARCHES;
pub(crate) use sources::{encryption, seclabel, source};
