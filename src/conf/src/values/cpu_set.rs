//! Sets of CPU or node numbers, written as `0-3,^2,8`.

use ferrovirt_core::{ErrorCode, ErrorDomain};
use ferrovirt_xml::{Fault, xml_value_from_str};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A set of small numbers: CPUs, NUMA nodes, I/O threads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CpuSet(BTreeSet<u32>);

impl CpuSet {
    /// No set may reach this number.
    pub const LIMIT: u32 = 16384;

    pub fn new() -> Self {
        Self::default()
    }

    pub fn insert(&mut self, number: u32) {
        self.0.insert(number);
    }

    pub fn contains(&self, number: u32) -> bool {
        self.0.contains(&number)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The largest member.
    pub fn last(&self) -> Option<u32> {
        self.0.last().copied()
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.intersection(&other.0).next().is_some()
    }

    /// The members as ranges of neighbours, ends included.
    pub fn ranges(&self) -> Vec<(u32, u32)> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for number in self.iter() {
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == number => *end = number,
                _ => ranges.push((number, number)),
            }
        }
        ranges
    }
}

impl FromIterator<u32> for CpuSet {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (start, end)) in self.ranges().into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match start == end {
                true => write!(f, "{comma}{start}")?,
                false => write!(f, "{comma}{start}-{end}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for CpuSet {
    type Err = String;

    /// Numbers, ranges and exclusions (`^2`) with commas between them; an exclusion takes out what stands before it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |part: &str| format!("'{part}' in '{text}' is not a number, a range such as 0-3, or ^2");
        let number = |digits: &str| {
            let digits = digits.trim();
            let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let value = valid.then(|| digits.parse::<u32>().ok()).flatten();
            value.filter(|n| *n < Self::LIMIT).ok_or_else(|| wrong(digits))
        };
        let mut set = Self::new();
        for part in text.split(',') {
            let part = part.trim();
            if let Some(excluded) = part.strip_prefix('^') {
                set.0.remove(&number(excluded)?);
            } else if let Some((start, end)) = part.split_once('-') {
                let (start, end) = (number(start)?, number(end)?);
                if start > end {
                    return Err(wrong(part));
                }
                set.0.extend(start..=end);
            } else {
                set.insert(number(part)?);
            }
        }
        Ok(set)
    }
}

impl From<CpuSet> for String {
    fn from(set: CpuSet) -> Self {
        set.to_string()
    }
}

impl TryFrom<String> for CpuSet {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

xml_value_from_str! {
    CpuSet: "a list of numbers such as 0-3,^2,8", Fault::of(ErrorCode::InvalidArg, ErrorDomain::None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_exclusions_print_back_in_order() {
        for (input, output) in [("0-3,^2,8", "0-1,3,8"), ("5,4,3", "3-5"), (" 1 , 2 ", "1-2"), ("^1,1", "1")]
        {
            assert_eq!(input.parse::<CpuSet>().unwrap().to_string(), output);
        }
        for wrong in ["", "3-1", "a", "1,,2", "-1", "99999", "1-"] {
            assert!(wrong.parse::<CpuSet>().is_err(), "{wrong}");
        }
    }
}
