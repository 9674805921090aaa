//! `cargo xtask bench`: the same C program on the stock library and on ours, in turns, and how they compare.

mod bare;
mod daemon;
mod load;

use crate::packages::{self, Purpose};
use crate::{dist, root, target};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub struct Args {
    /// How often each side runs
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many guests a run starts
    #[arg(long, default_value_t = 10)]
    starts: usize,
    /// How many guests a run defines
    #[arg(long, default_value_t = 500)]
    defined: usize,
    /// How many guests a run defines on test:///default
    #[arg(long, default_value_t = 2000)]
    mock: usize,
    /// Measure test:///default only
    #[arg(long)]
    only_mock: bool,
    /// Measure the daemons instead: what goes over their sockets, a restart, memory
    #[arg(long)]
    daemon: bool,
    #[command(flatten)]
    load: load::Load,
    /// Use the prefix laid out there instead of building one
    #[arg(long)]
    prefix: Option<PathBuf>,
}

/// A kind of work, and what ours may take of the peer's time.
struct Budget {
    work: &'static str,
    must: f64,
    should: f64,
}

/// DESIGN's budgets, as far as they hold without a daemon between.
const BUDGETS: &[Budget] = &[
    Budget { work: "destroy", must: 0.3, should: 0.15 },
    Budget { work: "define", must: 0.5, should: 0.2 },
    Budget { work: "xml", must: 0.5, should: 0.25 },
    Budget { work: "test-define", must: 0.2, should: 0.1 },
    Budget { work: "test-xml", must: 0.5, should: 0.25 },
    Budget { work: "model", must: 0.5, should: 0.25 },
];

/// Look-ups may take so much longer among all guests of the mock host than among a tenth of them, for noise.
const LOOKUP_GROWTH: f64 = 1.5;

/// What the work on a tenth of the mock's guests is called.
const FEW: &str = "test-few-";

/// Medians in microseconds, by work, one a run.
type Times = BTreeMap<String, Vec<f64>>;

pub fn run(args: &Args) -> Result<()> {
    packages::ensure(Purpose::Bench)?;
    let prefix = match &args.prefix {
        Some(prefix) => std::path::absolute(prefix)?,
        None => dist::build(None, true)?,
    };
    if args.load.load {
        return load::run(&args.load, &prefix, &Side::peer()?.library);
    }
    if args.load.hung {
        return load::run_hung(&prefix, &Side::peer()?.library);
    }
    let program = compile(&prefix, "bench")?;
    if args.daemon {
        return run_daemons(args, &prefix, &program);
    }
    let sides = [Side::peer()?, Side { name: "ours", library: prefix.join("lib") }];
    println!("== {} rounds: {} starts and {} definitions each", args.rounds, args.starts, args.defined);
    let mut times = [Times::new(), Times::new()];
    let mut bare = Vec::new();
    for _ in 0..args.rounds {
        if !args.only_mock {
            bare.push(bare::qmp_ready(args.starts)?);
        }
        for (side, times) in sides.iter().zip(&mut times) {
            if !args.only_mock {
                side.run(&program, "start", args.starts, times)?;
                side.run(&program, "defined", args.defined, times)?;
            }
            side.run_models(&program, args.defined, times)?;
            side.run_on_mock(&program, args.mock, "test-", times)?;
            side.run_on_mock(&program, args.mock.div_ceil(10), FEW, times)?;
        }
    }
    report(&times, &mut bare)
}

/// The daemons in turns, each with its own library as the client; and ours once more with the stock one, which most
/// programs will have for long.
fn run_daemons(args: &Args, prefix: &Path, program: &Path) -> Result<()> {
    let (stock, own) = (Side::peer()?, Side { name: "ours", library: prefix.join("lib") });
    let daemons = [PathBuf::from("/usr/sbin/libvirtd"), prefix.join("sbin/libvirtd")];
    println!("== {} rounds with {} definitions each", args.rounds, args.defined);
    let [mut peer, mut ours, mut mixed] = [Times::new(), Times::new(), Times::new()];
    for _ in 0..args.rounds {
        let ways = [
            (&stock, &daemons[0], &mut peer),
            (&own, &daemons[1], &mut ours),
            (&stock, &daemons[1], &mut mixed),
        ];
        for (client, daemon, times) in ways {
            client.time(daemon::command(daemon, program, args.defined), "", times)?;
        }
    }
    println!("== our library on our daemon");
    let both = [peer, ours];
    say_missed(&compare(&both, daemon::BUDGETS));
    println!("== the stock library on our daemon");
    let [peer, _] = both;
    say_missed(&compare(&[peer, mixed], daemon::BUDGETS));
    Ok(())
}

/// A library to run the program on.
struct Side {
    name: &'static str,
    library: PathBuf,
}

