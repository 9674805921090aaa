//! Logging in to a host whose description has an `<auth>` section.

use crate::refuse;
use ferrovirt_core::abi::{VIR_CRED_AUTHNAME, VIR_CRED_NOECHOPROMPT, VIR_CRED_PASSPHRASE};
use ferrovirt_core::driver::{Authenticator, Credential};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};

/// Who may log in, and with which password: any if there is none.
pub struct Account {
    pub name: String,
    pub password: Option<String>,
}

/// Asks for a name and, unless the account needs none, for a password. A host without accounts asks nothing.
pub fn check(accounts: &[Account], authenticator: Option<&dyn Authenticator>) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let Some(authenticator) = authenticator else {
        let detail = "this host wants a login; open it with credentials";
        return Err(Error::invalid_arg(detail).domain(ErrorDomain::Auth));
    };
    let name = ask(authenticator, &[VIR_CRED_AUTHNAME], "Enter username for localhost".to_owned())?;
    let account = accounts.iter().find(|account| account.name == name);
    // A stranger is asked, too: who guesses names learns nothing.
    let needs_password = account.is_none_or(|account| account.password.is_some());
    let password = match needs_password {
        true => Some(ask(
            authenticator,
            &[VIR_CRED_PASSPHRASE, VIR_CRED_NOECHOPROMPT],
            format!("Enter {name}'s password for localhost"),
        )?),
        false => None,
    };
    match account {
        Some(account) if account.password == password => Ok(()),
        _ => Err(refuse::error(ErrorCode::AuthFailed, "no account of this host has that name and password")),
    }
}

/// Puts one question, of the first of `kinds` that can be answered.
fn ask(authenticator: &dyn Authenticator, kinds: &[u32], prompt: String) -> Result<String> {
    let kind = authenticator.kinds().iter().copied().find(|kind| kinds.contains(&(*kind as u32)));
    let kind = kind.ok_or_else(|| {
        let detail = "the caller can't answer for both a name and a password";
        Error::new(ErrorCode::AuthFailed, detail).domain(ErrorDomain::Auth)
    })?;
    let mut questions =
        [Credential { kind, prompt, challenge: Some("localhost".to_owned()), default: None, answer: None }];
    let failed = |detail: String| Error::new(ErrorCode::AuthFailed, detail).domain(ErrorDomain::Auth);
    authenticator
        .answer(&mut questions)
        .map_err(|err| failed(format!("the caller gave no answer: {err}")))?;
    let [question] = questions;
    let answer = question.answer.ok_or_else(|| failed("the caller gave no answer".to_owned()))?;
    String::from_utf8(answer).map_err(|_| refuse::error(ErrorCode::AuthFailed, "the answer is not UTF-8"))
}
