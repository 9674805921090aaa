//! Tunables of a guest as callers see them, named values or sets of CPUs, read from a description and put into one.
//!
//! Nothing here touches a running guest. Errors have no domain: drivers add theirs.

pub mod bandwidth;
pub mod blkio;
pub mod iothreads;
pub mod iotune;
pub mod memory;
pub mod numa;
pub mod perf;
pub mod pins;
pub mod scheduler;

use ferrovirt_core::{KnownParam, abi};

/// A parameter that is a text.
const fn text(name: &'static str) -> KnownParam {
    KnownParam { name, kind: abi::VIR_TYPED_PARAM_STRING as i32, multiple: false }
}
