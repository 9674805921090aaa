//! `libvirt-common.h`: typed parameters, the arrays of named values that many calls take and give.

use crate::ffi::global;
use crate::ffi::param_array::{
    BOOLEAN, DOUBLE, INT, LLONG, STRING, UINT, ULLONG, add_text_list, clear_params, find_param, free_params,
    get_param, growing_params,
};
use ferrovirt_core::abi::virTypedParameterPtr;
use std::ffi::{c_char, c_double, c_int, c_longlong, c_uint, c_ulonglong};

/// Finds a parameter by its name.
///
/// @params: the array
/// @nparams: how many parameters it has
/// @name: the name
///
/// Returns the first parameter of that name, within the array, or NULL; never an error.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsGet(
    params: virTypedParameterPtr,
    nparams: c_int,
    name: *const c_char,
) -> virTypedParameterPtr {
    find_param(params, nparams, name)
}

/// Reads a parameter that is an int.
///
/// @params: the array
/// @nparams: how many parameters it has
/// @name: the parameter's name
/// @value: where its value goes; may be NULL
///
/// Returns 1 if there is such a parameter, 0 if not, -1 if it has another type.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsGetInt(
    params: virTypedParameterPtr,
    nparams: c_int,
    name: *const c_char,
    value: *mut c_int,
) -> c_int {
    global(|| get_param(params, nparams, name, value, &INT))
}

/// Reads a parameter that is an unsigned int.
///
/// @params: the array
/// @nparams: how many parameters it has
/// @name: the parameter's name
/// @value: where its value goes; may be NULL
///
/// Returns 1 if there is such a parameter, 0 if not, -1 if it has another type.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsGetUInt(
    params: virTypedParameterPtr,
    nparams: c_int,
    name: *const c_char,
    value: *mut c_uint,
) -> c_int {
    global(|| get_param(params, nparams, name, value, &UINT))
}

/// Reads a parameter that is a long long.
///
/// @params: the array
/// @nparams: how many parameters it has
/// @name: the parameter's name
/// @value: where its value goes; may be NULL
///
/// Returns 1 if there is such a parameter, 0 if not, -1 if it has another type.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsGetLLong(
    params: virTypedParameterPtr,
    nparams: c_int,
    name: *const c_char,
    value: *mut c_longlong,
) -> c_int {
    global(|| get_param(params, nparams, name, value, &LLONG))
}

/// Reads a parameter that is an unsigned long long.
///
/// @params: the array
/// @nparams: how many parameters it has
/// @name: the parameter's name
/// @value: where its value goes; may be NULL
///
/// Returns 1 if there is such a parameter, 0 if not, -1 if it has another type.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsGetULLong(
    params: virTypedParameterPtr,
    nparams: c_int,
    name: *const c_char,
    value: *mut c_ulonglong,
) -> c_int {
    global(|| get_param(params, nparams, name, value, &ULLONG))
}

/// Reads a parameter that is a double.
///
/// @params: the array
/// @nparams: how many parameters it has
/// @name: the parameter's name
/// @value: where its value goes; may be NULL
///
/// Returns 1 if there is such a parameter, 0 if not, -1 if it has another type.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsGetDouble(
    params: virTypedParameterPtr,
    nparams: c_int,
    name: *const c_char,
    value: *mut c_double,
) -> c_int {
    global(|| get_param(params, nparams, name, value, &DOUBLE))
}

/// Reads a parameter that is a boolean, 0 or 1.
///
/// @params: the array
/// @nparams: how many parameters it has
/// @name: the parameter's name
/// @value: where its value goes; may be NULL
///
/// Returns 1 if there is such a parameter, 0 if not, -1 if it has another type.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsGetBoolean(
    params: virTypedParameterPtr,
    nparams: c_int,
    name: *const c_char,
    value: *mut c_int,
) -> c_int {
    global(|| get_param(params, nparams, name, value, &BOOLEAN))
}

/// Reads a parameter that is a string, which stays the array's.
///
/// @params: the array
/// @nparams: how many parameters it has
/// @name: the parameter's name
/// @value: where its value goes; may be NULL
///
/// Returns 1 if there is such a parameter, 0 if not, -1 if it has another type.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsGetString(
    params: virTypedParameterPtr,
    nparams: c_int,
    name: *const c_char,
    value: *mut *const c_char,
) -> c_int {
    global(|| get_param(params, nparams, name, value, &STRING))
}

