//! Whole numbers, read as strictly as libvirt reads them: blanks in front are okay, anything behind is not.

/// A type that a number may be read into.
pub trait Number: TryFrom<i128> {}

impl Number for i32 {}
impl Number for u32 {}
impl Number for i64 {}
impl Number for u64 {}

/// A decimal number that fits the type.
pub fn parse<N: Number>(text: &str) -> Option<N> {
    let (number, rest) = leading(text)?;
    if rest.is_empty() { N::try_from(number).ok() } else { None }
}

/// A non-negative number in the base that its prefix says: 0x hexadecimal, 0 octal.
pub fn parse_any_base(text: &str) -> Option<u32> {
    let text = text.trim_start();
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// A number that stands in front, and what follows it.
pub fn leading(text: &str) -> Option<(i128, &str)> {
    let text = text.trim_start();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let magnitude: i128 = digits[..end].parse().ok()?;
    Some((if negative { -magnitude } else { magnitude }, &digits[end..]))
}

/// A number as libvirt reads many unsigned ones: a negative one is taken modulo the type's size, so that -1 is the largest.
pub fn wrapping(text: &str) -> Option<u64> {
    let (number, rest) = leading(text)?;
    if !rest.is_empty() || number < i64::MIN.into() || number > u64::MAX.into() {
        return None;
    }
    Some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_their_type_or_are_refused() {
        assert_eq!(parse::<i32>(" 42"), Some(42));
        assert_eq!(parse::<i32>("-1"), Some(-1));
        assert_eq!(parse::<u32>("-1"), None);
        assert_eq!(parse::<i32>("2147483648"), None);
        assert_eq!(parse::<i32>("42WB"), None);
        assert_eq!(parse::<u64>(""), None);
        assert_eq!(wrapping("-1"), Some(u64::MAX));
        assert_eq!(parse_any_base("0x1f"), Some(31));
    }
}
