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
        .arg("8")
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
