//! Values that several models share.

mod byte_size;
mod cpu_set;
mod mac;
mod path;
mod pretty_size;
mod rare;
mod size;
mod size_attr;

pub use byte_size::ByteSize;
pub use cpu_set::CpuSet;
pub use mac::Mac;
pub(crate) use path::is_absolute_path;
pub use pretty_size::{PrettySize, pretty_size};
pub(crate) use rare::rare;
pub use rare::{Absent, Rare};
pub use size::{ScaledSize, Unit};
pub use size_attr::read_size_attr;
