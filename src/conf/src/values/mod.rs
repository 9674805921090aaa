//! Values that several models share.

mod byte_size;
mod cpu_set;
mod mac;
mod size;

pub use byte_size::ByteSize;
pub use cpu_set::CpuSet;
pub use mac::Mac;
pub use size::{ScaledSize, Unit};
