//! Filters: a level of its own for the categories that a pattern matches.

use crate::level::{Level, before_colon};
use ferrovirt_core::{Error, ErrorCode, Result};
use std::{fmt, str::FromStr};

/// `LEVEL:PATTERN`: what is in a matching category is logged from that level on, whatever the general level says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub level: Level,
    /// Matches anywhere in the category; `*` and `?` stand for any text and any character.
    pub pattern: String,
}

impl Filter {
    pub fn matches(&self, category: &str) -> bool {
        // A pattern matches anywhere: as if it began and ended with `*`.
        let (pattern, category) = (format!("*{}*", self.pattern), category.as_bytes());
        matches(pattern.as_bytes(), category)
    }
}

/// Iterative: one place to go back to is enough, as a later `*` makes the earlier ones settled.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut begin) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while begin < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, begin));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || *wanted == text[begin] => {
                at += 1;
                begin += 1;
            }
            _ => {
                let Some((after_star, from)) = retry else { return false };
                retry = Some((after_star, from + 1));
                at = after_star;
                begin = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == b'*')
}

impl FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (level, rest) = before_colon(text, "filter")?;
        let pattern = rest.split(':').next().unwrap_or_default();
        // `+` once asked for a stack trace with each message; configurations still have it.
        let pattern = pattern.strip_prefix('+').unwrap_or(pattern);
        if pattern.is_empty() {
            let detail = format!("log filter '{text}' names no category");
            return Err(Error::new(ErrorCode::InvalidArg, detail));
        }
        Ok(Self { level, pattern: pattern.to_owned() })
    }
}

/// As libvirt's administration interface tells it: the stars are said.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:*{}*", self.level, self.pattern)
    }
}

/// Filters with spaces between them; the first that matches counts.
pub fn parse_filters(text: &str) -> Result<Vec<Filter>> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> Filter {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_matches_anywhere_in_the_category() {
        assert!(filter("1:qemu").matches("qemu.monitor") && filter("1:monitor").matches("qemu.monitor"));
        assert!(filter("1:q*.mon?tor").matches("qemu.monitor"));
        assert!(filter("1:a*b*c").matches("xaabbbcx"));
        assert!(!filter("1:qemu.start").matches("qemu.monitor") && !filter("1:a?b").matches("ab"));
    }

    #[test]
    fn filters_are_told_with_stars() {
        let filters = parse_filters(" 1:qemu  3:+rpc ").unwrap();
        assert_eq!(filters.iter().map(Filter::to_string).collect::<Vec<_>>(), ["1:*qemu*", "3:*rpc*"]);
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for wrong in ["qemu", "0:qemu", "5:qemu", "x:qemu", "1:", "1:+", "-1:x"] {
            let err = parse_filters(wrong).unwrap_err();
            assert_eq!(err.code(), ErrorCode::InvalidArg, "{wrong}");
        }
    }
}
