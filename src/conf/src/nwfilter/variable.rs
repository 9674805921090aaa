//! `$NAME`: a variable in the place of a value, which each port fills in for itself.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a variable stands in a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    pub name: String,
    pub access: Access,
}

/// Which of its values is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// `$NAME[3]`: one of them.
    Element(u32),
    /// `$NAME[@1]`: one after the other; variables with the same number step together. `$NAME` is `$NAME[@0]`.
    Iterator(u32),
}

/// The largest number of an iterator.
const MAX_ITERATOR: u32 = 1000;

impl Variable {
    /// Reads what stands behind the `$`. What stands behind the closing bracket does not count.
    pub fn read(text: &str) -> Option<Self> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = text.find(|c| !word(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let access =
            if rest.is_empty() { Access::Iterator(0) } else { read_access(rest.strip_prefix('[')?)? };
        Some(Self { name: name.to_owned(), access })
    }
}

fn read_access(text: &str) -> Option<Access> {
    let text = text.trim_ascii_start();
    let (make, text): (fn(u32) -> Access, _) = match text.strip_prefix('@') {
        Some(text) => (Access::Iterator, text.trim_ascii_start()),
        None => (Access::Element, text),
    };
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let access = make(number.parse().ok()?);
    let closed = rest.trim_ascii_start().starts_with(']');
    (closed && !matches!(access, Access::Iterator(number) if number > MAX_ITERATOR)).then_some(access)
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.access {
            Access::Element(index) => write!(f, "${}[{index}]", self.name),
            Access::Iterator(0) => write!(f, "${}", self.name),
            Access::Iterator(number) => write!(f, "${}[@{number}]", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_prints_back_in_its_shortest() {
        for (text, printed) in [
            ("IP", Some("$IP")),
            ("IP[3]", Some("$IP[3]")),
            ("IP[ @2 ]", Some("$IP[@2]")),
            ("IP[@0]", Some("$IP")),
            ("IP[@1000]", Some("$IP[@1000]")),
            ("IP[@1001]", None),
            ("IP[]", None),
            ("IP[1", None),
            ("I-P", None),
        ] {
            assert_eq!(Variable::read(text).map(|v| v.to_string()).as_deref(), printed, "{text}");
        }
    }
}
