//! `cargo xtask conformance xml`: what the models make of libvirt's own test documents, suite by suite, in process.
//!
//! The counts are kept in `xtask/counts/xml.tsv`, from where they go into `docs/status.md`. Where the fixtures are not
//! beside the project, the kept counts stay.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{codegen, root};

/// Where the counts are kept: a line a suite, its name, how many come out the same, and of how many.
pub const COUNTS: &str = "xtask/counts/xml.tsv";

#[derive(clap::Args)]
pub struct Args {
    /// Only this suite; the kept counts stay as they are
    #[arg(long)]
    suite: Option<String>,
    /// How many failures of a suite to show
    #[arg(long, default_value_t = 10)]
    show: usize,
    /// The folder with the fixtures
    #[arg(long)]
    fixtures: Option<PathBuf>,
}

/// A suite's counts.
#[derive(Debug, PartialEq, Eq)]
pub struct Count {
    pub suite: String,
    pub same: usize,
    pub all: usize,
}

pub fn run(args: &Args) -> Result<()> {
    let Some(fixtures) = args.fixtures.clone().or_else(find_fixtures) else {
        println!("SKIPPED: there is no ../shared/fixtures; the kept counts stay ({COUNTS})");
        print!("{}", fs::read_to_string(root().join(COUNTS)).unwrap_or_default());
        return Ok(());
    };
    let (show, folder) = (args.show.to_string(), fixtures.to_string_lossy());
    let mut options = vec![&*folder, "--show", &show];
    if let Some(suite) = &args.suite {
        options.extend(["--suite", suite]);
    }
    let mut output = example("ferrovirt-conf", "xml_pairs", &options)?;
    if args.suite.as_deref().is_none_or(|suite| suite == QEMU) {
        output += &qemu_domains(&folder, &show)?;
    }
    print!("{output}");
    let counts = read_counts(&output);
    let (same, all) = counts.iter().fold((0, 0), |(same, all), count| (same + count.same, all + count.all));
    println!("all together\t{same}\t{all}");
    if args.suite.is_none() {
        keep(&counts)?;
    }
    Ok(())
}

/// The suite that needs the QEMU driver's defaults.
const QEMU: &str = "QEMU domains, x86_64";

/// `IDENTICAL identical, REFUSED refused as expected, N differ, M with …`, made a line as the others are.
fn qemu_domains(fixtures: &str, show: &str) -> Result<String> {
    let output = example("ferrovirt-driver-qemu", "conformance", &["--fixtures", fixtures, "--show", show])?;
    let last = output.lines().last().unwrap_or_default();
    let numbers: Vec<usize> = last.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [same, refused, differ, strange] = numbers[..] else {
        bail!("the comparison of QEMU domains says {last:?} in the end");
    };
    let shown: String =
        output.lines().take_while(|line| !line.starts_with("most frequent")).collect::<Vec<_>>().join("\n");
    let gap = if shown.is_empty() { "" } else { "\n" };
    Ok(format!("{shown}{gap}{QEMU}\t{}\t{}\n", same + refused, same + refused + differ + strange))
}

fn example(package: &str, name: &str, options: &[&str]) -> Result<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", package, "--example", name, "--"]).args(options);
    // It fails where something differs, which its output tells better.
    let output = command.current_dir(root()).output().with_context(|| format!("cannot run {name}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.is_empty() {
        bail!("{name} says nothing: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

/// The fixtures beside the project, or beside a folder that it is in.
fn find_fixtures() -> Option<PathBuf> {
    root().ancestors().map(|folder| folder.join("shared/fixtures")).find(|path| path.is_dir())
}

/// The counts among other lines.
fn read_counts(text: &str) -> Vec<Count> {
    let read = |line: &str| {
        let mut fields = line.split('\t');
        let suite = fields.next()?.to_owned();
        let (same, all) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        fields.next().is_none().then_some(Count { suite, same, all })
    };
    text.lines().filter_map(read).collect()
}

/// The kept counts.
pub fn kept(root: &Path) -> Vec<Count> {
    read_counts(&fs::read_to_string(root.join(COUNTS)).unwrap_or_default())
}

/// Keeps the counts of suites of which there are documents, and writes the status page anew.
fn keep(counts: &[Count]) -> Result<()> {
    let path = root().join(COUNTS);
    fs::create_dir_all(path.parent().expect("it is in a folder"))?;
    let lines = counts.iter().filter(|count| count.all > 0);
    let text: String =
        lines.map(|count| format!("{}\t{}\t{}\n", count.suite, count.same, count.all)).collect();
    fs::write(&path, text).with_context(|| path.display().to_string())?;
    codegen::write_status()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_found_between_failures() {
        let counts = read_counts("  web: expected \"a\"\nnetworks\t28\t29\nnot\ta\tcount\nx\t1\n");
        assert_eq!(counts, [Count { suite: "networks".into(), same: 28, all: 29 }]);
    }

    #[test]
    fn the_kept_counts_are_whole() {
        let counts = kept(&root());
        assert!(counts.len() > 10 && counts.iter().all(|count| count.same <= count.all));
    }
}
