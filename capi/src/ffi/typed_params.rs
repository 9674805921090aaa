//! Typed parameters between C arrays and [`TypedParams`], with libvirt's conventions for who allocates what.
//!
//! - in: [`params`] and [`opt_params`];
//! - out, into the caller's array, 0 places asking for the count: [`params_room`];
//! - out, in an array of ours that the caller frees with `virTypedParamsFree`: [`params_out`].

use super::args::{Out, bounded, out};
use super::returns::malloc_string;
use super::strings::copy_into;
use ferrovirt::{Error, Result, TypedParams, TypedValue};
use ferrovirt_core::abi::{VIR_TYPED_PARAM_FIELD_LENGTH, virTypedParameter, virTypedParameterPtr};
use std::ffi::{CStr, c_char, c_int};
use std::ptr;

/// Parameters that must be there, at least one.
pub fn params(params: virTypedParameterPtr, nparams: c_int) -> Result<TypedParams> {
    if params.is_null() {
        return Err(Error::invalid_arg("params must not be NULL"));
    }
    if nparams <= 0 {
        return Err(Error::invalid_arg(format!("nparams must be greater than zero, but is {nparams}")));
    }
    opt_params(params, nparams)
}

/// Parameters that may be none: `params` may be NULL where `nparams` is 0.
pub fn opt_params(params: virTypedParameterPtr, nparams: c_int) -> Result<TypedParams> {
    array(params, nparams)?.iter().map(read).collect()
}

/// Parameters that a driver may not look at: without an array there are none, whatever `nparams` says.
pub fn any_params(params: virTypedParameterPtr, nparams: c_int) -> Result<TypedParams> {
    if params.is_null() { Ok(TypedParams::new()) } else { opt_params(params, nparams.max(0)) }
}

/// The C array as a slice.
pub(super) fn array<'a>(params: virTypedParameterPtr, nparams: c_int) -> Result<&'a [virTypedParameter]> {
    let count = usize::try_from(nparams)
        .map_err(|_| Error::invalid_arg(format!("nparams must not be negative, but is {nparams}")))?;
    bounded(count, "params")?;
    match (count, params.is_null()) {
        (0, _) => Ok(&[]),
        (_, true) => Err(Error::invalid_arg(format!("params must not be NULL for {count} parameters"))),
        // SAFETY: not NULL, and the API promises `nparams` initialised parameters that stay for the call.
        (_, false) => Ok(unsafe { std::slice::from_raw_parts(params, count) }),
    }
}

/// The name of a parameter, without looking beyond its field.
pub(super) fn field_name(param: &virTypedParameter) -> Result<&str> {
    let raw = param.field.map(|byte| byte as u8);
    let length = raw.iter().position(|byte| *byte == 0).ok_or_else(|| {
        let start = String::from_utf8_lossy(&raw[..TypedParams::FIELD_MAX]).into_owned();
        Error::invalid_arg(format!("the parameter name '{start}...' has no end within its field"))
    })?;
    // SAFETY: the field's own bytes, up to its NUL; C's `char` and `u8` have one size.
    let name = unsafe { std::slice::from_raw_parts(param.field.as_ptr().cast::<u8>(), length) };
    std::str::from_utf8(name).map_err(|_| Error::invalid_arg("a parameter name must be UTF-8 text"))
}

fn read(param: &virTypedParameter) -> Result<(String, TypedValue)> {
    let name = field_name(param)?;
    let value = param.value;
    // SAFETY: `type` says which member was written; all members are plain, and a string is NULL or NUL-terminated.
    let value = unsafe {
        match param.r#type {
            1 => TypedValue::Int(value.i),
            2 => TypedValue::UInt(value.ui),
            3 => TypedValue::LLong(value.l),
            4 => TypedValue::ULLong(value.ul),
            5 => TypedValue::Double(value.d),
            6 => TypedValue::Boolean(value.b != 0),
            7 if value.s.is_null() => {
                return Err(Error::invalid_arg(format!("the string of parameter '{name}' must not be NULL")));
            }
            7 => match CStr::from_ptr(value.s).to_str() {
                Ok(text) => TypedValue::String(text.to_owned()),
                Err(_) => {
                    let detail = format!("the string of parameter '{name}' must be UTF-8 text");
                    return Err(Error::invalid_arg(detail));
                }
            },
            other => {
                return Err(Error::invalid_arg(format!(
                    "parameter '{name}' has type {other}; there are 1 (int) to 7 (string)"
                )));
            }
        }
    };
    Ok((name.to_owned(), value))
}