/// Appends an int to an array.
///
/// @params: where the array is, NULL to begin with; it moves as it grows
/// @nparams: where its length is
/// @maxparams: where its capacity is
/// @name: the parameter's name, of at most 79 bytes
/// @value: the value
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsAddInt(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    value: c_int,
) -> c_int {
    global(|| growing_params(params, nparams, maxparams)?.add(name, value))
}

/// Appends an unsigned int to an array.
///
/// @params: where the array is, NULL to begin with; it moves as it grows
/// @nparams: where its length is
/// @maxparams: where its capacity is
/// @name: the parameter's name, of at most 79 bytes
/// @value: the value
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsAddUInt(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    value: c_uint,
) -> c_int {
    global(|| growing_params(params, nparams, maxparams)?.add(name, value))
}

/// Appends a long long to an array.
///
/// @params: where the array is, NULL to begin with; it moves as it grows
/// @nparams: where its length is
/// @maxparams: where its capacity is
/// @name: the parameter's name, of at most 79 bytes
/// @value: the value
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsAddLLong(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    value: c_longlong,
) -> c_int {
    global(|| growing_params(params, nparams, maxparams)?.add(name, value))
}

/// Appends an unsigned long long to an array.
///
/// @params: where the array is, NULL to begin with; it moves as it grows
/// @nparams: where its length is
/// @maxparams: where its capacity is
/// @name: the parameter's name, of at most 79 bytes
/// @value: the value
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsAddULLong(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    value: c_ulonglong,
) -> c_int {
    global(|| growing_params(params, nparams, maxparams)?.add(name, value))
}

/// Appends a double to an array.
///
/// @params: where the array is, NULL to begin with; it moves as it grows
/// @nparams: where its length is
/// @maxparams: where its capacity is
/// @name: the parameter's name, of at most 79 bytes
/// @value: the value
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsAddDouble(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    value: c_double,
) -> c_int {
    global(|| growing_params(params, nparams, maxparams)?.add(name, value))
}

/// Appends a boolean to an array.
///
/// @params: where the array is, NULL to begin with; it moves as it grows
/// @nparams: where its length is
/// @maxparams: where its capacity is
/// @name: the parameter's name, of at most 79 bytes
/// @value: the value; not 0 means true
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsAddBoolean(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    value: c_int,
) -> c_int {
    global(|| growing_params(params, nparams, maxparams)?.add(name, value != 0))
}

/// Appends a copy of a string to an array.
///
/// @params: where the array is, NULL to begin with; it moves as it grows
/// @nparams: where its length is
/// @maxparams: where its capacity is
/// @name: the parameter's name, of at most 79 bytes
/// @value: the string; NULL counts as an empty one
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsAddString(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    value: *const c_char,
) -> c_int {
    global(|| growing_params(params, nparams, maxparams)?.add_c_string(name, value))
}

/// Appends several strings to an array, all under one name.
///
/// @params: where the array is, NULL to begin with; it moves as it grows
/// @nparams: where its length is
/// @maxparams: where its capacity is
/// @name: the parameter's name, of at most 79 bytes
/// @values: the strings, ended by NULL; NULL itself adds nothing
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.17
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsAddStringList(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    values: *mut *const c_char,
) -> c_int {
    global(|| add_text_list(params, nparams, maxparams, name, values))
}

/// Appends to an array a value that is spelled out as text.
///
/// @params: where the array is, NULL to begin with; it moves as it grows
/// @nparams: where its length is
/// @maxparams: where its capacity is
/// @name: the parameter's name, of at most 79 bytes
/// @type: the type it shall have, a virTypedParameterType
/// @value: the value: a decimal number, true or false, or the string itself
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsAddFromString(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    r#type: c_int,
    value: *const c_char,
) -> c_int {
    global(|| growing_params(params, nparams, maxparams)?.add_text(name, r#type, value))
}

/// Frees the strings in an array, but not the array.
///
/// @params: the array
/// @nparams: how many parameters it has
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsClear(params: virTypedParameterPtr, nparams: c_int) {
    clear_params(params, nparams);
}

/// Frees an array and the strings in it.
///
/// @params: the array; may be NULL
/// @nparams: how many parameters it has
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virTypedParamsFree(params: virTypedParameterPtr, nparams: c_int) {
    free_params(params, nparams);
}
