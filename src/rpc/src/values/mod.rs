//! The core's own values in their forms on the wire: ids, typed parameters, errors.

mod error;
mod ids;
mod params;

pub use error::WireError;
pub use params::{Params, STRING_OKAY};