/// Refuses a name that C's field has no room for.
pub(super) fn check_name(name: &str) -> Result<()> {
    let most = TypedParams::FIELD_MAX;
    if name.len() <= most {
        return Ok(());
    }
    Err(Error::internal(format!("the parameter name '{name}' is longer than {most} bytes")))
}

/// One parameter in C's form; its string, if it is one, is in C's heap.
pub(super) fn write(name: &str, value: &TypedValue) -> Result<virTypedParameter> {
    check_name(name)?;
    let mut param = virTypedParameter { r#type: value.kind(), ..virTypedParameter::default() };
    copy_into(&mut param.field, name);
    match value {
        TypedValue::Int(value) => param.value.i = *value,
        TypedValue::UInt(value) => param.value.ui = *value,
        TypedValue::LLong(value) => param.value.l = *value,
        TypedValue::ULLong(value) => param.value.ul = *value,
        TypedValue::Double(value) => param.value.d = *value,
        TypedValue::Boolean(value) => param.value.b = (*value).into(),
        TypedValue::String(value) => param.value.s = malloc_string(value),
    }
    Ok(param)
}

/// The caller's array, or its question how big that must be.
pub struct ParamsRoom {
    start: virTypedParameterPtr,
    places: usize,
    count: Out<c_int>,
}

/// Checks an array to be filled; `*nparams` is its size, 0 asks for the count (`params` may be NULL then).
pub fn params_room(params: virTypedParameterPtr, nparams: *mut c_int) -> Result<ParamsRoom> {
    let count = out(nparams, "nparams")?;
    // SAFETY: not NULL (checked above), and the API has the caller set it.
    let given = unsafe { nparams.read() };
    let places = usize::try_from(given)
        .map_err(|_| Error::invalid_arg(format!("*nparams must not be negative, but is {given}")))?;
    if params.is_null() && places > 0 {
        return Err(Error::invalid_arg(format!("params must not be NULL for {places} parameters")));
    }
    Ok(ParamsRoom { start: params, places, count })
}

/// The same for calls that do not answer how many there are (`virDomainGetSchedulerParameters`).
pub fn params_room_required(params: virTypedParameterPtr, nparams: *mut c_int) -> Result<ParamsRoom> {
    if params.is_null() {
        return Err(Error::invalid_arg("params must not be NULL"));
    }
    let room = params_room(params, nparams)?;
    if room.places == 0 {
        return Err(Error::invalid_arg("*nparams must be greater than zero"));
    }
    Ok(room)
}

impl ParamsRoom {
    /// Whether the caller only asks how many there are.
    pub fn wants_count(&self) -> bool {
        self.places == 0
    }

    /// Writes what there is room for and sets `*nparams` to how many that are; or answers the question.
    pub fn fill(&self, values: &TypedParams) -> Result<()> {
        let written = if self.places == 0 {
            values.len()
        } else {
            write_all(self.start, values.iter().take(self.places))?
        };
        self.count.set(c_int::try_from(written).expect("a list of parameters fits a C int"));
        Ok(())
    }
}

/// Writes parameters one after the other; how many comes back. Nothing stays allocated on failure.
fn write_all<'a>(
    start: virTypedParameterPtr,
    values: impl Iterator<Item = (&'a str, &'a TypedValue)>,
) -> Result<usize> {
    let mut written = 0;
    for (name, value) in values {
        match write(name, value) {
            Ok(param) => {
                // SAFETY: callers pass room for as many parameters as `values` has.
                unsafe { start.add(written).write(param) };
                written += 1;
            }
            Err(err) => {
                clear(start, written);
                return Err(err);
            }
        }
    }
    Ok(written)
}

