//! What every entry point shares: handles, the order of a call, arguments, results, the thread's last error.

mod args;
mod enter;
mod handle;
mod last_error;
mod returns;

pub use args::{Out, bytes, opt_text, out, text, uuid_bytes};
pub use enter::{global, inspect, modify};
pub use handle::{Handle, release, retain};
pub use returns::{CReturn, HandleList};
