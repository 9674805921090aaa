//! `SYN,ACK/SYN`: which flags of a TCP header are looked at, and which of them must be set.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Bits of the TCP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpFlags {
    pub mask: u8,
    pub set: u8,
}

/// By bit.
const FLAGS: &[&str] = &["FIN", "SYN", "RST", "PSH", "ACK", "URG"];
const ALL: u8 = 0x3f;

impl TcpFlags {
    pub fn read(text: &str) -> Option<Self> {
        let (mask, set) = text.split_once('/')?;
        Some(Self { mask: read_side(mask)?, set: read_side(set)? })
    }
}

fn read_side(text: &str) -> Option<u8> {
    let known: Vec<_> = FLAGS.iter().chain(&["ALL", "NONE"]).copied().collect();
    let bits = |word: &str| match FLAGS.iter().position(|flag| *flag == word) {
        Some(bit) => 1 << bit,
        None if word == "ALL" => ALL,
        None => 0,
    };
    Some(words(text, &known)?.into_iter().map(bits).fold(0, |all, bits| all | bits))
}

/// Words of a list, in any case, with commas and blanks between them or nothing at all.
pub(super) fn words<'k>(text: &str, known: &[&'k str]) -> Option<Vec<&'k str>> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
        if rest.is_empty() {
            return Some(found);
        }
        let starts =
            |word: &&&str| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let word = known.iter().find(starts)?;
        found.push(*word);
        rest = &rest[word.len()..];
    }
}

impl fmt::Display for TcpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", side(self.mask), side(self.set))
    }
}

fn side(bits: u8) -> String {
    match bits {
        0 => "NONE".to_owned(),
        ALL => "ALL".to_owned(),
        bits => {
            let set = FLAGS.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
            set.map(|(_, flag)| *flag).collect::<Vec<_>>().join(",")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_told_in_the_order_of_their_bits() {
        for (text, told) in [
            ("SYN/ALL", Some("SYN/ALL")),
            ("ack,syn/none", Some("SYN,ACK/NONE")),
            ("FINSYN , URG/", Some("FIN,SYN,URG/NONE")),
            ("FIN,SYN,RST,PSH,ACK,URG/RST", Some("ALL/RST")),
            ("SYN", None),
            ("SYN/ACK/FIN", None),
            ("SYNC/ACK", None),
        ] {
            assert_eq!(TcpFlags::read(text).map(|flags| flags.to_string()).as_deref(), told, "{text}");
        }
    }
}
