//! `cargo xtask conformance suites`: the test suites of others, run on our libraries by the scripts beside the repository.

use super::served::{self, Client};
use crate::packages::{self, Purpose};
use crate::{dist, root, target};
use anyhow::{Context, Result, bail};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub struct Args {
    /// Libraries that are there already, instead of new ones
    #[arg(long)]
    prefix: Option<PathBuf>,
    /// The suites to run, instead of all
    names: Vec<String>,
}

/// How many tests of a suite passed, failed and were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

/// A suite, and what libvirt 11.3.0 itself comes to.
struct Suite {
    name: &'static str,
    libvirt: Counts,
    how: How,
}

/// How a suite is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// By its script.
    Script,
    /// The same, but it means nothing without a daemon of ours.
    NeedsDaemon,
    /// By a script of ours.
    OwnScript,
    /// The tests of another suite with Debian's Python and Debian's binding instead of its own.
    DebianPython { tests_of: &'static str },
    /// The tests of libvirt's Python binding over a daemon of ours.
    ServedPython(Client),
    /// Those of the Rust crate.
    ServedRust(Client),
    /// Those of virt-manager.
    ServedVirtManager(Client),
}

pub(super) const fn counts(passed: usize, failed: usize, skipped: usize) -> Counts {
    Counts { passed, failed, skipped }
}

/// A suite over a daemon; its counts are those of libvirt's library with libvirt's daemon.
const fn served(name: &'static str, libvirt: Counts, how: How) -> Suite {
    Suite { name, libvirt, how }
}

const SUITES: &[Suite] = &[
    Suite { name: "libvirt-python", libvirt: counts(17, 0, 2), how: How::Script },
    Suite {
        name: "python3-libvirt",
        libvirt: counts(16, 0, 3),
        how: How::DebianPython { tests_of: "libvirt-python" },
    },
    Suite { name: "virt-rs", libvirt: counts(60, 0, 0), how: How::Script },
    served("python-served-stock", counts(13, 3, 3), How::ServedPython(Client::Stock)),
    served("python-served-ours", counts(13, 3, 3), How::ServedPython(Client::Ours)),
    served("virt-rs-served-stock", counts(60, 0, 0), How::ServedRust(Client::Stock)),
    served("virt-rs-served-ours", counts(60, 0, 0), How::ServedRust(Client::Ours)),
    Suite { name: "virt-rs-qemu", libvirt: counts(6, 0, 0), how: How::NeedsDaemon },
    Suite { name: "virt-manager", libvirt: counts(591, 4, 2), how: How::Script },
    served("virt-manager-served-stock", counts(591, 4, 2), How::ServedVirtManager(Client::Stock)),
    served("virt-manager-served-ours", counts(591, 4, 2), How::ServedVirtManager(Client::Ours)),
    Suite { name: "libvirt-examples", libvirt: counts(34, 0, 0), how: How::Script },
    Suite { name: "libvirt-glib", libvirt: counts(8, 0, 0), how: How::OwnScript },
    Suite { name: "libvirt-dbus", libvirt: counts(84, 0, 0), how: How::OwnScript },
    Suite { name: "php-libvirt", libvirt: counts(14, 0, 2), how: How::OwnScript },
    Suite { name: "go-libvirt", libvirt: counts(117, 0, 0), how: How::OwnScript },
    Suite { name: "perl-sys-virt", libvirt: counts(10, 0, 3), how: How::OwnScript },
    Suite { name: "ruby-libvirt", libvirt: counts(886, 0, 0), how: How::OwnScript },
    Suite { name: "perl-methods", libvirt: counts(18965, 0, 0), how: How::OwnScript },
    Suite { name: "ruby-methods", libvirt: counts(15234, 0, 0), how: How::OwnScript },
];

/// Tests that fail with libvirt itself, each by a part of the line that reports it, and why.
pub(super) const FAIL_WITH_LIBVIRT: &[(&str, &str)] =
    &[("virt_install_osinfo_", "Debian 12's osinfo-db is older than the suite")];

