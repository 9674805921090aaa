//! `cargo xtask fuzz`: hostile input for whatever reads some, for as long as there is time; tests do a bounded part.

use anyhow::{Context, Result, bail};
use std::process::Command;

use crate::root;

#[derive(clap::Args)]
pub struct Args {
    /// For how long
    #[arg(long, default_value_t = 3600)]
    seconds: u64,
    /// Only these targets, such as `domain`, `uri`, or `connection` for a daemon's client
    #[arg(long)]
    target: Vec<String>,
    /// The number of the first input; the same numbers are the same inputs
    #[arg(long, default_value_t = 0)]
    from: u64,
}

pub fn run(args: &Args) -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", "ferrovirt-fuzz", "--"]);
    command.args(["--seconds", &args.seconds.to_string(), "--from", &args.from.to_string()]);
    for target in &args.target {
        command.args(["--target", target]);
    }
    let status = command.current_dir(root()).status().context("cannot run cargo")?;
    if !status.success() {
        bail!(
            "a target fails; its input is named above: `cargo run -p ferrovirt-fuzz -- --target NAME --input N`"
        );
    }
    Ok(())
}
