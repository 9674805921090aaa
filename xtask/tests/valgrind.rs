//! C programs under Valgrind: no memory is misused, and none is lost.

use std::path::{Path, PathBuf};
use std::process::Command;
use xtask::calls::{MEMCHECK, Program, SUPPRESSIONS};

/// The prefix, where there is one and Valgrind is installed.
fn prefix() -> Option<PathBuf> {
    let Some(prefix) = std::env::var_os("FERROVIRT_PREFIX").map(PathBuf::from) else {
        println!("SKIPPED: FERROVIRT_PREFIX is not set; run cargo xtask test");
        return None;
    };
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("SKIPPED: valgrind is not installed");
        return None;
    }
    Some(prefix)
}

/// Every public function, in the right way and in wrong ones.
#[test]
fn calls() {
    let Some(prefix) = prefix() else { return };
    let program = Program::build(&prefix).unwrap();
    if let Err(err) = program.memcheck(&prefix.join("lib"), &[]) {
        panic!("{err:#}");
    }
}

/// A program of `tests/c`.
fn check(source: &str) {
    run(source, &[]);
}

/// The same for one that wants a folder for drivers of its own.
fn check_embedded(source: &str) {
    let root = tempfile::tempdir().unwrap();
    run(source, &[root.path()]);
}

fn run(source: &str, words: &[&Path]) {
    let Some(prefix) = prefix() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    let source = xtask::root().join("tests/c").join(source);
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-g", "-O1", "-pthread", "-o"]).arg(&program).arg(source);
    cc.arg("-I").arg(prefix.join("include")).arg("-L").arg(prefix.join("lib")).arg("-lvirt");
    succeeds(&mut cc);
    let mut valgrind = Command::new("valgrind");
    valgrind.args(MEMCHECK).arg(suppressions()).arg(&program).args(words);
    valgrind.env("LD_LIBRARY_PATH", prefix.join("lib")).current_dir(folder.path());
    // Nothing of the user's: neither aliases nor sockets of a daemon.
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"] {
        valgrind.env(variable, folder.path());
    }
    succeeds(&mut valgrind);
}

fn suppressions() -> String {
    format!("--suppressions={}", Path::new(&xtask::root()).join(SUPPRESSIONS).display())
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{told}", output.status);
}

#[test]
fn errors() {
    check("beside/errors.c");
}

#[test]
fn lifetimes() {
    check("beside/lifetimes.c");
}

#[test]
fn streams() {
    check("beside/streams.c");
}

#[test]
fn typed_parameters() {
    check("beside/typed_params.c");
}

#[test]
fn events() {
    check("mock_events.c");
}

#[test]
fn event_loop() {
    check("event_loop.c");
}

#[test]
fn handles() {
    check_embedded("handles.c");
}
