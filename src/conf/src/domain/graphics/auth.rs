//! Who may look at a display.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// A password, and for how long it holds. The rest means nothing without it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct GraphicsAuth {
    /// Of RDP.
    #[xml(attr)]
    pub username: Option<String>,
    /// Secret.
    #[xml(attr = "passwd")]
    pub password: Option<String>,
    /// UTC: `YYYY-MM-DDTHH:MM:SS`.
    #[xml(attr = "passwdValidTo", with = "expiry", error = "Internal")]
    pub valid_to: Option<String>,
    /// What becomes of those who are connected when the password changes.
    #[xml(attr, error = "ConfigUnsupported")]
    pub connected: Option<ConnectedPolicy>,
}

/// What becomes of connections when the password changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum ConnectedPolicy {
    /// The password can't be changed.
    Fail,
    Disconnect,
    Keep,
}

impl GraphicsAuth {
    pub(super) fn fill_defaults(&mut self) {
        if self.password.is_none() {
            *self = Self::default();
        }
    }

    pub(super) fn validate_vnc(&self) -> Result<()> {
        match self.connected {
            None | Some(ConnectedPolicy::Keep) => Ok(()),
            Some(other) => {
                Err(Error::config_unsupported(format!("VNC can't have connected='{other}', only 'keep'")))
            }
        }
    }
}

/// Times: digits may be few in the input, and are filled up in the output.
mod expiry {
    use ferrovirt_xml::{TextWriter, ValueKind};

    pub const KIND: ValueKind = ValueKind::Named("a time such as 2030-12-31T23:59:59");

    pub fn from_text(text: &str) -> Option<String> {
        let (date, time) = text.split_once('T')?;
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(time, ':')?;
        let valid = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        valid.then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
    }

    pub fn write_text(time: &str, out: &mut TextWriter<'_>) {
        out.push(time);
    }

    fn numbers(text: &str, separator: char) -> Option<[u32; 3]> {
        let mut parts = text.split(separator);
        let mut next = || {
            let part = parts.next()?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        };
        let numbers = [next()?, next()?, next()?];
        parts.next().is_none().then_some(numbers)
    }

    fn days(year: u32, month: u32) -> u32 {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn times_are_filled_up_and_checked() {
            assert_eq!(from_text("2030-1-2T3:4:5").as_deref(), Some("2030-01-02T03:04:05"));
            assert!(from_text("2028-02-29T00:00:00").is_some());
            for wrong in
                ["", "2030-01-02", "2030-13-02T00:00:00", "2030-02-29T00:00:00", "2030-01-02T24:00:00"]
            {
                assert_eq!(from_text(wrong), None, "{wrong}");
            }
        }
    }
}