/// A grid of the caller's: `rows` rows of `width` parameters, as `virDomainGetCPUStats` takes it.
/// A row that has fewer values leaves the rest of its places empty (type 0), or as they were where the caller says
/// more places than can be.
pub fn fill_grid(
    start: virTypedParameterPtr,
    width: usize,
    rows: &[TypedParams],
    believable: bool,
) -> Result<()> {
    for (index, row) in rows.iter().enumerate() {
        // SAFETY: the API promises `rows * width` places.
        let row_start = unsafe { start.add(index * width) };
        let filled = match write_all(row_start, row.iter().take(width)) {
            Ok(filled) => filled,
            Err(err) => {
                clear(start, index * width);
                return Err(err);
            }
        };
        let end = if believable { width } else { filled };
        for rest in filled..end {
            // SAFETY: `rest` is below `width`.
            unsafe { row_start.add(rest).write(virTypedParameter::default()) };
        }
    }
    Ok(())
}

/// Where an array of ours goes: the pointer and the count.
pub struct ParamsOut {
    array: Out<virTypedParameterPtr>,
    count: Out<c_int>,
}

/// Checks the places for an array that the caller will free with `virTypedParamsFree`.
pub fn params_out(params: *mut virTypedParameterPtr, nparams: *mut c_int) -> Result<ParamsOut> {
    Ok(ParamsOut { array: out(params, "params")?, count: out(nparams, "nparams")? })
}

/// Looks at the place for the number of parameters alone, which must hold none that is negative.
pub fn params_wanted(nparams: *mut c_int) -> Result<()> {
    out(nparams, "nparams")?;
    // SAFETY: not NULL (checked above), and the API has the caller set it.
    let given = unsafe { nparams.read() };
    if given < 0 {
        return Err(Error::invalid_arg(format!("*nparams must not be negative, but is {given}")));
    }
    Ok(())
}

impl ParamsOut {
    pub fn set(&self, values: &TypedParams) -> Result<()> {
        let (array, count) = HeapParams::new(values)?.into_raw();
        self.array.set(array);
        self.count.set(count);
        Ok(())
    }
}

/// A C array of parameters that is freed when dropped; what callbacks are shown, and what results are made from.
pub struct HeapParams {
    start: virTypedParameterPtr,
    count: usize,
}

impl HeapParams {
    pub fn new(values: &TypedParams) -> Result<Self> {
        if values.is_empty() {
            return Ok(Self { start: ptr::null_mut(), count: 0 });
        }
        // SAFETY: `calloc` returns NULL or zeroed room for that many parameters.
        let start = unsafe { libc::calloc(values.len(), size_of::<virTypedParameter>()) };
        let start = start.cast::<virTypedParameter>();
        assert!(!start.is_null(), "out of memory for {} parameters", values.len());
        // From here on it is freed whatever happens.
        let mut params = Self { start, count: 0 };
        params.count = write_all(start, values.iter())?;
        Ok(params)
    }

    /// The array and its length, still ours.
    pub fn parts(&self) -> (virTypedParameterPtr, c_int) {
        (self.start, c_int::try_from(self.count).expect("a list of parameters fits a C int"))
    }

    /// Leaves the array to the caller.
    pub fn into_raw(self) -> (virTypedParameterPtr, c_int) {
        let parts = self.parts();
        std::mem::forget(self);
        parts
    }
}

impl Drop for HeapParams {
    fn drop(&mut self) {
        clear(self.start, self.count);
        // SAFETY: NULL or from `calloc`, freed once.
        unsafe { libc::free(self.start.cast()) }
    }
}

/// Frees the strings of `count` parameters, and forgets them.
pub(super) fn clear(start: virTypedParameterPtr, count: usize) {
    for index in 0..count {
        // SAFETY: callers pass `count` initialised parameters; a string is NULL or in C's heap and forgotten here.
        unsafe {
            let param = &mut *start.add(index);
            if param.r#type == 7 {
                libc::free(param.value.s.cast());
                param.value.s = ptr::null_mut();
            }
        }
    }
}

const _: () = assert!(TypedParams::FIELD_MAX + 1 == VIR_TYPED_PARAM_FIELD_LENGTH);

