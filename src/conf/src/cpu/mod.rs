//! `<cpu>`: the CPU a guest gets, and the one a host has.

mod arch;
mod guest;
mod host;
mod numa;
mod parts;

pub use arch::Arch;
pub use guest::*;
pub use host::*;
pub use numa::*;
pub use parts::*;
