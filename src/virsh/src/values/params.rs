//! Typed parameters: shown, and made of what people type.

use crate::output::Cell;
use ferrovirt::{TypedParams, TypedValue};

/// A value as it is shown.
pub fn text(value: &TypedValue) -> String {
    match value {
        TypedValue::Int(value) => value.to_string(),
        TypedValue::UInt(value) => value.to_string(),
        TypedValue::LLong(value) => value.to_string(),
        TypedValue::ULLong(value) => value.to_string(),
        TypedValue::Double(value) => format!("{value:.6}"),
        TypedValue::Boolean(value) => if *value { "yes" } else { "no" }.to_owned(),
        TypedValue::String(value) => value.clone(),
    }
}

/// The same for output that has types.
pub fn cell(value: &TypedValue) -> Cell {
    let json = match value {
        TypedValue::Int(value) => (*value).into(),
        TypedValue::UInt(value) => (*value).into(),
        TypedValue::LLong(value) => (*value).into(),
        TypedValue::ULLong(value) => (*value).into(),
        TypedValue::Double(value) => (*value).into(),
        TypedValue::Boolean(value) => (*value).into(),
        TypedValue::String(value) => value.as_str().into(),
    };
    Cell { text: text(value), json }
}

/// Reads `typed` as a value of the same type as `like`.
pub fn parse_like(typed: &str, like: &TypedValue) -> Option<TypedValue> {
    Some(match like {
        TypedValue::Int(_) => TypedValue::Int(super::number::parse(typed)?),
        TypedValue::UInt(_) => TypedValue::UInt(super::number::parse(typed)?),
        TypedValue::LLong(_) => TypedValue::LLong(super::number::parse(typed)?),
        TypedValue::ULLong(_) => TypedValue::ULLong(super::number::parse(typed)?),
        TypedValue::Double(_) => TypedValue::Double(typed.trim().parse().ok()?),
        TypedValue::Boolean(_) => TypedValue::Boolean(super::number::parse::<i32>(typed)? != 0),
        TypedValue::String(_) => TypedValue::String(typed.to_owned()),
    })
}

/// An unsigned number among parameters, whatever its exact type.
pub fn number(params: &TypedParams, name: &str) -> Option<u64> {
    match params.get(name)? {
        TypedValue::Int(value) => u64::try_from(*value).ok(),
        TypedValue::UInt(value) => Some((*value).into()),
        TypedValue::LLong(value) => u64::try_from(*value).ok(),
        TypedValue::ULLong(value) => Some(*value),
        _ => None,
    }
}

/// A text among parameters.
pub fn string<'a>(params: &'a TypedParams, name: &str) -> Option<&'a str> {
    match params.get(name)? {
        TypedValue::String(value) => Some(value),
        _ => None,
    }
}
