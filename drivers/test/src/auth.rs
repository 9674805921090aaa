//! Logging in to a host whose description has an `<auth>` section.

use crate::refuse;
use ferrovirt_core::abi::{VIR_CRED_AUTHNAME, VIR_CRED_NOECHOPROMPT, VIR_CRED_PASSPHRASE};
use ferrovirt_core::driver::{Authenticator, Credential};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use std::borrow::Cow;

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
        return Err(refuse::invalid_arg("this host wants a login; open it with credentials")
            .domain(ErrorDomain::Auth));
    };
    let name = ask(authenticator, &NAME)?;
    let account = accounts.iter().find(|account| account.name == name);
    // A stranger is asked, too: who guesses names learns nothing.
    let needs_password = account.is_none_or(|account| account.password.is_some());
    let password = match needs_password {
        true => Some(ask(authenticator, &password_of(&name))?),
        false => None,
    };
    match account {
        Some(account) if account.password == password => Ok(()),
        _ => Err(refuse::error(ErrorCode::AuthFailed, "no account of this host has that name and password")),
    }
}

/// A question, how it may be put, and what the caller is told who can't take it or does not answer.
struct Question {
    kinds: &'static [u32],
    prompt: Cow<'static, str>,
    challenge: Option<&'static str>,
    cannot: ErrorCode,
    no_answer: ErrorCode,
}

const HOST: &str = "localhost";

const NAME: Question = Question {
    kinds: &[VIR_CRED_AUTHNAME],
    prompt: Cow::Borrowed("Enter username for localhost"),
    challenge: Some(HOST),
    cannot: ErrorCode::AuthFailed,
    no_answer: ErrorCode::AuthFailed,
};

fn password_of(name: &str) -> Question {
    Question {
        kinds: &[VIR_CRED_PASSPHRASE, VIR_CRED_NOECHOPROMPT],
        prompt: Cow::Owned(format!("Enter {name}'s password for {HOST}")),
        challenge: None,
        cannot: ErrorCode::OperationUnsupported,
        no_answer: ErrorCode::OperationFailed,
    }
}

/// Puts a question, in the first way that the caller knows.
fn ask(authenticator: &dyn Authenticator, question: &Question) -> Result<String> {
    let refuse = |code, text: &str| Error::new(code, text).domain(ErrorDomain::Auth);
    let mut kinds = authenticator.kinds().iter().copied();
    let kind = kinds.find(|kind| question.kinds.contains(&(*kind as u32))).ok_or_else(|| {
        refuse(
            question.cannot,
            "the caller's callback takes neither a name nor a password as it is asked for",
        )
    })?;
    let (prompt, challenge) = (question.prompt.to_string(), question.challenge.map(str::to_owned));
    let mut questions = [Credential { kind, prompt, challenge, default: None, answer: None }];
    let answered = authenticator.answer(&mut questions);
    let [Credential { answer, .. }] = questions;
    match (answered, answer) {
        (Ok(()), Some(answer)) => {
            String::from_utf8(answer).map_err(|_| refuse(ErrorCode::AuthFailed, "the answer is not UTF-8"))
        }
        _ => Err(refuse(question.no_answer, "the caller did not answer what it was asked for")),
    }
}
