//! `libvirt-domain.h`: domains. One file a subject; the header has them all.

mod block;
mod events;
mod guest;
mod jobs;
mod lifecycle;
mod state;
mod stats;
mod tuning;

pub use block::*;
pub use events::*;
pub use guest::*;
pub use jobs::*;
pub use lifecycle::*;
pub use state::*;
pub use stats::*;
pub use tuning::*;

/// A virtual machine or container; opaque. Since 0.0.1.
#[repr(C)]
#[derive(Debug)]
pub struct virDomain {
    _opaque: [u8; 0],
}

/// Pointer to a `virDomain`. Since 0.0.1.
pub type virDomainPtr = *mut virDomain;
