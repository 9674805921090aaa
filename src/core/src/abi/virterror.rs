//! `virterror.h`: errors. The numbers of codes and domains are the rows of `crate::error::codes`.

use std::ffi::{c_char, c_int, c_void};

use crate::abi::{virConnectPtr, virDomainPtr, virNetworkPtr};

/// An error, with all that is known about it. Since 0.1.0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virError {
    /// A `virErrorNumber`.
    pub code: c_int,
    /// A `virErrorDomain`.
    pub domain: c_int,
    /// The whole message.
    pub message: *mut c_char,
    /// How bad it is.
    pub level: virErrorLevel,
    /// Connection. Deprecated: always NULL.
    pub conn: virConnectPtr,
    /// Domain. Deprecated: always NULL.
    pub dom: virDomainPtr,
    /// First detail.
    pub str1: *mut c_char,
    /// Second detail.
    pub str2: *mut c_char,
    /// Third detail.
    pub str3: *mut c_char,
    /// First number.
    pub int1: c_int,
    /// Second number.
    pub int2: c_int,
    /// Network. Deprecated: always NULL.
    pub net: virNetworkPtr,
}

/// Pointer to a `virError`. Since 0.1.0.
pub type virErrorPtr = *mut virError;

/// Told of each error; `userData` is what was registered with it. Since 0.1.0.
pub type virErrorFunc = Option<unsafe extern "C" fn(userData: *mut c_void, error: virErrorPtr)>;

c_enum! {
    /// What went wrong. Since 0.1.0.
    ///
    /// The rows of `error_codes!` belong between the two that stand here.
    pub enum virErrorNumber: u32 {
        /// No error. Since 0.1.0.
        VIR_ERR_OK = 0,
    }
    sentinel {
        /// One past the last member. Since 5.0.0.
        VIR_ERR_NUMBER_LAST = 114,
    }
}

c_enum! {
    /// Which part of the library raised an error. Since 0.1.0.
    ///
    /// Its members are the rows of `error_domains!`.
    pub enum virErrorDomain: u32 {
    }
    sentinel {
        /// One past the last member. Since 0.9.13.
        VIR_ERR_DOMAIN_LAST = 73,
    }
}

c_enum! {
    /// How bad an error is. Since 0.1.0.
    pub enum virErrorLevel: u32 {
        /// Not an error. Since 0.1.0.
        VIR_ERR_NONE = 0,
        /// A warning. Since 0.1.0.
        VIR_ERR_WARNING = 1,
        /// An error. Since 0.1.0.
        VIR_ERR_ERROR = 2,
    }
}
