//! What `virTypedParams...` functions do with the application's own arrays of parameters.

use super::args::{opt_text, out, text};
use super::returns::malloc_string;
use super::typed_params::{check_name, clear, field_is, grow, write};
use ferrovirt::{Error, ErrorCode, Result, TypedValue};
use ferrovirt_core::abi::{virTypedParameter, virTypedParameterPtr, virTypedParameterValue};
use std::ffi::{CStr, c_char, c_double, c_int, c_longlong, c_uint, c_ulonglong};
use std::ptr;

/// One of the seven types: its number, its name, and how its value is read.
pub struct Member<T> {
    kind: c_int,
    name: &'static str,
    read: fn(&virTypedParameterValue) -> T,
}

macro_rules! members {
    ($($name:ident: $ty:ty = $kind:literal $text:literal, |$value:ident| $read:expr;)*) => {$(
        pub const $name: Member<$ty> = Member {
            kind: $kind,
            name: $text,
            // SAFETY: every member of the union is plain data of at most its size, and all of it is initialised.
            read: |$value| unsafe { $read },
        };
    )*};
}
members! {
    INT: c_int = 1 "int", |value| value.i;
    UINT: c_uint = 2 "uint", |value| value.ui;
    LLONG: c_longlong = 3 "llong", |value| value.l;
    ULLONG: c_ulonglong = 4 "ullong", |value| value.ul;
    DOUBLE: c_double = 5 "double", |value| value.d;
    BOOLEAN: c_int = 6 "boolean", |value| (value.b != 0).into();
    STRING: *const c_char = 7 "string", |value| value.s.cast_const();
}

const NAMES: [&str; 8] = ["unknown", "int", "uint", "llong", "ullong", "double", "boolean", "string"];

/// The first parameter of this name, NULL where there is none.
pub fn find_param(params: virTypedParameterPtr, nparams: c_int, name: *const c_char) -> virTypedParameterPtr {
    if params.is_null() || name.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: not NULL (checked above), and the API promises a NUL-terminated string.
    let name = unsafe { CStr::from_ptr(name) };
    let count = usize::try_from(nparams).unwrap_or(0);
    // SAFETY: `index < count`, and the API promises so many initialised parameters.
    let found = (0..count).find(|index| field_is(unsafe { &*params.add(*index) }, name));
    // SAFETY: as above.
    found.map_or(ptr::null_mut(), |index| unsafe { params.add(index) })
}

/// Whether there is a parameter of this name; its value goes to `value`, which may be NULL.
pub fn get_param<T>(
    params: virTypedParameterPtr,
    nparams: c_int,
    name: *const c_char,
    value: *mut T,
    member: &Member<T>,
) -> Result<bool> {
    let found = find_param(params, nparams, name);
    if found.is_null() {
        return Ok(false);
    }
    // SAFETY: `find_param` found it in the array, which stays for the call.
    let found = unsafe { &*found };
    if found.r#type != member.kind {
        let actual = usize::try_from(found.r#type).ok().and_then(|kind| NAMES.get(kind)).unwrap_or(&NAMES[0]);
        let name = text(name, "name")?;
        return Err(Error::invalid_arg(format!(
            "parameter '{name}' was asked for as {}, but its type is {actual}",
            member.name
        )));
    }
    if let Ok(place) = out(value, "value") {
        place.set((member.read)(&found.value));
    }
    Ok(true)
}

/// The application's array, its length and its capacity, all of which [`add`](Self::add) may change.
pub struct GrowingParams {
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
}

/// Checks the three pointers with which `virTypedParamsAdd...` are called.
pub fn growing_params(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
) -> Result<GrowingParams> {
    out(params, "params")?;
    out(nparams, "nparams")?;
    out(maxparams, "maxparams")?;
    Ok(GrowingParams { params, nparams, maxparams })
}

impl GrowingParams {
    /// Appends a value under `name`.
    pub fn add(&self, name: *const c_char, value: impl Into<TypedValue>) -> Result<()> {
        let name = name_or_empty(name)?;
        self.append(|| write(name, &value.into()))
    }

    /// Appends a string, NULL counting as an empty one. The bytes are taken as they are.
    pub fn add_c_string(&self, name: *const c_char, value: *const c_char) -> Result<()> {
        let name = name_or_empty(name)?;
        self.append(|| {
            let mut param = write(name, &TypedValue::Boolean(false))?;
            param.r#type = STRING.kind;
            // SAFETY: NULL, which is handled, or a NUL-terminated string as the API promises.
            param.value.s = if value.is_null() { malloc_string("") } else { unsafe { libc::strdup(value) } };
            Ok(param)
        })
    }

