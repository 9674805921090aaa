//! Values that several models share.

mod byte_size;
mod cpu_set;
mod mac;
mod pretty_size;
mod rare;
pub(crate) mod schema;
mod size;
mod size_attr;
mod text;

pub use byte_size::ByteSize;
pub use cpu_set::CpuSet;
pub use mac::Mac;
pub use pretty_size::{PrettySize, pretty_size};
pub(crate) use rare::rare;
pub use rare::{Absent, Rare};
pub use size::{ScaledSize, Unit};
pub use size_attr::read_size_attr;
pub(crate) use text::{is_absolute_path, is_digits};
