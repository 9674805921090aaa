//! Child processes, helpers and guests alike: started without copying the program, watched by pidfd, never polled.

mod command;
mod descriptors;
mod handle;
mod kernel;
mod output;
mod pidfile;
mod times;

pub use command::{Command, Stdio};
pub use handle::{ExitStatus, Process, ProcessId};
pub use kernel::{SignalsBlocked, wait_for_starts};
pub use output::Output;
pub use pidfile::PidFile;
pub use rustix::process::{Resource, Rlimit, Signal};
pub use times::{
    ThreadTimes, ThreadWaits, Times, set_thread_affinity, thread_affinity, thread_times, thread_waits,
};