    /// Appends every string of a NULL-terminated list under the same name.
    fn add_list(&self, name: *const c_char, values: *const *const c_char) -> Result<()> {
        let mut next = values;
        // SAFETY: the API promises a NULL-terminated list: each place up to the first NULL is readable.
        while !unsafe { *next }.is_null() {
            // SAFETY: as above.
            self.add_c_string(name, unsafe { *next })?;
            // SAFETY: this place was not the last.
            next = unsafe { next.add(1) };
        }
        Ok(())
    }

    /// Appends a value that is spelled out as text.
    pub fn add_text(&self, name: *const c_char, kind: c_int, value: *const c_char) -> Result<()> {
        if kind == STRING.kind && !value.is_null() {
            return self.add_c_string(name, value);
        }
        let name = name_or_empty(name)?;
        self.append(|| {
            let value = text(value, name)?;
            check_name(name)?;
            write(name, &parse(name, kind, value)?)
        })
    }

    fn append(&self, make: impl FnOnce() -> Result<virTypedParameter>) -> Result<()> {
        // SAFETY: not NULL (checked by `growing_params`), and the API has the caller initialise all three.
        let (params, nparams, max) = unsafe { (&mut *self.params, &mut *self.nparams, &mut *self.maxparams) };
        let count = usize::try_from(*nparams)
            .map_err(|_| Error::invalid_arg(format!("*nparams must not be negative, but is {nparams}")))?;
        grow(params, count, max);
        let param = make()?;
        // SAFETY: `grow` made room for one more than `count`.
        unsafe { params.add(count).write(param) };
        *nparams += 1;
        Ok(())
    }
}

/// Appends every string of a NULL-terminated list under the same name; NULL is no list, whatever it were added to.
pub fn add_text_list(
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    maxparams: *mut c_int,
    name: *const c_char,
    values: *const *const c_char,
) -> Result<()> {
    if values.is_null() { Ok(()) } else { growing_params(params, nparams, maxparams)?.add_list(name, values) }
}

/// The name of a parameter to add; libvirt takes NULL for an empty one.
fn name_or_empty<'a>(name: *const c_char) -> Result<&'a str> {
    Ok(opt_text(name, "name")?.unwrap_or_default())
}

/// Frees the strings in the array, not the array.
pub fn clear_params(params: virTypedParameterPtr, nparams: c_int) {
    if !params.is_null() {
        clear(params, usize::try_from(nparams).unwrap_or(0));
    }
}

/// Frees the strings and the array.
pub fn free_params(params: virTypedParameterPtr, nparams: c_int) {
    clear_params(params, nparams);
    // SAFETY: NULL or from C's heap, as the API promises.
    unsafe { libc::free(params.cast()) }
}

/// Reads a value as C's `strtol` family does: blanks before, a sign, decimal digits up to the end.
fn parse(name: &str, kind: c_int, given: &str) -> Result<TypedValue> {
    let wrong = |wanted: &str| Error::invalid_arg(format!("'{given}' is no {wanted} for parameter '{name}'"));
    let trimmed = given.trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let number = || trimmed.parse::<i128>().ok();
    Ok(match kind {
        1 => TypedValue::Int(number().and_then(|n| n.try_into().ok()).ok_or_else(|| wrong("int"))?),
        // A negative number stands for the unsigned one with the same bits, as C has it.
        2 => TypedValue::UInt(
            number()
                .filter(|n| n.unsigned_abs() <= u128::from(u32::MAX))
                .map(|n| n as u32)
                .ok_or_else(|| wrong("unsigned int"))?,
        ),
        3 => TypedValue::LLong(number().and_then(|n| n.try_into().ok()).ok_or_else(|| wrong("long long"))?),
        4 => TypedValue::ULLong(
            number()
                .filter(|n| n.unsigned_abs() <= u128::from(u64::MAX))
                .map(|n| n as u64)
                .ok_or_else(|| wrong("unsigned long long"))?,
        ),
        5 => TypedValue::Double(double(trimmed).ok_or_else(|| wrong("double"))?),
        6 if given == "1" || given.eq_ignore_ascii_case("true") => TypedValue::Boolean(true),
        6 if given == "0" || given.eq_ignore_ascii_case("false") => TypedValue::Boolean(false),
        6 => return Err(wrong("boolean (true, false, 1 or 0)")),
        7 => TypedValue::String(given.to_owned()),
        other => {
            let detail =
                format!("parameter '{name}' can't have type {other}; there are 1 (int) to 7 (string)");
            return Err(Error::new(ErrorCode::Internal, detail));
        }
    })
}

