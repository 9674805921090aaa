//! The secret driver: passphrases and keys that pools, disks and TPMs refer to.
//!
//! [`SecretState`] is what connections hold. Definitions and values are read from snapshots; changes are made one at a
//! time, on disk first.
#![forbid(unsafe_code)]

mod api;
mod driver;
mod files;
mod host;
mod kept;

pub use driver::{Callers, SecretState};
