//! The application's event loop: the seam to it, and the default one that `virEventRegisterDefaultImpl` installs.
//!
//! Callbacks run only from the loop, never from a thread of ours; `update_*` may be called from any thread.

mod default;

pub use default::DefaultLoop;

use crate::{Error, Result};
use std::os::fd::RawFd;
use std::sync::{Arc, OnceLock};

/// What happened on, or is wanted of, a descriptor (`virEventHandleType`).
pub mod interest {
    pub const READABLE: i32 = 1;
    pub const WRITABLE: i32 = 2;
    pub const ERROR: i32 = 4;
    pub const HANGUP: i32 = 8;
}

/// Called with the watch, the descriptor and what happened.
pub type HandleCallback = Box<dyn Fn(i32, RawFd, i32) + Send + Sync>;
/// Called with the timer.
pub type TimeoutCallback = Box<dyn Fn(i32) + Send + Sync>;

/// An event loop. Removing drops the callback, later and from the loop if it is running just then.
pub trait EventLoop: Send + Sync {
    /// Watches a descriptor; the watch's number comes back.
    fn add_handle(&self, fd: RawFd, events: i32, callback: HandleCallback) -> Result<i32>;
    fn update_handle(&self, watch: i32, events: i32);
    fn remove_handle(&self, watch: i32) -> Result<()>;
    /// Fires every `milliseconds`; 0 at every turn of the loop, -1 never until updated.
    fn add_timeout(&self, milliseconds: i32, callback: TimeoutCallback) -> Result<i32>;
    fn update_timeout(&self, timer: i32, milliseconds: i32);
    fn remove_timeout(&self, timer: i32) -> Result<()>;
}

static CURRENT: OnceLock<Arc<dyn EventLoop>> = OnceLock::new();
static DEFAULT: OnceLock<Arc<DefaultLoop>> = OnceLock::new();

/// Makes `event_loop` the one that everything uses. The first registration stays, as in libvirt.
pub fn register(event_loop: Arc<dyn EventLoop>) {
    if CURRENT.set(event_loop).is_err() {
        tracing::debug!("an event loop is registered already; the second registration is ignored");
    }
}

/// Registers the default loop.
pub fn register_default() -> Result<()> {
    let event_loop = Arc::new(DefaultLoop::new()?);
    register(DEFAULT.get_or_init(|| event_loop).clone());
    Ok(())
}

/// One turn of the default loop: waits for events or timeouts and dispatches them.
pub fn run_default() -> Result<()> {
    let event_loop = DEFAULT
        .get()
        .ok_or_else(|| Error::internal("virEventRunDefaultImpl needs virEventRegisterDefaultImpl first"))?;
    event_loop.run_once()
}

/// The registered loop; callers that need it say so to the application.
pub fn current() -> Option<Arc<dyn EventLoop>> {
    CURRENT.get().cloned()
}
