//! The host: processes today; CPUs, memory, cgroups and namespaces beside them.
#![deny(unsafe_code)]

pub mod process;
