//! The C programs for the test driver, with the driver in our daemon: the same comes of them on the stock client library
//! and on ours.

mod support;

use std::path::{Path, PathBuf};
use support::Program;
use support::daemon::Daemon;

/// Where Debian has the stock library.
const STOCK: &str = "/usr/lib/x86_64-linux-gnu";

/// What a program says on the library of a folder, of a daemon that nobody has used before.
fn told(program: &Program, library: &Path) -> Option<String> {
    let daemon = Daemon::start()?;
    Some(program.run_with(library, &[("TEST_URI", &daemon.uri("test", "default"))]).succeeds())
}

fn kept(text: &str, left_out: fn(&str) -> bool) -> Vec<&str> {
    text.lines().filter(|line| !left_out(line)).collect()
}

fn same(source: &str) {
    same_but(source, |_| false);
}

/// The same, but for lines that stand for something else.
fn same_but(source: &str, left_out: fn(&str) -> bool) {
    let Some(program) = Program::compile(&format!("beside/{source}")) else { return };
    let Some(ours) = told(&program, &program.library()) else { return };
    if !Path::new(STOCK).join("libvirt.so.0").exists() {
        return println!("SKIPPED: no stock libvirt in {STOCK} to compare with");
    }
    let Some(stock) = told(&program, &PathBuf::from(STOCK)) else { return };
    let (stock, ours): (Vec<_>, Vec<_>) = (kept(&stock, left_out), kept(&ours, left_out));
    let different: Vec<_> = stock.iter().zip(&ours).filter(|(stock, ours)| stock != ours).collect();
    assert!(different.is_empty(), "stock and ours differ: {different:#?}");
    assert_eq!(stock.len(), ours.len());
}

#[test]
fn errors_of_threads_and_connections() {
    same("errors.c");
}

#[test]
fn typed_parameters() {
    same("typed_params.c");
}

#[test]
fn streams_in_every_order() {
    // libvirt's client keeps the callbacks of streams that are aborted for ever.
    same_but("streams.c", |line| line.starts_with("freed "));
}

#[test]
fn references_threads_and_callbacks() {
    same("lifetimes.c");
}

#[test]
fn events_reach_who_is_there_and_threads_share_a_connection() {
    let Some(program) = Program::compile("mock_events.c") else { return };
    told(&program, &program.library());
}
