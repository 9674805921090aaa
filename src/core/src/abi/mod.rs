#![allow(missing_docs, non_camel_case_types)]
macro_rules! opaque { ($($n:ident $p:ident),*) => {$(#[repr(C)] pub struct $n { _private: [u8; 0] } pub type $p = *mut $n;)*} }
opaque!(virConnect virConnectPtr, virNetwork virNetworkPtr, virNetworkPort virNetworkPortPtr, virDomain virDomainPtr);
use std::ffi::{c_char, c_double, c_int, c_longlong, c_uint, c_ulonglong, c_void};
opaque!(virStream virStreamPtr, virAdmConnect virAdmConnectPtr, virAdmServer virAdmServerPtr, virAdmClient virAdmClientPtr);
pub const VIR_TYPED_PARAM_FIELD_LENGTH: usize = 80;
#[repr(C)]
#[derive(Clone, Copy)]
pub union virTypedParameterValue {
    pub i: c_int,
    pub ui: c_uint,
    pub l: c_longlong,
    pub ul: c_ulonglong,
    pub d: c_double,
    pub b: c_char,
    pub s: *mut c_char,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct virTypedParameter {
    pub field: [c_char; VIR_TYPED_PARAM_FIELD_LENGTH],
    pub r#type: c_int,
    pub value: virTypedParameterValue,
}
impl Default for virTypedParameter {
    fn default() -> Self {
        Self { field: [0; VIR_TYPED_PARAM_FIELD_LENGTH], r#type: 0, value: virTypedParameterValue { ul: 0 } }
    }
}
pub type virTypedParameterPtr = *mut virTypedParameter;
pub type virFreeCallback = Option<unsafe extern "C" fn(opaque: *mut c_void)>;
pub type virErrorLevel = u32;
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virError {
    pub code: c_int,
    pub domain: c_int,
    pub message: *mut c_char,
    pub level: virErrorLevel,
    pub conn: virConnectPtr,
    pub dom: virDomainPtr,
    pub str1: *mut c_char,
    pub str2: *mut c_char,
    pub str3: *mut c_char,
    pub int1: c_int,
    pub int2: c_int,
    pub net: virNetworkPtr,
}
pub type virErrorPtr = *mut virError;
pub type virErrorFunc = Option<unsafe extern "C" fn(userData: *mut c_void, error: virErrorPtr)>;
