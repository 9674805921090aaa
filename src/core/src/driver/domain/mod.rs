//! Domains, by subject.

mod block;
mod config;
mod console;
mod devices;
mod guest;
mod jobs;
mod lifecycle;
mod lookup;
mod migration;
mod stats;
mod tuning;

pub use block::*;
pub use config::*;
pub use console::*;
pub use devices::*;
pub use guest::*;
pub use jobs::*;
pub use lifecycle::*;
pub use lookup::*;
pub use migration::*;
pub use stats::*;
pub use tuning::*;
