//! Outputs: where messages are written, from which level on.

mod journal;
mod sink;
mod syslog;

pub(crate) use sink::{Message, Sink};

use crate::level::{Level, before_colon};
use ferrovirt_core::{Error, ErrorCode, Result};
use std::{fmt, path::PathBuf, str::FromStr};

/// `LEVEL:DESTINATION`: takes what passed the filters and matters at least so much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub level: Level,
    pub destination: Destination,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// `stderr`
    Stderr,
    /// `syslog:NAME`, with the name that messages carry.
    Syslog(String),
    /// `file:PATH`; appended to. A relative path counts from the current folder.
    File(PathBuf),
    /// `journald`
    Journald,
}

impl Destination {
    fn parse(text: &str) -> Option<Self> {
        let (kind, value) = text.split_once(':').map_or((text, None), |(kind, value)| (kind, Some(value)));
        match (kind, value) {
            ("stderr", None) => Some(Self::Stderr),
            ("journald", None) => Some(Self::Journald),
            ("syslog", Some(name)) if !name.contains(':') => Some(Self::Syslog(name.to_owned())),
            ("file", Some(path)) if !path.contains(':') => Some(Self::File(std::path::absolute(path).ok()?)),
            _ => None,
        }
    }
}

impl FromStr for Output {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (level, rest) = before_colon(text, "output")?;
        let destination = Destination::parse(rest).ok_or_else(|| {
            let detail =
                format!("log output '{text}' is none of N:stderr, N:syslog:NAME, N:file:PATH and N:journald");
            Error::new(ErrorCode::InvalidArg, detail)
        })?;
        Ok(Self { level, destination })
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.level)?;
        match &self.destination {
            Destination::Stderr => f.write_str("stderr"),
            Destination::Journald => f.write_str("journald"),
            Destination::Syslog(name) => write!(f, "syslog:{name}"),
            Destination::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// Outputs with spaces between them; of two with one destination the later counts.
pub fn parse_outputs(text: &str) -> Result<Vec<Output>> {
    let mut outputs: Vec<Output> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let output: Output = word.parse()?;
        outputs.retain(|earlier| earlier.destination != output.destination);
        outputs.push(output);
    }
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_told_as_they_were_given() {
        for text in ["1:stderr", "2:syslog:libvirtd", "3:file:/tmp/some.log", "4:journald", ""] {
            let outputs = parse_outputs(text).unwrap();
            assert_eq!(outputs.iter().map(Output::to_string).collect::<Vec<_>>().join(" "), text);
        }
    }

    #[test]
    fn of_two_with_one_destination_the_later_counts() {
        let outputs = parse_outputs("1:stderr  2:file:/a 3:stderr 1:file:/b").unwrap();
        let told: Vec<_> = outputs.iter().map(Output::to_string).collect();
        assert_eq!(told, ["2:file:/a", "3:stderr", "1:file:/b"]);
    }

    #[test]
    fn what_is_no_output_is_refused() {
        for wrong in ["stderr", "1:", "0:stderr", "5:stderr", "1:stderr:x", "1:file", "1:syslog", "1:tape"] {
            let err = parse_outputs(wrong).unwrap_err();
            assert_eq!(err.code(), ErrorCode::InvalidArg, "{wrong}");
        }
    }
}
