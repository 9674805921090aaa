//! The network filter driver: named sets of rules, and which of them is at work on which port of a guest.
//!
//! [`NwFilterState`] is what connections hold. It keeps filters, and knows the bindings that a running libvirt has left;
//! it puts no rules to work yet, so that new bindings are refused.
#![forbid(unsafe_code)]

mod api;
mod bindings;
mod driver;
mod files;
mod references;

pub use driver::NwFilterState;
