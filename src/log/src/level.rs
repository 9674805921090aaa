//! How much a message matters.

use ferrovirt_core::{Error, ErrorCode, Result};
use std::{fmt, str::FromStr};

/// From what one only looks at in search of a mistake to what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Debug = 1,
    Info = 2,
    Warning = 3,
    Error = 4,
}

impl Level {
    /// The level with this number, 1 to 4.
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::Debug, Self::Info, Self::Warning, Self::Error]
            .into_iter()
            .find(|level| *level as u32 == number)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// What syslog and the journal call it.
    pub(crate) fn severity(self) -> u8 {
        match self {
            Self::Debug => 7,
            Self::Info => 6,
            Self::Warning => 4,
            Self::Error => 3,
        }
    }
}

impl From<tracing::Level> for Level {
    fn from(level: tracing::Level) -> Self {
        match level {
            tracing::Level::ERROR => Self::Error,
            tracing::Level::WARN => Self::Warning,
            tracing::Level::INFO => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// The number, as settings have it.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", *self as u8)
    }
}

/// A number or a name, as in `LIBVIRT_DEBUG`.
impl FromStr for Level {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = [Self::Debug, Self::Info, Self::Warning, Self::Error];
        named.into_iter().find(|level| level.name() == text || level.to_string() == text).ok_or_else(|| {
            let detail =
                format!("log level '{text}' is none of 1 or debug, 2 or info, 3 or warning, 4 or error");
            Error::new(ErrorCode::InvalidArg, detail)
        })
    }
}

/// The number before the first colon of a filter or an output.
pub(crate) fn before_colon<'a>(text: &'a str, what: &str) -> Result<(Level, &'a str)> {
    let malformed = |detail: String| Error::new(ErrorCode::InvalidArg, detail);
    let (number, rest) = text
        .split_once(':')
        .ok_or_else(|| malformed(format!("log {what} '{text}' has no ':' between level and {what}")))?;
    let level = number.parse().ok().and_then(Level::from_number);
    let level =
        level.ok_or_else(|| malformed(format!("level '{number}' of log {what} '{text}' is not 1 to 4")))?;
    Ok((level, rest))
}
