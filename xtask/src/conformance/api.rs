//! `cargo xtask conformance api`: the calls of [`crate::calls`], with two wrong arguments at once, and whether any loses memory.

use crate::calls::{self, Depth, Known, PEER, Program};
use crate::{dist, target};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    /// Libraries that are there already, instead of new ones
    #[arg(long)]
    prefix: Option<PathBuf>,
    /// One function only
    #[arg(long)]
    only: Option<String>,
    /// One wrong argument at a time, as in the tests
    #[arg(long)]
    quick: bool,
    /// Where to keep all answers
    #[arg(long)]
    keep: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<()> {
    let prefix = match &args.prefix {
        Some(prefix) => prefix.clone(),
        None => dist::build(Some(&target().join("test-prefix")), false)?,
    };
    let depth = if args.quick { Depth::Single } else { Depth::Pairs };
    let words: Vec<&str> = args.only.iter().flat_map(|name| ["only", name]).collect();
    let program = Program::build(&prefix)?;
    let ours = program.run(&prefix.join("lib"), depth, &words)?;
    let leaks: Vec<&str> = words.iter().copied().chain(["leaks"]).collect();
    let leaks = program.run(&prefix.join("lib"), Depth::Single, &leaks)?;
    let leaks: Vec<_> = leaks.lines().filter(|line| line.contains("\tLEAK ")).collect();
    leaks.iter().for_each(|leak| println!("{leak}"));
    if !Path::new(PEER).join("libvirt.so.0").exists() {
        println!("SKIPPED: no stock libvirt in {PEER} to compare with");
        return if leaks.is_empty() { Ok(()) } else { bail!("{} calls lose memory", leaks.len()) };
    }
    let peer = program.run(Path::new(PEER), depth, &words)?;
    if let Some(folder) = &args.keep {
        std::fs::write(folder.join("peer.txt"), &peer)?;
        std::fs::write(folder.join("ours.txt"), &ours)?;
    }
    let known = Known::parse(&std::fs::read_to_string(crate::root().join("tests/c/calls/known.txt"))?);
    let report = calls::compare(&peer, &ours, &known);
    report.differences.iter().for_each(|difference| println!("{difference}"));
    for (reason, count) in &report.left_out {
        println!("   left out: {count}: {reason}");
    }
    let (equal, different) = (report.equal, report.differences.len());
    let left_out: usize = report.left_out.values().sum();
    println!(
        "api: {equal} calls answered alike, {different} not, {left_out} left out, {} leaks",
        leaks.len()
    );
    if different > 0 || !leaks.is_empty() {
        bail!("our library answers otherwise");
    }
    Ok(())
}
