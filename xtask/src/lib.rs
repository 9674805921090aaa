//! What a person types, one module a command; `main.rs` only reads the command line.
#![forbid(unsafe_code)]

pub mod api;
pub mod bench;
pub mod calls;
pub mod codegen;
pub mod conformance;
pub mod demo;
pub mod dist;
pub mod fuzz;
pub mod guest;
pub mod licences;
pub mod packages;
pub mod status;
pub mod test;

use std::path::{Path, PathBuf};

/// The top of the source tree.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the source tree").to_path_buf()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
