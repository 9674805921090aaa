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

fn same(source: &str) {
    let Some(program) = Program::compile(&format!("beside/{source}")) else { return };
    let Some(ours) = told(&program, &program.library()) else { return };
    if !Path::new(STOCK).join("libvirt.so.0").exists() {
        return println!("SKIPPED: no stock libvirt in {STOCK} to compare with");
    }
    let Some(stock) = told(&program, &PathBuf::from(STOCK)) else { return };
    let different: Vec<_> = stock.lines().zip(ours.lines()).filter(|(stock, ours)| stock != ours).collect();
    assert!(different.is_empty(), "stock and ours differ: {different:#?}");
    assert_eq!(stock.lines().count(), ours.lines().count());
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
fn references_threads_and_callbacks() {
    same("lifetimes.c");
}

#[test]
fn events_reach_who_is_there_and_threads_share_a_connection() {
    let Some(program) = Program::compile("mock_events.c") else { return };
    told(&program, &program.library());
}
