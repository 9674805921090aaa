//! Values that several models share.

mod cpu_set;
mod mac;
mod size;

pub use cpu_set::CpuSet;
pub use mac::Mac;
pub use size::{PrettySize, ScaledSize, Unit, pretty_size, read_size_attr};
