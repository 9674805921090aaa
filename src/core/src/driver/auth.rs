//! Logging in: the questions a driver may have while it opens a connection.

use crate::Result;

/// One question, and the place for its answer (`virConnectCredential`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credential {
    /// `virConnectCredentialType`.
    pub kind: i32,
    /// Text to show.
    pub prompt: String,
    /// Further data that the answer depends on.
    pub challenge: Option<String>,
    /// The answer if the user gives none.
    pub default: Option<String>,
    pub answer: Option<Vec<u8>>,
}

/// Who answers them: the application, or the user behind it.
pub trait Authenticator: Send + Sync {
    /// The kinds of question that it can answer (`virConnectCredentialType`).
    fn kinds(&self) -> &[i32];
    /// Answers all questions at once, or fails.
    fn answer(&self, questions: &mut [Credential]) -> Result<()>;
}
