//! `libvirt-common.h`: what the library and the administration library share: version, typed parameters, close reasons.

use std::ffi::{c_char, c_double, c_int, c_longlong, c_uint, c_ulonglong, c_void};

/// The value of a typed parameter.
#[repr(C)]
#[derive(Clone, Copy)]
pub union virTypedParameterValue {
    /// A signed 32-bit number.
    pub i: c_int,
    /// An unsigned 32-bit number.
    pub ui: c_uint,
    /// A signed 64-bit number.
    pub l: c_longlong,
    /// An unsigned 64-bit number.
    pub ul: c_ulonglong,
    /// A floating point number.
    pub d: c_double,
    /// A truth value: 0 or 1.
    pub b: c_char,
    /// A string; who owns it depends on the call.
    pub s: *mut c_char,
}

/// A named value of one of several types, as tuning, statistics and many newer calls use. Since 0.9.2.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct virTypedParameter {
    /// Name.
    pub field: [c_char; VIR_TYPED_PARAM_FIELD_LENGTH],
    /// Which member holds the value, a `virTypedParameterType`.
    pub r#type: c_int,
    /// The value.
    pub value: virTypedParameterValue,
}

impl Default for virTypedParameter {
    fn default() -> Self {
        Self { field: [0; VIR_TYPED_PARAM_FIELD_LENGTH], r#type: 0, value: virTypedParameterValue { ul: 0 } }
    }
}

/// Pointer to a `virTypedParameter`. Since 0.9.2.
pub type virTypedParameterPtr = *mut virTypedParameter;

/// Frees what belongs to a callback, once that is gone; must not call the library. Since 0.5.0.
pub type virFreeCallback = Option<unsafe extern "C" fn(opaque: *mut c_void)>;

c_enum! {
    /// Why a connection went away, as told to a close callback. Since 0.10.0.
    pub enum virConnectCloseReason: u32 {
        /// An input or output error broke the link. Since 0.10.0.
        VIR_CONNECT_CLOSE_REASON_ERROR = 0,
        /// The other side closed the link. Since 0.10.0.
        VIR_CONNECT_CLOSE_REASON_EOF = 1,
        /// Too many keepalive probes stayed without an answer. Since 0.10.0.
        VIR_CONNECT_CLOSE_REASON_KEEPALIVE = 2,
        /// This program asked for it. Since 0.10.0.
        VIR_CONNECT_CLOSE_REASON_CLIENT = 3,
    }
    sentinel {
        /// One past the last member. Since 0.10.0.
        VIR_CONNECT_CLOSE_REASON_LAST = 4,
    }
}

c_enum! {
    /// Which member of a typed parameter's value holds the data. Since 0.9.2.
    pub enum virTypedParameterType: u32 {
        /// Member `i`. Since 0.9.2.
        VIR_TYPED_PARAM_INT = 1,
        /// Member `ui`. Since 0.9.2.
        VIR_TYPED_PARAM_UINT = 2,
        /// Member `l`. Since 0.9.2.
        VIR_TYPED_PARAM_LLONG = 3,
        /// Member `ul`. Since 0.9.2.
        VIR_TYPED_PARAM_ULLONG = 4,
        /// Member `d`. Since 0.9.2.
        VIR_TYPED_PARAM_DOUBLE = 5,
        /// Member `b`. Since 0.9.2.
        VIR_TYPED_PARAM_BOOLEAN = 6,
        /// Member `s`. Since 0.9.8.
        VIR_TYPED_PARAM_STRING = 7,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_TYPED_PARAM_LAST = 8,
    }
}

c_enum! {
    /// Flags that any call returning typed parameters understands. Since 0.9.8.
    pub enum virTypedParameterFlags: u32 {
        /// The caller copes with string values; without it strings are left out. Since 0.9.8.
        VIR_TYPED_PARAM_STRING_OKAY = 1 << 2,
    }
}

/// Version of the library: major * 1,000,000 + minor * 1,000 + release. Since 0.0.1.
pub const LIBVIR_VERSION_NUMBER: u32 = 11003000;

/// Size of a typed parameter's name, with the final NUL. Since 0.9.2.
pub const VIR_TYPED_PARAM_FIELD_LENGTH: usize = 80;
