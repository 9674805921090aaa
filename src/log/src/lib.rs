//! Where log messages go: a level, filters by category and outputs, as libvirt's settings spell them, and the
//! subscriber that sends what `tracing` tells there. What to log, and when to begin, is the caller's matter.

#![forbid(unsafe_code)]

mod filter;
mod level;
mod output;
mod settings;
mod subscriber;

pub use filter::{Filter, parse_filters};
pub use level::Level;
pub use output::{Destination, Output, parse_outputs};
pub use settings::{
    Variables, filters, has_outputs, level, outputs, set_filters, set_level, set_outputs, start,
    start_from_environment,
};
