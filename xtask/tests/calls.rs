//! Every public function, called in the right way and in wrong ones: no crash, and libvirt's codes and domains.

use std::path::{Path, PathBuf};
use xtask::calls::{Depth, Known, PEER, Program, compare};

#[test]
fn wrong_calls_are_answered_as_libvirt_answers_them() {
    let Some(prefix) = std::env::var_os("FERROVIRT_PREFIX").map(PathBuf::from) else {
        return println!("SKIPPED: FERROVIRT_PREFIX is not set; run cargo xtask test");
    };
    let program = Program::build(&prefix).unwrap();
    let ours = program.run(&prefix.join("lib"), Depth::Single, &["leaks"]).unwrap();
    let leaks: Vec<_> = ours.lines().filter(|line| line.contains("\tLEAK ")).collect();
    assert!(leaks.is_empty(), "calls that lose memory: {leaks:#?}");
    if !Path::new(PEER).join("libvirt.so.0").exists() {
        return println!("SKIPPED: no stock libvirt in {PEER} to compare with");
    }
    let ours = program.run(&prefix.join("lib"), Depth::Single, &[]).unwrap();
    let peer = program.run(Path::new(PEER), Depth::Single, &[]).unwrap();
    let known = std::fs::read_to_string(xtask::root().join("tests/c/calls/known.txt")).unwrap();
    let report = compare(&peer, &ours, &Known::parse(&known));
    let left_out: usize = report.left_out.values().sum();
    let count = report.equal + left_out + report.differences.len();
    println!("{count} calls: {} alike, {left_out} left out", report.equal);
    assert!(report.differences.is_empty(), "otherwise than libvirt:\n{}", report.differences.join("\n"));
    assert!(report.equal > 10_000, "only {count} calls were made");
}
