//! Typed parameters on the wire, and libvirt's rule for who is sent strings among them.

use crate::xdr::{Decoder, Encoder, Xdr, wire_error};
use ferrovirt_core::abi::VIR_TYPED_PARAM_STRING_OKAY;
use ferrovirt_core::{ParamName, Result, TypedParams, TypedValue};
use std::ops::Deref;

/// The flag by which a caller says that it knows parameters that are strings.
pub const STRING_OKAY: u32 = VIR_TYPED_PARAM_STRING_OKAY;

/// At most `MAX` typed parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Params<const MAX: usize>(pub TypedParams);

impl<const MAX: usize> Params<MAX> {
    /// What a caller who gave `flags` is answered: without strings, unless it said that it knows them.
    pub fn for_caller(params: TypedParams, flags: u32) -> Self {
        if flags & STRING_OKAY != 0 {
            return Self(params);
        }
        Self(params.into_iter().filter(|(_, value)| !matches!(value, TypedValue::String(_))).collect())
    }
}

impl<const MAX: usize> Deref for Params<MAX> {
    type Target = TypedParams;
    fn deref(&self) -> &TypedParams {
        &self.0
    }
}

impl<const MAX: usize> From<TypedParams> for Params<MAX> {
    fn from(params: TypedParams) -> Self {
        Self(params)
    }
}

impl<const MAX: usize> From<&TypedParams> for Params<MAX> {
    fn from(params: &TypedParams) -> Self {
        Self(params.clone())
    }
}

/// Length of the name, type, and a value of four bytes.
const PARAM_MIN_SIZE: usize = 12;

impl<const MAX: usize> Xdr for Params<MAX> {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_length(self.0.len(), MAX, "a list of parameters")?;
        for (name, value) in self.0.iter() {
            out.put_string(check_name(name)?)?;
            out.put_u32(value.kind() as u32);
            encode_value(value, out)?;
        }
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        let length = input.take_length(MAX, PARAM_MIN_SIZE, "a list of parameters")?;
        let mut params = TypedParams::with_capacity(length);
        for _ in 0..length {
            let (name, value) = decode_param(input)?;
            params.add(name, value);
        }
        Ok(Self(params))
    }
}

fn check_name(name: &str) -> Result<&str> {
    if name.len() > TypedParams::FIELD_MAX {
        let (length, max) = (name.len(), TypedParams::FIELD_MAX);
        return Err(wire_error(format!("a parameter's name has {length} bytes, {max} are the most")));
    }
    Ok(name)
}

fn encode_value(value: &TypedValue, out: &mut Encoder) -> Result<()> {
    match value {
        TypedValue::Int(value) => value.encode(out),
        TypedValue::UInt(value) => value.encode(out),
        TypedValue::LLong(value) => value.encode(out),
        TypedValue::ULLong(value) => value.encode(out),
        TypedValue::Double(value) => value.encode(out),
        TypedValue::Boolean(value) => i32::from(*value).encode(out),
        TypedValue::String(value) => value.encode(out),
    }
}

fn decode_param(input: &mut Decoder<'_>) -> Result<(ParamName, TypedValue)> {
    let name = ParamName::from(check_name(&input.take_text()?)?);
    let value = match input.take_u32()? {
        1 => TypedValue::Int(Xdr::decode(input)?),
        2 => TypedValue::UInt(Xdr::decode(input)?),
        3 => TypedValue::LLong(Xdr::decode(input)?),
        4 => TypedValue::ULLong(Xdr::decode(input)?),
        5 => TypedValue::Double(Xdr::decode(input)?),
        6 => TypedValue::Boolean(input.take_u32()? != 0),
        7 => TypedValue::String(Xdr::decode(input)?),
        other => {
            return Err(wire_error(format!("parameter '{name}' has type {other}, which does not exist")));
        }
    };
    Ok((name, value))
}

#[cfg(any(test, feature = "samples"))]
impl<const MAX: usize> crate::xdr::sample::Sample for Params<MAX> {
    fn sample(from: &mut crate::xdr::sample::Source) -> Self {
        use crate::xdr::sample::Sample;
        let value = |from: &mut _| match Sample::sample(from) {
            kind @ 0u64.. if kind % 7 == 0 => TypedValue::Int(Sample::sample(from)),
            kind if kind % 7 == 1 => TypedValue::UInt(Sample::sample(from)),
            kind if kind % 7 == 2 => TypedValue::LLong(Sample::sample(from)),
            kind if kind % 7 == 3 => TypedValue::ULLong(Sample::sample(from)),
            kind if kind % 7 == 4 => TypedValue::Double(Sample::sample(from)),
            kind if kind % 7 == 5 => TypedValue::Boolean(u64::sample(from) % 2 == 0),
            _ => TypedValue::String(Sample::sample(from)),
        };
        let name = |from: &mut _| String::sample(from).chars().take(16).collect::<String>();
        let params: TypedParams = (0..from.below(5)).map(|_| (name(from), value(from))).collect();
        Self(params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_reach_only_those_who_know_them() {
        let mut params = TypedParams::new();
        params.add("weight", 5u32);
        params.add("device_weight", "/dev/sda,5");
        assert_eq!(Params::<16>::for_caller(params.clone(), 0).len(), 1);
        assert_eq!(Params::<16>::for_caller(params, STRING_OKAY).len(), 2);
    }

    #[test]
    fn long_names_and_unknown_types_are_refused() {
        let mut params = TypedParams::new();
        params.add("x".repeat(80), 5u32);
        assert!(Params::<16>(params).encode(&mut Encoder::new()).is_err());
        let unknown = [0, 0, 0, 1, 0, 0, 0, 1, b'a', 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0];
        assert!(Params::<16>::decode(&mut Decoder::strict(&unknown)).is_err());
        let mut known = unknown;
        known[15] = 6;
        let params = Params::<16>::decode(&mut Decoder::strict(&known)).unwrap();
        assert_eq!(params.get("a"), Some(&TypedValue::Boolean(false)));
    }
}
