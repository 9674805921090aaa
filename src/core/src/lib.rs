//! What every room of the house shares: errors, ids, typed parameters, events, jobs, the object store, the driver traits.

pub mod abi;
pub mod error;

pub use error::{Error, ErrorCode, ErrorDomain, ErrorLevel, Result};
