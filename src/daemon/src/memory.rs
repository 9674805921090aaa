//! How the daemon takes memory from the system.
#![allow(unsafe_code)]

/// Has all threads take memory from one place. By default each of glibc's has its own, and what one definition leaves
/// behind in each of them is the larger part of what the daemon holds; small pieces are kept by the thread anyway.
pub fn share_one_arena() {
    #[cfg(target_env = "gnu")]
    // SAFETY: a setting of the allocator's, before there is a second thread.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
