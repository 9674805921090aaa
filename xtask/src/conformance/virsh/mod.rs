//! `cargo xtask conformance virsh`: scripts of commands, said by the stock `virsh` to the stock daemon and to ours, and by
//! our `virsh` to the stock daemon. What comes of every line is to be the same.
//!
//! The scripts and the documents that they use are in `xtask/virsh`. Differences that are meant are in `known.txt` there,
//! each below its reason.

mod answers;

use crate::packages::{self, Purpose};
use crate::{dist, guest, root, target};
use answers::{Answer, Form};
use anyhow::{Context, Result, bail};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub struct Args {
    /// Programs and libraries that are there already, instead of new ones
    #[arg(long)]
    prefix: Option<PathBuf>,
    /// Only this script: domain, live, blocks, network, storage, others or host
    #[arg(long)]
    only: Vec<String>,
    /// Only this pair: 'daemon' (ours, with the stock virsh) or 'client' (our virsh, on the stock daemon)
    #[arg(long)]
    pair: Option<Pair>,
    /// Take what the stock programs said the last time, where the script is still the same
    #[arg(long)]
    reuse: bool,
    /// Only compare again what all programs said the last time
    #[arg(long)]
    compare: bool,
}

/// Which of the two programs is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Pair {
    Stock,
    Daemon,
    Client,
}

const SCRIPTS: &[&str] = &["domain", "live", "blocks", "network", "storage", "others", "host"];
const STOCK_DAEMON: &str = "/usr/sbin/libvirtd";
const STOCK_VIRSH: &str = "/usr/bin/virsh";

pub fn run(args: &Args) -> Result<()> {
    if let Some(odd) = args.only.iter().find(|name| !SCRIPTS.contains(&name.as_str())) {
        bail!("there is no script '{odd}'; there are {}", SCRIPTS.join(", "));
    }
    packages::ensure(Purpose::Bench)?;
    if !Path::new(STOCK_DAEMON).exists() || !Path::new(STOCK_VIRSH).exists() {
        println!("SKIPPED: {STOCK_DAEMON} or {STOCK_VIRSH} is not here to compare with");
        return Ok(());
    }
    let prefix = match &args.prefix {
        Some(prefix) => std::path::absolute(prefix)?,
        None => dist::build(Some(&target().join("test-prefix")), false)?,
    };
    guest::prepare(&target())?;
    let known = Known::read()?;
    let mut different = 0;
    for name in SCRIPTS.iter().filter(|name| args.only.is_empty() || args.only.iter().any(|one| one == *name))
    {
        let script = Script::read(name)?;
        let stock = script.answers(Pair::Stock, &prefix, args.reuse || args.compare)?;
        for pair in [Pair::Daemon, Pair::Client] {
            if args.pair.is_some_and(|wanted| wanted != pair) {
                continue;
            }
            let ours = script.answers(pair, &prefix, args.compare)?;
            different += script.compare(pair, &stock, &ours, &known)?;
        }
    }
    if different > 0 {
        bail!("{different} lines are answered otherwise");
    }
    Ok(())
}

/// A script of commands.
struct Script {
    name: &'static str,
    path: PathBuf,
    lines: Vec<String>,
}

impl Script {
    fn read(name: &'static str) -> Result<Self> {
        let path = folder().join("scripts").join(format!("{name}.txt"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(Self { name, path, lines: text.lines().map(str::to_owned).collect() })
    }

    /// The lines that virsh is told, each with its number.
    fn commands(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.lines.iter().enumerate().map(|(at, line)| (at + 1, line.as_str()));
        lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(['#', '!']))
    }

    /// What a pair of programs makes of the script.
    fn answers(&self, pair: Pair, prefix: &Path, reuse: bool) -> Result<HashMap<usize, Answer>> {
        let folder =
            target().join("conformance-virsh").join(format!("{}-{pair:?}", self.name).to_lowercase());
        let said = folder.join("script.txt");
        if !reuse || fs::read(&said).ok() != Some(fs::read(&self.path)?) {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder)?;
            self.say(pair, prefix, &folder)?;
            fs::copy(&self.path, said)?;
        }
        self.commands().map(|(number, _)| Ok((number, Answer::read(&folder, number)?))).collect()
    }

    fn say(&self, pair: Pair, prefix: &Path, answers: &Path) -> Result<()> {
        let daemon = match pair {
            Pair::Daemon => prefix.join("sbin/libvirtd"),
            _ => STOCK_DAEMON.into(),
        };
        let (virsh, libraries) = match pair {
            Pair::Client => (prefix.join("bin/virsh"), prefix.join("lib")),
            _ => (STOCK_VIRSH.into(), PathBuf::new()),
        };
        let output = Command::new("unshare")
            .args(["-m", "-n", "-p", "-f", "--kill-child", "--mount-proc"])
            .arg(folder().join("run.sh"))
            .args([&daemon, &virsh, &libraries, &self.path, &folder().join("documents")])
            .args([&target().join("guest"), answers])
            .output()
            .context("cannot run unshare")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("the script '{}' can't be run with {}: {}", self.name, daemon.display(), said.trim());
        }
        Ok(())
    }

    /// Prints what differs and is not known to; how many lines that is comes back.
    fn compare(
        &self,
        pair: Pair,
        stock: &HashMap<usize, Answer>,
        ours: &HashMap<usize, Answer>,
        known: &Known,
    ) -> Result<usize> {
        let form = Form::of_documents(&folder().join("documents"))?;
        let (mut same, mut meant, mut different) = (0, 0, 0);
        let mut seen = HashSet::new();
        for (number, line) in self.commands() {
            let (theirs, own) = (&stock[&number], &ours[&number]);
            match form.normal(theirs, line).difference(&form.normal(own, line)) {
                None => same += 1,
                Some(_) if known.has(pair, self.name, line) => {
                    seen.insert(line);
                    meant += 1;
                }
                Some(difference) => {
                    different += 1;
                    println!("{}:{number}: {line} ({pair:?})\n{difference}", self.name);
                }
            }
        }
        let lines: HashSet<_> = self.commands().map(|(_, line)| line).collect();
        for line in lines.into_iter().filter(|line| known.has(pair, self.name, line) && !seen.contains(line))
        {
            println!("{}: {line} ({pair:?}): no longer different, to be taken from known.txt", self.name);
        }
        println!(
            "virsh {} ({pair:?}): {same} the same, {meant} known to differ, {different} different",
            self.name
        );
        Ok(different)
    }
}

/// Differences that are meant.
struct Known(Vec<(String, String)>);

impl Known {
    /// Lines `PAIR SCRIPT COMMAND`, where the pair may be `both`, below comments that say why.
    fn read() -> Result<Self> {
        let text = fs::read_to_string(folder().join("known.txt")).context("xtask/virsh/known.txt")?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.split_once(' '));
        Ok(Self(pairs.map(|(pair, line)| (pair.to_owned(), line.to_owned())).collect()))
    }

    fn has(&self, pair: Pair, script: &str, command: &str) -> bool {
        let (pair, line) = (format!("{pair:?}").to_lowercase(), format!("{script} {command}"));
        self.0.iter().any(|(of, known)| (*of == pair || of == "both") && *known == line)
    }
}

fn folder() -> PathBuf {
    root().join("xtask/virsh")
}
