//! `ferrovirt-fuzz --seconds N [--target NAME …] [--from NUMBER]`: inputs for as long as there is time, all targets in
//! turn. `--input NUMBER` feeds one, which a failure has named.

use clap::Parser;
use ferrovirt_fuzz::{Target, daemon, run_one, targets};
use std::time::{Duration, Instant};

#[derive(Parser)]
struct Args {
    /// For how long
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only these targets
    #[arg(long)]
    target: Vec<String>,
    /// The number of the first input
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// This input, and no other
    #[arg(long)]
    input: Option<u64>,
}

/// How many inputs a target gets before it is the next one's turn.
const TURN: u64 = 500;
/// How often it says how far it has come.
const REPORTS: Duration = Duration::from_secs(60);

fn main() {
    let args = Args::parse();
    let mut targets = targets();
    targets.extend(daemon::targets());
    targets.retain(|target| args.target.is_empty() || args.target.contains(&target.name));
    if let Some(number) = args.input {
        for target in &targets {
            println!("{}: {}", target.name, if run_one(target, number) { "accepted" } else { "refused" });
        }
        return daemon::clean_up();
    }
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let mut number = args.from;
    let (mut warm, mut told) = (None, Instant::now());
    while Instant::now() < end {
        let turn = |target: &Target| {
            for number in number..number + TURN {
                run_one(target, number);
            }
        };
        targets.iter().for_each(turn);
        number += TURN;
        let (now, first) = (Held::now(), *warm.get_or_insert_with(Held::now));
        if told.elapsed() > REPORTS {
            println!("to {number}: {now}");
            told = Instant::now();
        }
        assert!(!now.has_grown_since(first), "something is lost: at first it held {first}");
    }
    daemon::clean_up();
    println!("inputs {} to {} of {} targets: nothing fails", args.from, number - 1, targets.len());
}

/// What this process holds of the host's.
#[derive(Clone, Copy)]
struct Held {
    memory_mib: usize,
    descriptors: usize,
    threads: usize,
}

impl Held {
    fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
        let (descriptors, threads) = (count("/proc/self/fd"), count("/proc/self/task"));
        Self { memory_mib: memory.unwrap_or(0) / 1024, descriptors, threads }
    }

    /// Threads come and go with the work; memory is given back in whole pages, if at all.
    fn has_grown_since(self, first: Self) -> bool {
        self.memory_mib > first.memory_mib + 64
            || self.descriptors > first.descriptors + 32
            || self.threads > first.threads + 40
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} MiB, {} descriptors, {} threads", self.memory_mib, self.descriptors, self.threads)
    }
}
