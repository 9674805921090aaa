//! `<cpu>`: the CPU a guest gets, and the one a host has; the models that there are names for, and how CPUs are
//! compared, reduced to what they share, and made concrete.
//!
//! Models and features are tables in `map/`, one an architecture, read when first asked for.

mod arch;
pub mod arm;
mod by_arch;
mod content;
mod definition;
mod guest;
mod host;
mod native;
mod numa;
mod parts;
pub mod ppc64;
pub(crate) mod schema;
pub mod x86;

pub use arch::Arch;
pub use by_arch::*;
pub use content::{CpuContent, set_feature};
pub use definition::*;
pub use guest::*;
pub use host::*;
pub use native::NativeCpu;
pub use numa::*;
pub use parts::*;