/// Reads a floating point number as C does: hexadecimal ones, too, and none that is too large or too small.
fn double(text: &str) -> Option<f64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hexadecimal) => hexadecimal_double(hexadecimal)?,
        None if digits.starts_with(['+', '-']) => return None,
        None => digits.parse().ok()?,
    };
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    let is_lost = value == 0.0 && mantissa.contains(|c: char| matches!(c, '1'..='9'));
    if is_number && (value.is_infinite() || is_lost) {
        return None;
    }
    Some(if negative { -value } else { value })
}

/// What follows `0x`: digits, perhaps with a point, perhaps a power of two.
fn hexadecimal_double(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once(['p', 'P']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let power: i32 = power.parse().ok()?;
    let shift = power.checked_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?)?;
    // Each doubling is exact; how precise a power is depends on the machine. Beyond these bounds all is 0 or infinite.
    let factor = if shift < 0 { 0.5 } else { 2.0 };
    Some((0..shift.unsigned_abs().min(5000)).fold(value, |value, _| value * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_built_read_and_freed() {
        let (mut params, mut count, mut max) = (ptr::null_mut(), 0, 0);
        let array = growing_params(&mut params, &mut count, &mut max).unwrap();
        array.add(c"answer".as_ptr(), 42).unwrap();
        array.add_c_string(c"empty".as_ptr(), ptr::null()).unwrap();
        array.add_text(c"big".as_ptr(), 4, c" 18446744073709551615".as_ptr()).unwrap();
        let list = [c"a".as_ptr(), c"b".as_ptr(), ptr::null()];
        array.add_list(c"list".as_ptr(), list.as_ptr()).unwrap();
        assert_eq!(count, 5);
        let (mut answer, mut big) = (0, 0);
        assert!(get_param(params, count, c"answer".as_ptr(), &mut answer, &INT).unwrap());
        assert!(get_param(params, count, c"big".as_ptr(), &mut big, &ULLONG).unwrap());
        assert_eq!((answer, big), (42, u64::MAX));
        assert!(!get_param(params, count, c"ans".as_ptr(), ptr::null_mut(), &INT).unwrap());
        assert!(get_param(params, count, c"list".as_ptr(), ptr::null_mut(), &STRING).unwrap());
        let err = get_param(params, count, c"answer".as_ptr(), &mut big, &ULLONG).unwrap_err();
        assert_eq!(err.code(), ErrorCode::InvalidArg);
        free_params(params, count);
    }

    #[test]
    fn a_name_that_is_too_long_adds_nothing() {
        let (mut params, mut count, mut max) = (ptr::null_mut(), 0, 0);
        let array = growing_params(&mut params, &mut count, &mut max).unwrap();
        let name = std::ffi::CString::new("x".repeat(80)).unwrap();
        assert_eq!(array.add(name.as_ptr(), 1).unwrap_err().code(), ErrorCode::Internal);
        assert_eq!(count, 0);
        free_params(params, count);
    }

    #[test]
    fn values_are_read_as_c_reads_them() {
        let value = |kind, text| parse("p", kind, text);
        assert_eq!(value(2, "-1").unwrap(), TypedValue::UInt(u32::MAX));
        assert_eq!(value(2, "-4294967295").unwrap(), TypedValue::UInt(1));
        assert_eq!(value(1, "+7").unwrap(), TypedValue::Int(7));
        for (text, number) in [("0x1p3", 8.0), ("-0X1A", -26.0), ("0x.8", 0.5), (".5", 0.5), ("1e3", 1000.0)]
        {
            assert_eq!(value(5, text).unwrap(), TypedValue::Double(number));
        }
        for text in ["1e400", "1e-400", "0x", "+-1", "0x1p", "--1"] {
            assert_eq!(value(5, text).unwrap_err().code(), ErrorCode::InvalidArg, "{text}");
        }
        assert_eq!(value(6, "TRUE").unwrap(), TypedValue::Boolean(true));
        for (kind, text) in [(1, "2147483648"), (1, ""), (1, "1x"), (2, "4294967296"), (6, "yes"), (5, "one")]
        {
            assert_eq!(value(kind, text).unwrap_err().code(), ErrorCode::InvalidArg, "{kind} {text}");
        }
        assert_eq!(value(8, "1").unwrap_err().code(), ErrorCode::Internal);
    }
}
