//! Editing a document in the user's editor, and what is done with it until the library takes it.

use crate::failure::{Failure, Outcome, fail};
use crate::output::{self, say};
use crate::shell::Shell;
use rustix::termios::{OptionalActions, isatty, tcgetattr, tcsetattr};
use std::io::{Read, Write};
use std::process::Command;

/// How a document is fetched and put back.
pub struct Edited<'a> {
    pub fetch: &'a dyn Fn() -> Outcome<String>,
    /// Puts the document back; whether strictly, by the schema, is told.
    pub define: &'a mut dyn FnMut(&str, bool) -> Outcome,
    /// Whether there is a strict way that can be given up.
    pub can_relax: bool,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Edit {
    Unchanged,
    Defined,
}

/// Lets the user edit until the result is taken, nothing is changed, or the user gives up.
pub fn edit(shell: &mut Shell, edited: Edited<'_>) -> Outcome<Edit> {
    let mut original = (edited.fetch)()?;
    let file = TempFile::with(&original)?;
    let mut strict = true;
    loop {
        file.open_in_editor()?;
        let mut text = file.read()?;
        if text == original {
            return Ok(Edit::Unchanged);
        }
        loop {
            let now = (edited.fetch)()?;
            let failure = if now != original {
                original = now;
                Failure::say("The XML configuration was changed by another user.")
            } else {
                match (edited.define)(&text, strict) {
                    Ok(()) => return Ok(Edit::Defined),
                    Err(failure) => failure,
                }
            };
            match ask(shell, &failure, edited.can_relax && strict) {
                Some(b'y') => break,
                Some(b'i') => strict = false,
                Some(b'f') => {}
                Some(_) => return Err(Failure::silent()),
                None => {
                    let mut failure = failure;
                    if failure.cause.is_some() {
                        failure.lines.insert(0, "Failed.".into());
                    }
                    return Err(failure);
                }
            }
            text = file.read()?;
        }
    }
}

/// What the user wants after a failure; nothing where nobody can be asked.
fn ask(shell: &mut Shell, failure: &Failure, can_relax: bool) -> Option<u8> {
    if !isatty(std::io::stdin()) {
        return None;
    }
    shell.report(failure);
    let before = tcgetattr(std::io::stdin()).ok()?;
    let mut raw = before.clone();
    raw.make_raw();
    tcsetattr(std::io::stdin(), OptionalActions::Flush, &raw).ok()?;
    let keys = if can_relax { "[y,n,i,f,?]" } else { "[y,n,f,?]" };
    let answer = loop {
        say!(shell, "\rFailed. Try again? {keys}: ");
        output::flush();
        let mut key = [0];
        if std::io::stdin().read_exact(&mut key).is_err() {
            break b'n';
        }
        match key[0].to_ascii_lowercase() {
            b'?' => {
                say!(shell, "\r\ny - edit again\r\nn - forget the changes\r\n");
                if can_relax {
                    say!(shell, "i - try again without the schema's check\r\n");
                }
                say!(shell, "f - try again with the same text\r\n? - this help\r\n");
            }
            key @ (b'y' | b'n' | b'f') => break key,
            b'i' if can_relax => break b'i',
            _ => {}
        }
    };
    let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &before);
    say!(shell, "\r\n");
    Some(answer)
}

/// A document in a file for the editor.
pub struct TempFile(tempfile::NamedTempFile);

impl TempFile {
    pub fn with(text: &str) -> Outcome<Self> {
        let mut file = match tempfile::Builder::new().prefix("virsh").suffix(".xml").tempfile() {
            Ok(file) => file,
            Err(err) => fail!("failed to create temporary file: {err}"),
        };
        match file.write_all(text.as_bytes()).and_then(|()| file.flush()) {
            Ok(()) => Ok(Self(file)),
            Err(err) => fail!("{}: failed to write to temporary file: {err}", file.path().display()),
        }
    }

    pub fn read(&self) -> Outcome<String> {
        match std::fs::read_to_string(self.0.path()) {
            Ok(text) => Ok(text),
            Err(err) => fail!("{}: failed to read temporary file: {err}", self.0.path().display()),
        }
    }

    /// Runs `$VISUAL`, `$EDITOR` or vi. An editor with options is a shell's business.
    pub fn open_in_editor(&self) -> Outcome {
        let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok());
        let editor = editor.unwrap_or_else(|| "vi".into());
        let path = self.0.path();
        let mut command = if editor.chars().all(is_plain) {
            Command::new(&editor)
        } else {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{editor} \"$1\""), "sh"]);
            shell
        };
        match command.arg(path).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => fail!("the editor '{editor}' failed: {status}"),
            Err(err) => fail!("cannot run the editor '{editor}': {err}"),
        }
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-/_.:@".contains(letter)
}

/// Lets the user edit a text of one's own; a newline that the editor put at the end goes.
pub fn edit_text(text: &str) -> Outcome<String> {
    let file = TempFile::with(text)?;
    file.open_in_editor()?;
    let mut edited = file.read()?;
    if edited.ends_with('\n') {
        edited.pop();
    }
    Ok(edited)
}
