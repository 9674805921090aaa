//! Sizes: read with a unit, and told in the unit that suits them.

use super::number::leading;
use ferrovirt::Error;

/// Reads `10`, `10k`, `10KiB`, `10KB`, ... into bytes; a bare number counts `unit`s. What is no number at all has no
/// error of the library's.
pub fn scale(text: &str, unit: u64, max: u64) -> Result<u64, Option<Error>> {
    let (number, suffix) = leading(text).ok_or(None)?;
    let number = u64::try_from(number).map_err(|_| None)?;
    let factor = factor(suffix.trim_start(), unit)
        .ok_or_else(|| Some(Error::invalid_arg(format!("unknown suffix '{}'", suffix.trim_start()))))?;
    match number.checked_mul(factor) {
        Some(size) if size <= max => Ok(size),
        _ => Err(Some(Error::new(
            ferrovirt::ErrorCode::Overflow,
            format!("value too large: {number}{suffix}"),
        ))),
    }
}

fn factor(suffix: &str, unit: u64) -> Option<u64> {
    if suffix.is_empty() {
        return Some(unit);
    }
    let lower = suffix.to_ascii_lowercase();
    if matches!(lower.as_str(), "b" | "byte" | "bytes") {
        return Some(1);
    }
    let mut letters = lower.chars();
    let power = "kmgtpe".find(letters.next()?)? as u32 + 1;
    match letters.as_str() {
        "" | "ib" => Some(1024u64.pow(power)),
        "b" => Some(1000u64.pow(power)),
        _ => None,
    }
}

/// The number in the largest unit that leaves at least one, and that unit.
pub fn pretty(bytes: u64) -> (f64, &'static str) {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    (value, UNITS[unit])
}

/// Such as `1.50 GiB`.
pub fn pretty_text(bytes: u64) -> String {
    let (value, unit) = pretty(bytes);
    format!("{value:.2} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(scale("42", 1024, u64::MAX).unwrap(), 42 * 1024);
        assert_eq!(scale("42MB", 1024, u64::MAX).unwrap(), 42_000_000);
        assert_eq!(scale("1 GiB", 1, u64::MAX).unwrap(), 1 << 30);
        assert_eq!(scale("1k", 1, u64::MAX).unwrap(), 1024);
        assert!(scale("abc", 1, u64::MAX).unwrap_err().is_none());
        assert!(scale("42WB", 1, u64::MAX).unwrap_err().is_some());
        assert!(scale("17EiB", 1, u64::MAX).is_err());
        assert_eq!(pretty_text(1536), "1.50 KiB");
    }
}
