//! What the tests with a real QEMU share.

use std::path::PathBuf;

/// The binary to test with; says aloud why there is none.
pub fn qemu() -> Option<PathBuf> {
    let path = std::env::var_os("FERROVIRT_QEMU")
        .map_or_else(|| "/usr/bin/qemu-system-x86_64".into(), PathBuf::from);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: no QEMU at '{}'; set FERROVIRT_QEMU", path.display());
    None
}
