//! The rules for arguments that libvirt's public functions check before any driver is asked.

use ferrovirt_core::{Error, Result};

/// `exclusive!(flags, A, B)`: refuses flags that hold both A and B.
macro_rules! exclusive {
    ($flags:expr, $one:ident, $other:ident) => {
        $crate::flags::check_exclusive(
            $flags,
            (ferrovirt_core::abi::$one, stringify!($one)),
            (ferrovirt_core::abi::$other, stringify!($other)),
        )
    };
}

/// `requires!(flags, A, B)`: refuses flags that hold A without B.
macro_rules! requires {
    ($flags:expr, $one:ident, $needed:ident) => {
        $crate::flags::check_requires(
            $flags,
            (ferrovirt_core::abi::$one, stringify!($one)),
            (ferrovirt_core::abi::$needed, stringify!($needed)),
        )
    };
}

pub(crate) use {exclusive, requires};

/// A flag and its C name.
type Flag = (u32, &'static str);

pub(crate) fn check_exclusive(flags: u32, one: Flag, other: Flag) -> Result<()> {
    if flags & one.0 != 0 && flags & other.0 != 0 {
        return Err(Error::invalid_arg(format!("flags {} and {} exclude each other", one.1, other.1)));
    }
    Ok(())
}

pub(crate) fn check_requires(flags: u32, one: Flag, needed: Flag) -> Result<()> {
    if flags & one.0 != 0 && flags & needed.0 == 0 {
        return Err(Error::invalid_arg(format!("flag {} needs flag {} too", one.1, needed.1)));
    }
    Ok(())
}

/// For calls that look at one state only: `VIR_DOMAIN_AFFECT_LIVE` and `VIR_DOMAIN_AFFECT_CONFIG` not both.
pub(crate) fn one_state(flags: u32) -> Result<()> {
    exclusive!(flags, VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_AFFECT_CONFIG)
}

/// Refuses 0, and below 0 for signed numbers.
pub(crate) fn positive<N: PartialOrd + Default + std::fmt::Display>(number: N, name: &str) -> Result<()> {
    if number > N::default() {
        return Ok(());
    }
    Err(Error::invalid_arg(format!("{name} must be greater than 0, it is {number}")))
}

/// Refuses 0.
pub fn not_zero<N: PartialEq + Default>(number: N, name: &str) -> Result<()> {
    if number != N::default() { Ok(()) } else { Err(Error::invalid_arg(format!("{name} must not be 0"))) }
}

/// Refuses numbers below 0.
pub fn not_negative(number: i32, name: &str) -> Result<()> {
    if number >= 0 {
        return Ok(());
    }
    Err(Error::invalid_arg(format!("{name} must not be negative, it is {number}")))
}

/// Refuses an empty string.
pub fn not_empty(text: &str, name: &str) -> Result<()> {
    if text.is_empty() { Err(Error::invalid_arg(format!("{name} must not be empty"))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;

    #[test]
    fn live_and_config_together_are_refused_for_one_state() {
        assert_eq!(one_state(3).unwrap_err().code(), ErrorCode::InvalidArg);
        assert!([0, 1, 2].into_iter().all(|flags| one_state(flags).is_ok()));
    }

    #[test]
    fn a_flag_that_needs_another_is_refused_alone() {
        let check = |flags| requires!(flags, VIR_DOMAIN_VCPU_MAXIMUM, VIR_DOMAIN_AFFECT_CONFIG);
        assert_eq!(check(4).unwrap_err().code(), ErrorCode::InvalidArg);
        assert!(check(6).is_ok());
        assert!(check(0).is_ok());
    }
}
