//! Typed parameters: the named, typed values in which libvirt passes tunables and statistics.

use crate::{Error, ErrorCode, ErrorDomain, Result};
use compact_str::CompactString;

/// Makes a [`ParamName`] as `format!` makes a string.
pub use compact_str::format_compact;

/// A value of one of libvirt's seven parameter types.
#[derive(Debug, Clone, PartialEq)]
pub enum TypedValue {
    Int(i32),
    UInt(u32),
    LLong(i64),
    ULLong(u64),
    Double(f64),
    Boolean(bool),
    String(String),
}

impl TypedValue {
    /// The number libvirt gives to this type (`virTypedParameterType`).
    pub fn kind(&self) -> i32 {
        match self {
            Self::Int(_) => 1,
            Self::UInt(_) => 2,
            Self::LLong(_) => 3,
            Self::ULLong(_) => 4,
            Self::Double(_) => 5,
            Self::Boolean(_) => 6,
            Self::String(_) => 7,
        }
    }

    /// What messages call this type.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "int",
            Self::UInt(_) => "uint",
            Self::LLong(_) => "llong",
            Self::ULLong(_) => "ullong",
            Self::Double(_) => "double",
            Self::Boolean(_) => "boolean",
            Self::String(_) => "string",
        }
    }
}

macro_rules! from_plain {
    ($($plain:ty => $variant:ident),*) => {$(
        impl From<$plain> for TypedValue {
            fn from(value: $plain) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}
from_plain!(i32 => Int, u32 => UInt, i64 => LLong, u64 => ULLong, f64 => Double, bool => Boolean, String => String);

impl From<&str> for TypedValue {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

/// A parameter's name: nearly all are short enough to need no memory of their own, and statistics have very many.
pub type ParamName = CompactString;

/// A list of named values; names may repeat, and their order is kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TypedParams(Vec<(ParamName, TypedValue)>);

impl TypedParams {
    /// A field name is at most this long, the final NUL not counted.
    pub const FIELD_MAX: usize = 79;

    pub fn new() -> Self {
        Self::default()
    }

    /// With room for so many.
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Appends a value. Names come from tables of ours or were checked on entry.
    pub fn add(&mut self, name: impl Into<ParamName>, value: impl Into<TypedValue>) {
        self.0.push((name.into(), value.into()));
    }

    /// Puts the value in place of the first one under this name, or appends it.
    pub fn set(&mut self, name: &str, value: impl Into<TypedValue>) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value.into(),
            None => self.add(name, value),
        }
    }

    /// The first value under this name.
    pub fn get(&self, name: &str) -> Option<&TypedValue> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &TypedValue)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The unsigned number under `name`; a value of another type is refused.
    pub fn get_ullong(&self, name: &str) -> Result<Option<u64>> {
        match self.get(name) {
            None => Ok(None),
            Some(TypedValue::ULLong(value)) => Ok(Some(*value)),
            Some(other) => Err(wrong_type(name, "ullong", other)),
        }
    }

    /// The string under `name`; a value of another type is refused.
    pub fn get_string(&self, name: &str) -> Result<Option<&str>> {
        match self.get(name) {
            None => Ok(None),
            Some(TypedValue::String(value)) => Ok(Some(value)),
            Some(other) => Err(wrong_type(name, "string", other)),
        }
    }

    /// Refuses names that are not in `known`, and values whose type is not the one given there.
    /// A name may occur more than once only where the table says so.
    pub fn check(&self, known: &[KnownParam]) -> Result<()> {
        // As libvirt does, it speaks for no driver in particular.
        self.check_against(known).map_err(|err| err.domain(ErrorDomain::None))
    }

    fn check_against(&self, known: &[KnownParam]) -> Result<()> {
        for (index, (name, value)) in self.iter().enumerate() {
            let row = known.iter().find(|row| row.name == name).ok_or_else(|| {
                let names: Vec<_> = known.iter().map(|row| row.name).collect();
                Error::new(
                    ErrorCode::ArgumentUnsupported,
                    format!("parameter '{name}' is not known here; known are: {}", names.join(", ")),
                )
                .domain(ErrorDomain::None)
            })?;
            if row.kind != value.kind() {
                return Err(Error::invalid_arg(format!(
                    "parameter '{name}' has type {}, which is not the one it must have",
                    value.kind_name()
                ))
                .domain(ErrorDomain::None));
            }
            if !row.multiple && self.iter().take(index).any(|(n, _)| n == name) {
                let detail = format!("parameter '{name}' is given more than once");
                return Err(Error::invalid_arg(detail).domain(ErrorDomain::None));
            }
        }
        Ok(())
    }
}

/// One row of the table of parameters that a call takes.
#[derive(Debug, Clone, Copy)]
pub struct KnownParam {
    pub name: &'static str,
    /// `virTypedParameterType`.
    pub kind: i32,
    pub multiple: bool,
}

fn wrong_type(name: &str, wanted: &str, found: &TypedValue) -> Error {
    let detail = format!("parameter '{name}' must be of type {wanted}, not {}", found.kind_name());
    Error::invalid_arg(detail).domain(ErrorDomain::None)
}

impl<N: Into<ParamName>> FromIterator<(N, TypedValue)> for TypedParams {
    fn from_iter<I: IntoIterator<Item = (N, TypedValue)>>(values: I) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl Extend<(ParamName, TypedValue)> for TypedParams {
    fn extend<I: IntoIterator<Item = (ParamName, TypedValue)>>(&mut self, values: I) {
        self.0.extend(values);
    }
}

impl IntoIterator for TypedParams {
    type Item = (ParamName, TypedValue);
    type IntoIter = std::vec::IntoIter<(ParamName, TypedValue)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