impl Counts {
    /// Reads a script's last line: `NAME: passed P failed F skipped S`.
    fn parse(line: &str, name: &str) -> Option<Self> {
        let words: Vec<&str> = line.strip_prefix(name)?.strip_prefix(": ")?.split(' ').collect();
        match words[..] {
            ["passed", passed, "failed", failed, "skipped", skipped] => {
                Some(counts(passed.parse().ok()?, failed.parse().ok()?, skipped.parse().ok()?))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// What became of a suite.
pub enum Outcome {
    Ran {
        counts: Counts,
        /// The script's lines about tests that failed, but not with libvirt.
        failures: Vec<String>,
        /// The same for those that fail with libvirt, too.
        excused: Vec<String>,
    },
    /// Why it could not be run.
    Skipped(String),
}

pub fn run(args: &Args) -> Result<()> {
    if let Some(odd) = args.names.iter().find(|name| find(name).is_none()) {
        let known: Vec<_> = SUITES.iter().map(|suite| suite.name).collect();
        bail!("there is no suite '{odd}'; known are {}", known.join(", "));
    }
    let prefix = match &args.prefix {
        Some(prefix) => prefix.clone(),
        None => dist::build(Some(&target().join("test-prefix")), false)?,
    };
    packages::ensure(Purpose::Suites)?;
    let mut worse = Vec::new();
    let wanted = |suite: &&Suite| args.names.is_empty() || args.names.iter().any(|name| name == suite.name);
    for suite in SUITES.iter().filter(wanted) {
        println!("== {}", suite.name);
        match run_suite(suite, &prefix)? {
            Outcome::Skipped(why) => println!("SKIPPED: {}: {why}", suite.name),
            Outcome::Ran { counts, failures, excused } => {
                excused.iter().for_each(|line| println!("   {line}"));
                failures.iter().for_each(|line| println!("   {line}"));
                println!("{}: {counts} (libvirt: {})", suite.name, suite.libvirt);
                if counts.failed > excused.len() {
                    worse.push(suite.name);
                }
            }
        }
    }
    if !worse.is_empty() {
        bail!("tests fail that pass with libvirt, in {}", worse.join(", "));
    }
    Ok(())
}

fn find(name: &str) -> Option<&'static Suite> {
    SUITES.iter().find(|suite| suite.name == name)
}

/// Runs one suite on the libraries below `prefix`.
pub fn run_named(name: &str, prefix: &Path) -> Result<Outcome> {
    run_suite(find(name).with_context(|| format!("there is no suite '{name}'"))?, prefix)
}

fn run_suite(suite: &Suite, prefix: &Path) -> Result<Outcome> {
    let folder = match suite.how {
        How::OwnScript => root().join("xtask/suites"),
        _ => root().join("../shared/suites"),
    };
    let script = |name: &str| folder.join(format!("{name}.sh"));
    let has_daemon = prefix.join("sbin/libvirtd").exists();
    match suite.how {
        How::NeedsDaemon | How::ServedPython(_) | How::ServedRust(_) | How::ServedVirtManager(_)
            if !has_daemon =>
        {
            return Ok(Outcome::Skipped("our daemon is not built".to_owned()));
        }
        How::DebianPython { tests_of } => return debian_python(tests_of, prefix),
        How::ServedPython(client) => return served::python(prefix, client),
        How::ServedRust(client) => return served::rust(prefix, client),
        How::ServedVirtManager(client) => return served::virt_manager(prefix, client),
        _ => {}
    }
    if !script(suite.name).exists() {
        return Ok(Outcome::Skipped(format!("{} is not there", script(suite.name).display())));
    }
    let mut command = Command::new(script(suite.name));
    command.arg(prefix).env("SUITES_CACHE", cache());
    if !has_daemon {
        command.env("SUITE_DAEMON", "none");
    }
    let output = command.output().with_context(|| format!("cannot run {}", script(suite.name).display()))?;
    Ok(judge(suite.name, &String::from_utf8_lossy(&output.stdout)))
}

/// What the suites fetch and build.
pub(super) fn cache() -> PathBuf {
    target().join("suites")
}

/// Reads off a script's output what became of its suite.
fn judge(name: &str, output: &str) -> Outcome {
    let tag = format!("[{name}] ");
    let told =
        |line: &&str| line.starts_with("FAILED") || line.starts_with("ERROR") || line.contains("failed (rc");
    let lost = |line: &&str| {
        line.ends_with("... FAILED") || line.contains(" saw no ") || line.contains("not compiled")
    };
    let Some(counts) = output.lines().rev().find_map(|line| Counts::parse(line, name)) else {
        return Outcome::Skipped("its script said no counts".to_owned());
    };
    if counts == self::counts(0, 0, 0) {
        let why = output.lines().find_map(|line| line.strip_prefix(&tag)?.strip_prefix("cannot run: "));
        let log = cache().join("logs").join(format!("{name}.log"));
        let why = why.map_or_else(|| format!("it ran no test; its log is {}", log.display()), str::to_owned);
        return Outcome::Skipped(format!("it can't be run here: {why}"));
    }
    let lines = output.lines().map(|line| line.strip_prefix(&tag).unwrap_or(line));
    excuse(counts, lines.filter(|line| told(line) || lost(line)), FAIL_WITH_LIBVIRT)
}

/// Sorts the lines about tests that failed: those that are in the list of what fails with libvirt, and the others.
pub(super) fn excuse<'a>(
    counts: Counts,
    lines: impl Iterator<Item = &'a str>,
    known: &[(&str, &str)],
) -> Outcome {
    let (mut failures, mut excused) = (Vec::new(), Vec::new());
    for line in lines {
        match known.iter().find(|(part, _)| line.contains(part)) {
            Some((_, why)) => excused.push(format!("{line}: with libvirt, too: {why}")),
            None => failures.push(line.to_owned()),
        }
    }
    Outcome::Ran { counts, failures, excused }
}

/// Runs the tests that another suite has unpacked, with Debian's interpreter and binding.
fn debian_python(tests_of: &str, prefix: &Path) -> Result<Outcome> {
    let sources = cache().join("work").join(tests_of);
    if !sources.join("tests").is_dir() {
        return Ok(Outcome::Skipped(format!("its tests are those of {tests_of}, which must be run first")));
    }
    let output = Command::new("/usr/bin/python3")
        .args(["-m", "pytest", "-p", "no:cacheprovider", "-q", "-rfE", "tests"])
        .current_dir(&sources)
        .env("LD_LIBRARY_PATH", prefix.join("lib"))
        .output();
    let Ok(output) = output else { return Ok(Outcome::Skipped("there is no /usr/bin/python3".to_owned())) };
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(counts) = text.lines().rev().find_map(pytest_counts) else {
        return Ok(Outcome::Skipped(
            "python3-pytest, python3-lxml or python3-libvirt is not installed".to_owned(),
        ));
    };
    let failures = text.lines().filter(|line| line.starts_with("FAILED") || line.starts_with("ERROR"));
    Ok(Outcome::Ran { counts, failures: failures.map(str::to_owned).collect(), excused: Vec::new() })
}

/// Reads a line such as `2 failed, 16 passed, 3 skipped in 0.20s`.
pub(super) fn pytest_counts(line: &str) -> Option<Counts> {
    let number = |word: &str| {
        let parts = line.split(" in ").next()?.split(", ");
        parts
            .filter_map(|part| part.trim().split_once(' '))
            .find(|(_, name)| name.starts_with(word))?
            .0
            .parse()
            .ok()
    };
    let (passed, failed): (Option<usize>, Option<usize>) = (number("passed"), number("failed"));
    passed.or(failed)?;
    let failed = failed.unwrap_or(0) + number("error").unwrap_or(0);
    Some(counts(passed.unwrap_or(0), failed, number("skipped").unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_off_the_last_line() {
        assert_eq!(Counts::parse("a-b: passed 3 failed 1 skipped 2", "a-b"), Some(counts(3, 1, 2)));
        assert_eq!(Counts::parse("a-b: passed 3", "a-b"), None);
        assert_eq!(pytest_counts("2 failed, 16 passed, 3 skipped in 0.20s"), Some(counts(16, 2, 3)));
        assert_eq!(pytest_counts("1 error in 0.26s"), None);
    }

    #[test]
    fn what_fails_with_libvirt_is_excused() {
        let output =
            "FAILED t::virt_install_osinfo_url - A\nFAILED t::other - B\nx: passed 1 failed 2 skipped 0\n";
        let Outcome::Ran { counts, failures, excused } = judge("x", output) else { panic!("it ran") };
        assert_eq!((counts.failed, failures.len(), excused.len()), (2, 1, 1));
    }

    #[test]
    fn a_suite_that_could_not_run_says_why() {
        let output = "[x] cannot run: no source archive\nx: passed 0 failed 0 skipped 0\n";
        let Outcome::Skipped(why) = judge("x", output) else { panic!("it can't have run") };
        assert!(why.contains("no source archive"));
    }
}
