//! `ferrovirt-fuzz --seconds N [--target NAME] [--from NUMBER]`: inputs for as long as there is time, all targets in
//! turn. `--input NUMBER` feeds one, which a failure has named.

use clap::Parser;
use ferrovirt_fuzz::{Target, run_one, targets};
use std::time::{Duration, Instant};

#[derive(Parser)]
struct Args {
    /// For how long
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only this target
    #[arg(long)]
    target: Option<String>,
    /// The number of the first input
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// This input, and no other
    #[arg(long)]
    input: Option<u64>,
}

/// How many inputs a target gets before it is the next one's turn.
const TURN: u64 = 500;

fn main() {
    let args = Args::parse();
    let mut targets = targets();
    targets.retain(|target| args.target.as_deref().is_none_or(|name| target.name == name));
    if let Some(number) = args.input {
        for target in &targets {
            println!("{}: {}", target.name, if run_one(target, number) { "accepted" } else { "refused" });
        }
        return;
    }
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let mut number = args.from;
    while Instant::now() < end {
        let turn = |target: &Target| {
            for number in number..number + TURN {
                run_one(target, number);
            }
        };
        targets.iter().for_each(turn);
        number += TURN;
    }
    println!("inputs {} to {} of {} targets: nothing fails", args.from, number - 1, targets.len());
}
