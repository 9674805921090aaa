//! C programs that say what came of each call, run on the stock library and on ours: the same must come of them.

mod support;

use std::path::Path;
use support::Program;

/// Where Debian has the stock library.
const STOCK: &str = "/usr/lib/x86_64-linux-gnu";

fn same(source: &str) {
    let Some(program) = Program::compile(&format!("beside/{source}")) else { return };
    let ours = program.run_on(&program.library()).succeeds();
    if !Path::new(STOCK).join("libvirt.so.0").exists() {
        return println!("SKIPPED: no stock libvirt in {STOCK} to compare with");
    }
    let stock = program.run_on(Path::new(STOCK)).succeeds();
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
fn streams_in_every_order() {
    same("streams.c");
}

#[test]
fn references_threads_and_callbacks() {
    same("lifetimes.c");
}
