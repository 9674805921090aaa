//! Logging in to a host whose description has an `<auth>` section.

use crate::refuse;
use ferrovirt_core::abi::{
    VIR_CRED_AUTHNAME, VIR_CRED_ECHOPROMPT, VIR_CRED_NOECHOPROMPT, VIR_CRED_PASSPHRASE,
};
use ferrovirt_core::driver::{Authenticator, Credential};
use ferrovirt_core::{ErrorCode, Result};

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
        return Err(refuse::error(
            ErrorCode::AuthFailed,
            "this host wants a login; open it with credentials",
        ));
    };
    let name = ask(
        authenticator,
        &[VIR_CRED_AUTHNAME, VIR_CRED_ECHOPROMPT],
        "Enter username for localhost".to_owned(),
    )?;
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
        refuse::error(ErrorCode::AuthFailed, "the caller can answer neither for a name nor for a password")
    })?;
    let mut questions = [Credential { kind, prompt, challenge: None, default: None, answer: None }];
    authenticator.answer(&mut questions)?;
    let [question] = questions;
    let answer = question.answer.unwrap_or_default();
    String::from_utf8(answer).map_err(|_| refuse::error(ErrorCode::AuthFailed, "the answer is not UTF-8"))
}
