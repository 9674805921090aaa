//! The host: CPUs, memory, caches, what the firmware tells, and processes; cgroups and namespaces beside them.
#![deny(unsafe_code)]

pub mod abilities;
pub mod cache;
pub mod cgroup;
pub mod cpu_identity;
pub mod cpu_stats;
pub mod dmi;
mod fd_stream;
mod file_stream;
pub mod huge_page_mounts;
mod kernel_files;
pub mod kvm;
pub mod memory;
pub mod native_cpu;
pub mod process;
pub mod topology;

pub use fd_stream::{Closer, FdStream};
pub use file_stream::FileStream;
pub use kernel_files::KernelFiles;
