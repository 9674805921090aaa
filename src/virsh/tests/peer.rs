//! The same commands to libvirt's own `virsh` and to ours: output, errors and exit codes are the same.
//!
//! Lines where the difference is known and meant are in `known.txt`, each with its reason.

mod common;

use common::{Said, data, ours, run};
use std::collections::HashMap;
use std::path::Path;

const PEER: &str = "/usr/bin/virsh";

#[test]
fn everything_is_said_as_libvirt_says_it() {
    if !Path::new(PEER).exists() {
        println!("SKIPPED: {PEER} is not here (package libvirt-clients)");
        return;
    }
    let known = known_differences();
    let (mut differences, mut stale) = (Vec::new(), Vec::new());
    for line in commands() {
        let command = line.strip_prefix("! ").unwrap_or(&line);
        let only_prefix = line.starts_with("! ");
        let (peer, own) = (said_by(PEER.as_ref(), command), said_by(&ours(), command));
        let same = normal(&peer, only_prefix) == normal(&own, only_prefix);
        match (same, known.contains_key(command)) {
            (false, false) => differences.push(format!("{command}\n--- libvirt\n{peer}\n--- here\n{own}")),
            (true, true) => stale.push(command.to_owned()),
            _ => {}
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n\n"));
    assert!(stale.is_empty(), "no longer different, to be taken from known.txt: {stale:#?}");
}

fn commands() -> Vec<String> {
    let text = data("commands.txt");
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// Lines of commands, below comments that say why the answers differ.
fn known_differences() -> HashMap<String, String> {
    let mut reason = String::new();
    let mut known = HashMap::new();
    for line in data("known.txt").lines() {
        match line.strip_prefix("# ") {
            Some(text) => reason = text.to_owned(),
            None if line.is_empty() => {}
            None => {
                known.insert(line.to_owned(), reason.clone());
            }
        }
    }
    known
}

fn said_by(program: &Path, command: &str) -> Said {
    run(program, &["-c", "test:///default", command])
}

/// What must be the same. Of errors it is the code's fixed text and what virsh says itself; of moments that pass while
/// the test runs it is their form.
fn normal(said: &Said, only_prefix: bool) -> (String, Vec<String>, i32) {
    let errors = said.err.lines().map(|line| if only_prefix { prefix(line) } else { line.to_owned() });
    let out: Vec<String> = said.out.lines().map(passing).collect();
    (out.join("\n"), errors.collect(), said.code)
}

/// `error: Domain not found: ` of an error that says more.
fn prefix(line: &str) -> String {
    let rest = line.strip_prefix("error: ").unwrap_or(line);
    let end = rest.find(": ").map_or(rest.len(), |at| at + 1);
    format!("error: {}", &rest[..end])
}

/// A line without what changes from one second to the next.
fn passing(line: &str) -> String {
    let label = line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let moves = ["CPU time:", "vcpu.0.time", "Time:"].iter().any(|word| line.trim_start().starts_with(word))
        || line.contains("_time") || line.contains("creationTime") || line.contains(".time=");
    if moves { label.split('=').next().unwrap_or_default().split(char::is_numeric).next().unwrap_or_default().to_owned() } else { line.to_owned() }
}
