//! Answers the questions of an authentication at the terminal.

use ferrovirt::driver::{Authenticator, Credential};
use ferrovirt::{Error, Result};
use ferrovirt_core::abi::{
    VIR_CRED_AUTHNAME, VIR_CRED_ECHOPROMPT, VIR_CRED_EXTERNAL, VIR_CRED_NOECHOPROMPT, VIR_CRED_PASSPHRASE,
    VIR_CRED_REALM, VIR_CRED_USERNAME,
};
use rustix::termios::{LocalModes, OptionalActions, isatty, tcgetattr, tcsetattr};
use std::io::{self, BufRead, Write};

/// Asks whoever sits at the terminal.
pub struct TerminalAuthenticator;

const KINDS: [i32; 6] = [
    VIR_CRED_AUTHNAME as i32,
    VIR_CRED_ECHOPROMPT as i32,
    VIR_CRED_REALM as i32,
    VIR_CRED_PASSPHRASE as i32,
    VIR_CRED_NOECHOPROMPT as i32,
    VIR_CRED_EXTERNAL as i32,
];

impl Authenticator for TerminalAuthenticator {
    fn kinds(&self) -> &[i32] {
        &KINDS
    }

    fn answer(&self, questions: &mut [Credential]) -> Result<()> {
        for question in questions {
            let kind = question.kind as u32;
            if kind == VIR_CRED_EXTERNAL {
                // Nothing to type: it is settled elsewhere, by a policy agent for one.
                continue;
            }
            let hidden = matches!(kind, VIR_CRED_PASSPHRASE | VIR_CRED_NOECHOPROMPT);
            let prompt = match (kind, question.prompt.is_empty()) {
                (VIR_CRED_USERNAME | VIR_CRED_AUTHNAME, true) => "Please enter your user name",
                _ => &question.prompt,
            };
            let line = ask(&format!("{prompt}: "), hidden)
                .map_err(|err| Error::system(err, "cannot read an answer from the terminal"))?;
            let answer = match (line.is_empty(), &question.default) {
                (true, Some(default)) => default.clone(),
                _ => line,
            };
            question.answer = Some(answer.into_bytes());
        }
        Ok(())
    }
}

/// One line of whoever sits there.
pub fn ask(prompt: &str, hidden: bool) -> io::Result<String> {
    let mut out = io::stdout();
    out.write_all(prompt.as_bytes())?;
    out.flush()?;
    let _restore = (hidden && isatty(io::stdin())).then(Silence::begin).transpose()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if hidden {
        out.write_all(b"\n")?;
    }
    Ok(line.trim_end_matches('\n').to_owned())
}

/// The terminal does not echo as long as this lives.
struct Silence(rustix::termios::Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
