//! How the daemon takes memory from the system.
#![allow(unsafe_code)]

/// What a long answer takes while it is made, about: the next one finds it there instead of asking the system again.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 2 << 20;

/// Has all threads take memory from one place. By default each of glibc's has its own, and what one definition leaves
/// behind in each of them is the larger part of what the daemon holds; small pieces are kept by the thread anyway.
pub fn share_one_arena() {
    #[cfg(target_env = "gnu")]
    // SAFETY: settings of the allocator's, before there is a second thread.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
        libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT);
    }
}
