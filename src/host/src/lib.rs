//! The host: processes today; CPUs, memory, cgroups and namespaces beside them.
#![deny(unsafe_code)]

mod fd_stream;
pub mod process;

pub use fd_stream::{Closer, FdStream};
