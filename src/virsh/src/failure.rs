//! How a command fails: lines of ours, and the library's error below them.

use ferrovirt::Error;

/// What a command comes to.
pub type Outcome<T = ()> = Result<T, Failure>;

/// Why a command failed; each line is printed behind `error: `.
#[derive(Debug, Default)]
pub struct Failure {
    pub lines: Vec<String>,
    pub cause: Option<Error>,
}

impl Failure {
    pub fn say(line: impl Into<String>) -> Self {
        Self { lines: vec![line.into()], cause: None }
    }

    /// A failure of which everything has been said.
    pub fn silent() -> Self {
        Self::default()
    }

    /// Our lines, then the library's.
    pub fn all_lines(&self) -> impl Iterator<Item = String> {
        self.lines.iter().cloned().chain(self.cause.as_ref().map(Error::message))
    }
}

impl From<Error> for Failure {
    fn from(cause: Error) -> Self {
        Self { lines: Vec::new(), cause: Some(cause) }
    }
}

/// Says what was being done when something failed.
pub trait OrSay<T> {
    fn or_say<S: Into<String>>(self, line: impl FnOnce() -> S) -> Outcome<T>;
}

impl<T, E: Into<Failure>> OrSay<T> for Result<T, E> {
    fn or_say<S: Into<String>>(self, line: impl FnOnce() -> S) -> Outcome<T> {
        self.map_err(|failure| {
            let mut failure = failure.into();
            failure.lines.push(line().into());
            failure
        })
    }
}

/// Fails the command with a line of ours.
macro_rules! fail {
    ($($arg:tt)*) => {
        return Err($crate::failure::Failure::say(format!($($arg)*)))
    };
}

pub(crate) use fail;
