//! `cargo xtask test`: installs what the tests need, and runs them all.

use crate::packages::{self, Purpose};
use crate::{dist, guest, licences};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

#[derive(clap::Args)]
pub struct Args {
    /// Leave out formatting, lints and licences
    #[arg(long)]
    only_tests: bool,
    /// Passed on to cargo test, such as `-p ferrovirt-net` or a name
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    filter: Vec<String>,
}

/// How many tests there were, and how they ended.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
    skipped: usize,
}

pub fn run(args: &Args) -> Result<()> {
    let begin = Instant::now();
    packages::ensure(Purpose::Tests)?;
    if !args.only_tests {
        step("format", &["fmt", "--all", "--check"])?;
        step("lints", &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
        println!("== licences\n   {} crates, all under allowed licences", licences::check()?);
    }
    let guest = guest::prepare(&crate::target())?;
    println!("== libraries");
    let prefix = dist::build(Some(&crate::target().join("test-prefix")), false)?;
    println!("== tests");
    let counts = run_tests(&args.filter, &prefix, &guest)?;
    println!("== all done in {:.0} s", begin.elapsed().as_secs_f64());
    if counts.ignored > 0 {
        println!("{} tests are measurements, run by hand", counts.ignored);
    }
    println!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    if counts.failed > 0 || counts.passed == 0 {
        bail!("{} tests failed", counts.failed);
    }
    Ok(())
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(crate::root());
    cargo
}

fn step(name: &str, arguments: &[&str]) -> Result<()> {
    println!("== {name}");
    let status =
        cargo().args(arguments).status().with_context(|| format!("cannot run cargo {}", arguments[0]))?;
    if !status.success() {
        bail!("cargo {} failed", arguments.join(" "));
    }
    Ok(())
}

/// Runs the tests, prints what is worth reading of their output, and counts.
fn run_tests(filter: &[String], prefix: &Path, guest: &guest::Guest) -> Result<Counts> {
    let mut command = cargo();
    command.arg("test").arg("--no-fail-fast");
    if !filter.iter().any(|word| word == "-p" || word == "--package") {
        command.arg("--workspace");
    }
    let mut child = command
        .args(filter)
        // Output of tests that pass is needed too: those that were skipped say so there.
        .args(["--", "--show-output"])
        .env("FERROVIRT_PREFIX", prefix)
        .env("FERROVIRT_GUEST_KERNEL", &guest.kernel)
        .env("FERROVIRT_GUEST_INITRD", &guest.initrd)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo test")?;
    let mut counts = Counts::default();
    let output = child.stdout.take().context("cargo test has an output")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        counts.add(&line);
        if is_worth_reading(&line) {
            println!("   {line}");
        }
    }
    let status = child.wait()?;
    // A test program that dies is not counted as a failed test, and one that does not compile neither.
    if !status.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    counts.passed = counts.passed.saturating_sub(counts.skipped);
    Ok(counts)
}

impl Counts {
    fn add(&mut self, line: &str) {
        if line.starts_with("SKIPPED") {
            self.skipped += 1;
        }
        let Some(rest) = line.strip_prefix("test result: ") else { return };
        let number = |word: &str| {
            let before = rest.split(word).next()?;
            before.trim().rsplit(' ').next()?.parse::<usize>().ok()
        };
        self.passed += number(" passed").unwrap_or(0);
        self.failed += number(" failed").unwrap_or(0);
        self.ignored += number(" ignored").unwrap_or(0);
    }
}

fn is_worth_reading(line: &str) -> bool {
    let quiet = line.is_empty()
        || line.starts_with("running ")
        || line.ends_with("... ok")
        || line.ends_with("... ignored")
        || line.starts_with("test result: ok. 0 passed");
    !quiet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_skips_are_counted() {
        let mut counts = Counts::default();
        for line in [
            "SKIPPED: no /dev/net/tun",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            counts.add(line);
        }
        assert_eq!((counts.passed, counts.failed, counts.ignored, counts.skipped), (15, 2, 1, 1));
    }
}
