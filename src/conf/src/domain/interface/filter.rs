//! `<filterref>`: the packet filter of a card, and what its variables stand for.

use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// A filter with its variables.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "filterref")]
pub struct FilterRef {
    #[xml(attr)]
    pub filter: String,
    /// A name that stands several times has several values.
    #[xml(child)]
    pub parameters: Vec<FilterParameter>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "parameter")]
pub struct FilterParameter {
    #[xml(attr, default)]
    pub name: String,
    #[xml(attr, default)]
    pub value: String,
}

impl FilterParameter {
    /// Names are letters, digits and `_`; values take `.` and `:` too.
    pub fn is_valid(&self) -> bool {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        self.name.bytes().all(word)
            && !self.value.is_empty()
            && self.value.bytes().all(|b| word(b) || matches!(b, b'.' | b':'))
    }
}

impl FilterRef {
    /// Drops what can't be a variable, and sorts the rest by name; values keep their order.
    pub fn fill_defaults(&mut self) {
        self.parameters.retain(FilterParameter::is_valid);
        self.parameters.sort_by(|a, b| a.name.cmp(&b.name));
    }
}