impl Side {
    fn peer() -> Result<Self> {
        let output = Command::new("ldconfig").arg("-p").output().context("cannot run ldconfig")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.trim_start().starts_with("libvirt.so.0 "));
        let path = line
            .and_then(|line| line.rsplit("=> ").next())
            .context("the stock libvirt.so.0 is not installed")?;
        let folder = Path::new(path.trim()).parent().context("a library lies in a folder")?;
        Ok(Self { name: "peer", library: folder.to_owned() })
    }

    /// Runs one kind of work in namespaces and a root folder of its own.
    fn run(&self, program: &Path, work: &str, count: usize, times: &mut Times) -> Result<()> {
        let folder = tempfile::tempdir()?;
        // The peer logs by a daemon of its own unless told otherwise, and would change to a user that is not here.
        std::fs::create_dir_all(folder.path().join("etc"))?;
        let settings = "stdio_handler = \"file\"\nuser = \"root\"\ngroup = \"root\"\n";
        std::fs::write(folder.path().join("etc/qemu.conf"), settings)?;
        let script = "mount -t tmpfs none /run; mkdir -p /var/lib/libvirt; mount -t tmpfs none /var/lib/libvirt; \
                      ip link set lo up; exec \"$@\"";
        let mut command = Command::new("unshare");
        command
            .args(["-m", "-n", "sh", "-c", script, "sh"])
            .arg(program)
            .args(["--uri", &format!("qemu:///embed?root={}", folder.path().display())])
            .args(["--work", work, "--count", &count.to_string()]);
        self.time(command, "", times)
    }

    /// Reads and writes a typical definition so many times, which is what the driver for tests does.
    fn run_models(&self, program: &Path, count: usize, times: &mut Times) -> Result<()> {
        let mut command = Command::new(program);
        command
            .args(["--uri", "test:///default", "--work", "model", "--count", &count.to_string(), "--file"])
            .arg(root().join("xtask/bench/typical.xml"));
        self.time(command, "", times)
    }

    /// Defines so many guests on test:///default, and asks about them. `prefix` goes before the names of the work.
    fn run_on_mock(&self, program: &Path, count: usize, prefix: &str, times: &mut Times) -> Result<()> {
        let mut command = Command::new(program);
        command
            .args(["--uri", "test:///default", "--work", "defined", "--count", &count.to_string()])
            .env("BENCH_TYPE", "test");
        self.time(command, prefix, times)
    }

    /// Runs the program on this library and takes in the medians that it prints.
    fn time(&self, mut command: Command, prefix: &str, times: &mut Times) -> Result<()> {
        let output =
            command.env("LD_LIBRARY_PATH", &self.library).output().context("cannot run the timed program")?;
        if !output.status.success() {
            bail!("{command:?} on {}: {}", self.name, String::from_utf8_lossy(&output.stderr).trim());
        }
        for line in String::from_utf8(output.stdout)?.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let [work, _count, median, _minimum] = words[..] else { bail!("cannot read '{line}'") };
            times.entry(format!("{prefix}{work}")).or_default().push(median.parse()?);
        }
        Ok(())
    }
}

/// Compiles a program of `xtask/bench`.
fn compile(prefix: &Path, name: &str) -> Result<PathBuf> {
    let program = target().join(format!("{name}-program"));
    let status = Command::new("cc")
        .args(["-std=gnu11", "-O1", "-pthread", "-o"])
        .arg(&program)
        .arg(root().join(format!("xtask/bench/{name}.c")))
        .arg(format!("-I{}", prefix.join("include").display()))
        .arg(format!("-L{}", prefix.join("lib").display()))
        .arg("-lvirt")
        .status()
        .context("cannot run cc")?;
    if !status.success() {
        bail!("the program that is timed does not compile");
    }
    Ok(program)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints the sides beside each other; what misses its budget comes back.
fn compare(times: &[Times; 2], budgets: &[Budget]) -> Vec<String> {
    let [peer, ours] = times;
    println!("{:<14} {:>12} {:>12} {:>8}  budget", "work", "peer µs", "ours µs", "ratio");
    let mut missed = Vec::new();
    for (work, values) in ours {
        let ours = median(&mut values.clone());
        let peer = peer.get(work).map_or(f64::NAN, |values| median(&mut values.clone()));
        let budget = budgets.iter().find(|budget| budget.work == work);
        let said = budget.map_or(String::new(), |budget| {
            if ours / peer > budget.must {
                missed.push(work.clone());
            }
            format!("must {}, should {}", budget.must, budget.should)
        });
        println!("{work:<14} {peer:>12.1} {ours:>12.1} {:>8.3}  {said}", ours / peer);
    }
    missed
}

fn say_missed(missed: &[String]) {
    if !missed.is_empty() {
        println!("budgets missed: {}", missed.join(", "));
    }
}

fn report(times: &[Times; 2], bare: &mut [f64]) -> Result<()> {
    let mut missed = compare(times, BUDGETS);
    let ours = &times[1];
    let of = |work: &str| ours.get(work).map_or(f64::NAN, |values| median(&mut values.clone()));
    let growth = of("test-lookup") / of(&format!("{FEW}lookup"));
    println!("a look-up among ten times the guests takes {growth:.2} of the time (must not grow)");
    if growth > LOOKUP_GROWTH {
        missed.push("test-lookup".into());
    }
    if !bare.is_empty() {
        let (start, bare) = (of("start"), median(bare));
        println!(
            "bare QEMU to QMP ready: {bare:.0} µs; a start takes {:.2} of that (must 2, should 1.2)",
            start / bare
        );
        if start / bare > 2.0 {
            missed.push("start".into());
        }
    }
    say_missed(&missed);
    Ok(())
}
