//! `cargo xtask conformance walks`: random walks over the mock hypervisor with libvirt's Python binding, beside libvirt.
//!
//! The walks themselves are `tests/walk/`. A walk counts as different from its first other answer on: what follows may be
//! so for that alone.

use crate::calls::{self, PEER};
use crate::packages::{self, Purpose};
use crate::{dist, root, target};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

#[derive(clap::Args)]
pub struct Args {
    /// Libraries that are there already, instead of new ones
    #[arg(long)]
    prefix: Option<PathBuf>,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many walks
    #[arg(long, default_value_t = 70)]
    walks: u64,
    /// How many calls a walk
    #[arg(long, default_value_t = 300)]
    steps: u32,
}

/// What became of one walk.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Same,
    /// libvirt itself ended early: what came before is the same.
    PeerEnded,
    /// The call, libvirt's answer and ours.
    Different {
        call: String,
        peer: String,
        ours: String,
    },
}

/// What a walk prints last.
const END: &str = "the end";
/// Before that it names the functions of the library that it called.
const CALLED: &str = "called ";

pub fn run(args: &Args) -> Result<()> {
    if !Path::new(PEER).join("libvirt.so.0").exists() {
        println!("SKIPPED: no stock libvirt in {PEER} to compare with");
        return Ok(());
    }
    let prefix = match &args.prefix {
        Some(prefix) => prefix.clone(),
        None => dist::build(Some(&target().join("test-prefix")), false)?,
    };
    packages::ensure(Purpose::Tests)?;
    let next = AtomicU64::new(args.from);
    let called = Mutex::new(BTreeSet::new());
    let walker = || {
        let mut outcomes = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= args.from + args.walks {
                return Ok(outcomes);
            }
            let (outcome, names) = walk(&prefix, seed, args.steps)?;
            called.lock().expect("nobody panics with it").extend(names);
            outcomes.push((seed, outcome));
        }
    };
    let outcomes: Vec<(u64, Outcome)> = thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let walkers: Vec<_> = (0..count).map(|_| scope.spawn(walker)).collect();
        walkers
            .into_iter()
            .map(|walker| walker.join().expect("a walker does not panic"))
            .collect::<Result<Vec<_>>>()
    })?
    .into_iter()
    .flatten()
    .collect();
    report_functions(&prefix, &called.into_inner().expect("nobody panics with it"))?;
    report(&outcomes)
}

/// Tells which functions no walk has called; the binding has no way to some of them.
fn report_functions(prefix: &Path, called: &BTreeSet<String>) -> Result<()> {
    let functions = calls::functions(&prefix.join("share/libvirt/api"))?;
    let (reached, missed): (Vec<_>, Vec<_>) = functions.iter().partition(|name| called.contains(*name));
    println!("functions called: {}; never called: {}", reached.len(), missed.len());
    missed.iter().for_each(|name| println!("   {name}"));
    Ok(())
}

fn report(outcomes: &[(u64, Outcome)]) -> Result<()> {
    for (seed, outcome) in outcomes {
        if let Outcome::Different { call, peer, ours } = outcome {
            println!("seed {seed}: {call}\n    peer: {peer}\n    ours: {ours}");
        }
    }
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|(_, outcome)| wanted(outcome)).count();
    let different = count(|outcome| matches!(outcome, Outcome::Different { .. }));
    let ended = count(|outcome| *outcome == Outcome::PeerEnded);
    let same = outcomes.len() - different - ended;
    println!("walks: {same} the same, {different} not, {ended} that libvirt did not get through");
    if different > 0 { bail!("our library answers otherwise") } else { Ok(()) }
}

/// What became of a walk, and which functions it called.
fn walk(prefix: &Path, seed: u64, steps: u32) -> Result<(Outcome, Vec<String>)> {
    let folder = tempfile::tempdir()?;
    let answers = |library: &Path| -> Result<String> {
        let mut python = Command::new("/usr/bin/python3");
        python.arg("-B").arg(root().join("tests/walk/walk.py")).arg(folder.path());
        python.args([seed.to_string(), steps.to_string()]).arg(root().join("../shared/fixtures"));
        python.env("LD_LIBRARY_PATH", library).env("HOME", folder.path());
        let output = python.output().context("cannot run python3")?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let peer = answers(Path::new(PEER))?;
    // The same folder, and nothing in it: paths are told, too.
    for entry in std::fs::read_dir(folder.path())? {
        let path = entry?.path();
        if path.is_file() {
            std::fs::remove_file(path)?;
        }
    }
    let names = peer.lines().filter_map(|line| line.strip_prefix(CALLED)).flat_map(str::split_whitespace);
    let names = names.map(str::to_owned).collect();
    Ok((compare(&peer, &answers(&prefix.join("lib"))?), names))
}

fn compare(peer: &str, ours: &str) -> Outcome {
    let mut call = "";
    let mut others = ours.lines();
    for line in peer.lines() {
        let other = others.next().unwrap_or("no answer");
        if line != other {
            let (peer, ours) = difference(line, other);
            return Outcome::Different { call: call.to_owned(), peer, ours };
        }
        if !line.starts_with(' ') {
            call = line;
        }
    }
    if peer.ends_with(&format!("{END}\n")) { Outcome::Same } else { Outcome::PeerEnded }
}

/// The two lines from a little before the place on where they differ.
fn difference(peer: &str, ours: &str) -> (String, String) {
    const BEFORE: usize = 60;
    const SHOWN: usize = 300;
    let same = peer.chars().zip(ours.chars()).take_while(|(one, other)| one == other).count();
    let part = |line: &str| line.chars().skip(same.saturating_sub(BEFORE)).take(SHOWN).collect();
    (part(peer), part(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_other_answer_is_told_with_its_call() {
        let peer = "0 one.create []\n   -> 0\n1 two.name []\n   -> a\nthe end\n";
        assert_eq!(compare(peer, peer), Outcome::Same);
        let different = |call: &str, peer: &str, ours: &str| Outcome::Different {
            call: call.to_owned(),
            peer: peer.to_owned(),
            ours: ours.to_owned(),
        };
        let other = peer.replace("-> a", "-> b");
        assert_eq!(compare(peer, &other), different("1 two.name []", "   -> a", "   -> b"));
        assert_eq!(compare(peer, "0 one.create []\n"), different("0 one.create []", "   -> 0", "no answer"));
        assert_eq!(compare("0 one.create []\n", peer), Outcome::PeerEnded);
    }
}
