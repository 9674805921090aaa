//! Running virsh, and what it says.
#![allow(dead_code)]

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}(exit code {})", self.out, self.err, self.code)
    }
}

/// The program that was built.
pub fn ours() -> PathBuf {
    env!("CARGO_BIN_EXE_virsh").into()
}

pub fn run(program: &Path, words: &[&str]) -> Said {
    run_with_input(program, words, "")
}

pub fn run_with_input(program: &Path, words: &[&str], input: &str) -> Said {
    // A program that waits for ever must not stop everything; its exit code is then 124.
    let mut command = Command::new("timeout");
    command
        .arg("30")
        .arg(program)
        .args(words)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("VIRSH_DEFAULT_CONNECT_URI");
    command.env_remove("LIBVIRT_DEFAULT_URI").env_remove("VIRSH_DEBUG");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|err| panic!("{}: {err}", program.display()));
    // A program that does not read what it is given is no reason to stop.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    Said {
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

pub fn data(name: &str) -> String {
    let path = folder().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// Standard output and standard error in one, in their order.
pub fn merged(program: &Path, words: &[&str], input: &str) -> Said {
    let mut all = vec!["-c", "exec \"$0\" \"$@\" 2>&1", program.to_str().expect("UTF-8")];
    all.extend(words);
    run_with_input("sh".as_ref(), &all, input)
}

/// What must be the same of errors: what virsh says itself, and of the library's lines the fixed text of the error's
/// code, which is what stands before the first colon.
pub fn fixed_parts(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let is_cause = line.starts_with("error: ") && lines.last().is_some_and(|last| is_announcement(last));
        lines.push(if is_cause || is_of_the_library(line) { fixed_part(line) } else { line.to_owned() });
    }
    lines
}

/// Whether the library's error follows on this line.
fn is_announcement(line: &str) -> bool {
    line.starts_with("error: Failed") || line.starts_with("error: failed")
}

fn is_of_the_library(line: &str) -> bool {
    const CODES: [&str; 7] = [
        "invalid argument",
        "internal error",
        "Operation not supported",
        "Requested operation is not valid",
        "XML error",
        "operation failed",
        "unsupported flags",
    ];
    let is_one = |text: &str| CODES.iter().any(|code| text.starts_with(code)) || text.ends_with(NO_ZERO);
    line.strip_prefix("error: ").is_some_and(is_one)
}

/// How libvirt ends the only complaint about an argument that does not begin with its code's text.
const NO_ZERO: &str = "must not be zero";

/// `error: Domain not found` of an error that says more; both ways in which unknown flags are refused are one.
fn fixed_part(line: &str) -> String {
    if line.ends_with(NO_ZERO) {
        return "error: invalid argument".into();
    }
    let line = line.replace("unsupported flags", "invalid argument: flags");
    let text = line.strip_prefix("error: ").unwrap_or(&line);
    format!("error: {}", text.split(": ").next().unwrap_or_default())
}
