//! What a person types, one module a command; `main.rs` only reads the command line.
#![forbid(unsafe_code)]

pub mod api;
pub mod codegen;
pub mod dist;

use std::path::{Path, PathBuf};

/// The top of the source tree.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the source tree").to_path_buf()
}
