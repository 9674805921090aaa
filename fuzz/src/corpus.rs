//! The documents that mutations start from: those of the models' own tests.

use std::fs;
use std::path::{Path, PathBuf};

/// The documents of one kind (`src/conf/tests/documents/KIND/*.xml`).
pub fn corpus(kind: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/conf/tests/documents").join(kind);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}
