//! The one suite of others that is quick: libvirt-python, built from source on our headers, description and library.

use std::path::PathBuf;
use xtask::conformance::suites::{self, Outcome};

#[test]
fn libvirt_python_builds_on_our_libraries_and_its_tests_pass() {
    let Some(prefix) = std::env::var_os("FERROVIRT_PREFIX").map(PathBuf::from) else {
        println!("SKIPPED: FERROVIRT_PREFIX does not say where the libraries are; `cargo xtask test` does");
        return;
    };
    // The second runs the tests that the first has unpacked, on the binding that Debian built against libvirt.
    for name in ["libvirt-python", "python3-libvirt"] {
        match suites::run_named(name, &prefix).unwrap() {
            Outcome::Skipped(why) => println!("SKIPPED: {name}: {why}"),
            Outcome::Ran { counts, failures, .. } => {
                println!("{name}: {counts}");
                assert!(counts.failed == 0 && counts.passed > 0, "{name}: {counts}: {failures:?}");
            }
        }
    }
}