/// Room for one parameter more at the end of a C array that grows in C's heap; `*max` counts its places.
pub(super) fn grow(params: &mut virTypedParameterPtr, count: usize, max: &mut c_int) {
    let places = usize::try_from(*max).unwrap_or(0);
    if count < places {
        return;
    }
    let wanted = (count + 1).max(places + places / 2);
    // SAFETY: `*params` is NULL or from C's heap, as the API promises; a failed `realloc` leaves it alone.
    let grown = unsafe { libc::realloc((*params).cast(), wanted * size_of::<virTypedParameter>()) };
    let grown = grown.cast::<virTypedParameter>();
    assert!(!grown.is_null(), "out of memory for {wanted} parameters");
    for index in places.min(count)..wanted {
        // SAFETY: `index` is below the `wanted` places there now are.
        unsafe { grown.add(index).write(virTypedParameter::default()) };
    }
    *params = grown;
    *max = c_int::try_from(wanted).expect("a list of parameters fits a C int");
}

/// A `char` field as C's functions compare it.
pub(super) fn field_is(param: &virTypedParameter, name: &CStr) -> bool {
    let field: &[c_char; VIR_TYPED_PARAM_FIELD_LENGTH] = &param.field;
    let name = name.to_bytes_with_nul();
    name.len() <= field.len() && field.iter().zip(name).all(|(a, b)| *a as u8 == *b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> TypedParams {
        let mut values = TypedParams::new();
        values.add("int", -1);
        values.add("uint", 2u32);
        values.add("llong", -3i64);
        values.add("ullong", 4u64);
        values.add("double", 0.5);
        values.add("boolean", true);
        values.add("string", "text");
        values
    }

    #[test]
    fn every_type_goes_to_c_and_comes_back() {
        let heap = HeapParams::new(&sample()).unwrap();
        let (start, count) = heap.parts();
        assert_eq!(count, 7);
        assert_eq!(params(start, count).unwrap(), sample());
    }

    #[test]
    fn a_count_of_zero_asks_for_the_count() {
        let mut count = 0;
        params_room(ptr::null_mut(), &mut count).unwrap().fill(&sample()).unwrap();
        assert_eq!(count, 7);
        count = 3;
        let mut array = [virTypedParameter::default(); 4];
        params_room(array.as_mut_ptr(), &mut count).unwrap().fill(&sample()).unwrap();
        assert_eq!(count, 3);
        assert_eq!(field_name(&array[2]).unwrap(), "llong");
        assert_eq!(array[3].r#type, 0);
        assert!(params_room(ptr::null_mut(), &mut count).is_err());
        count = -1;
        assert!(params_room(array.as_mut_ptr(), &mut count).is_err());
        count = 0;
        assert!(params_room_required(array.as_mut_ptr(), &mut count).is_err());
    }

    #[test]
    fn a_name_without_an_end_and_an_unknown_type_are_refused() {
        let mut param = virTypedParameter { r#type: 1, ..virTypedParameter::default() };
        param.field.fill(b'x' as c_char);
        assert!(params(&mut param, 1).is_err());
        param.field[1] = 0;
        assert!(params(&mut param, 1).is_ok());
        param.r#type = 8;
        assert!(params(&mut param, 1).is_err());
        param.r#type = 7;
        assert!(params(&mut param, 1).is_err(), "a NULL string");
        assert!(params(&mut param, 0).is_err());
        assert!(opt_params(ptr::null_mut(), 0).unwrap().is_empty());
    }

    #[test]
    fn a_grid_leaves_missing_values_empty() {
        let mut grid = [virTypedParameter::default(); 4];
        grid[3].r#type = 5;
        let mut short = TypedParams::new();
        short.add("cpu_time", 1u64);
        fill_grid(grid.as_mut_ptr(), 2, &[short.clone(), short], true).unwrap();
        assert_eq!(grid.map(|param| param.r#type), [4, 0, 4, 0]);
    }

    #[test]
    fn an_array_grows_in_place_and_keeps_its_values() {
        let (mut start, mut max) = (ptr::null_mut(), 0);
        for index in 0..5usize {
            grow(&mut start, index, &mut max);
            // SAFETY: `grow` made room for one more than `index`.
            unsafe { start.add(index).write(write(&index.to_string(), &TypedValue::from("s")).unwrap()) };
        }
        assert!(max >= 5);
        let values = params(start, 5).unwrap();
        assert_eq!(values.get_string("4").unwrap(), Some("s"));
        drop(HeapParams { start, count: 5 });
    }
}
