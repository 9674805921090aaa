//! The interface driver: the network interfaces of the host, as they are just now.
//!
//! [`InterfaceState`] is what connections hold. It keeps nothing: each answer is read from the kernel. Who configures the
//! host's network is another's business, so that definitions are refused.
#![forbid(unsafe_code)]

mod api;
mod describe;
mod kernel;

pub use kernel::InterfaceState;
