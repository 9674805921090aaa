//! CPUs of guests: by which model QEMU's best one goes, whether a guest can have what it asks for, and what becomes of
//! that when it starts.

mod check;
mod host_model;
mod hypervisor;
pub mod names;
mod native;
mod start;

pub use check::check;
pub use host_model::{HostModels, allowed_models, x86_data};
pub use hypervisor::{Hypervisor, baseline, compare};
pub use native::Native;
pub use start::{StartKind, concrete, follow_host, supports_mode};
