//! The errors that this driver raises, with its domain.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};

/// An error of the test driver.
pub fn error(code: ErrorCode, detail: impl Into<String>) -> Error {
    Error::new(code, detail).domain(ErrorDomain::Test)
}

pub fn invalid_arg(detail: impl Into<String>) -> Error {
    error(ErrorCode::InvalidArg, detail)
}

pub fn operation_invalid(detail: impl Into<String>) -> Error {
    error(ErrorCode::OperationInvalid, detail)
}

pub fn operation_unsupported(detail: impl Into<String>) -> Error {
    error(ErrorCode::OperationUnsupported, detail)
}

pub fn internal(detail: impl Into<String>) -> Error {
    error(ErrorCode::Internal, detail)
}

/// Refuses flags that the call does not know, as libvirt does before anything is looked at.
pub fn flags(flags: u32, known: u32, function: &str) -> Result<()> {
    match flags & !known {
        0 => Ok(()),
        unknown => Err(invalid_arg(format!("{function} does not know the flags {unknown:#x}"))),
    }
}
