//! Suites over a daemon: the same tests of others, sent to `test+unix:///default`, where our daemon runs the test driver.
//!
//! Each is run with the stock client library and with ours. Daemon and tests are in namespaces of their own.

use super::suites::{self, Counts, Outcome, cache, counts, excuse, pytest_counts};
use crate::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the tests look for the test driver, and where they are to.
const HERE: &str = "test:///default";
const SERVED: &str = "test+unix:///default";

/// The library that the tests are run on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Stock,
    Ours,
}

/// Tests that fail with libvirt's own library and daemon, each by a part of the line that reports it, and why.
const FAIL_WITH_LIBVIRT: &[(&str, &str)] =
    &[("test_aio.py", "the event loop is taken to be idle, but it watches the connection's socket")];

/// Daemon and tests see nothing of the host's sockets and settings. The daemon's output goes where it can be read.
const SCRIPT: &str = "daemon=$1 log=$2; shift 2
for dir in /run /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
    mkdir -p $dir && mount -t tmpfs -o mode=755 tmpfs $dir || exit
done
ip link set lo up
LD_LIBRARY_PATH= $daemon >$log 2>&1 & pid=$!
for turn in $(seq 600); do [ -S /run/libvirt/libvirt-sock ] && break; sleep 0.1; done
\"$@\"; code=$?
kill $pid; wait $pid
exit $code";

/// A command line beside a daemon of ours.
fn beside_daemon(prefix: &Path, client: Client) -> Command {
    let log = cache().join("logs/served.daemon.log");
    let mut command = Command::new("unshare");
    command.args(["-m", "-n", "sh", "-c", SCRIPT, "sh"]).arg(prefix.join("sbin/libvirtd")).arg(log);
    if client == Client::Ours {
        command.env("LD_LIBRARY_PATH", prefix.join("lib"));
    }
    command
}

/// The tests of libvirt's Python binding, in Debian's Python.
pub fn python(prefix: &Path, client: Client) -> Result<Outcome> {
    let sources = cache().join("work/libvirt-python/tests");
    if !sources.is_dir() {
        return Ok(Outcome::Skipped(
            "its tests are those of libvirt-python, which must be run first".to_owned(),
        ));
    }
    let folder = cache().join("work/libvirt-python-served");
    copy_served(&sources, &folder.join("tests"))?;
    let output = beside_daemon(prefix, client)
        .args(["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rfE", "tests"])
        .current_dir(&folder)
        .output()
        .context("cannot run unshare")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(counts) = text.lines().rev().find_map(pytest_counts) else {
        return Ok(Outcome::Skipped(
            "python3-pytest, python3-lxml or python3-libvirt is not installed".to_owned(),
        ));
    };
    let told = text.lines().filter(|line| line.starts_with("FAILED") || line.starts_with("ERROR"));
    Ok(excuse(counts, told, FAIL_WITH_LIBVIRT))
}

/// virt-manager's tests, in Debian's Python. A plugin has the daemon open what they open.
pub fn virt_manager(prefix: &Path, client: Client) -> Result<Outcome> {
    let sources = cache().join("work/virt-manager/src");
    if !sources.is_dir() {
        return Ok(Outcome::Skipped(
            "its tests are those of virt-manager, which must be run first".to_owned(),
        ));
    }
    let home = tempfile::tempdir()?;
    let output = beside_daemon(prefix, client)
        .args(["/usr/bin/python3", "-m", "pytest", "-p", "served", "-p", "no:cacheprovider", "-q"])
        .current_dir(&sources)
        .env("PYTHONPATH", root().join("xtask/suites"))
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .output()
        .context("cannot run unshare")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(counts) = text.lines().rev().find_map(pytest_counts) else {
        bail!("virt-manager's tests say no counts: {}", String::from_utf8_lossy(&output.stderr));
    };
    let told = text.lines().filter(|line| line.starts_with("FAILED") || line.starts_with("ERROR"));
    Ok(excuse(counts, told, suites::FAIL_WITH_LIBVIRT))
}

/// The tests of the Rust crate `virt`.
pub fn rust(prefix: &Path, client: Client) -> Result<Outcome> {
    let Some(sources) = virt_crate() else {
        return Ok(Outcome::Skipped("its tests are those of virt-rs, which must be run first".to_owned()));
    };
    let folder = cache().join("work/virt-rs-served");
    copy_served(&sources, &folder)?;
    let programs = build_tests(&folder, prefix)?;
    let output = beside_daemon(prefix, client)
        .args(["sh", "-c", "for program; do \"$program\" 2>&1; done", "sh"])
        .args(&programs)
        .current_dir(&folder)
        .output()
        .context("cannot run unshare")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut sum = Counts { passed: 0, failed: 0, skipped: 0 };
    for line in text.lines().filter(|line| line.starts_with("test result: ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<usize>().ok()).unwrap_or(0);
        sum = counts(sum.passed + number(3), sum.failed + number(5), 0);
    }
    if sum.passed + sum.failed == 0 {
        bail!("the tests of virt-rs said no counts: {text}");
    }
    let told = text.lines().filter(|line| line.starts_with("test ") && line.ends_with("FAILED"));
    Ok(excuse(sum, told, &[]))
}

fn virt_crate() -> Option<PathBuf> {
    let entries = fs::read_dir(cache()).ok()?.flatten();
    let mut found = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("virt-rs-"));
    found.find_map(|entry| Some(entry.path().join("crate")).filter(|path| path.is_dir()))
}

/// Builds the crate's tests on the libraries of a prefix; the programs come back.
fn build_tests(folder: &Path, prefix: &Path) -> Result<Vec<String>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--offline", "--features", "qemu,api_coverage", "--lib", "--tests", "--no-run"])
        .args(["--message-format", "json"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", cache().join("work/virt-rs-served-target"))
        .env("LD_LIBRARY_PATH", prefix.join("lib"))
        .env("LIBRARY_PATH", prefix.join("lib"))
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"))
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("the tests of virt-rs do not compile: {}", String::from_utf8_lossy(&output.stderr));
    }
    let messages = String::from_utf8(output.stdout)?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    Ok(messages.filter_map(|message| message["executable"].as_str().map(str::to_owned)).collect())
}

/// Copies sources; what was sent to the test driver in the same process is sent to the daemon.
fn copy_served(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_served(&path, &copy)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            let text = text.replace(HERE, SERVED);
            // What stays as it is need not be compiled again.
            if fs::read_to_string(&copy).ok().as_deref() != Some(&text) {
                fs::write(copy, text)?;
            }
        }
    }
    Ok(())
}
