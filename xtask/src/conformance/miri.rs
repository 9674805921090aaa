//! `cargo xtask conformance miri`: what the C interface does with memory, run by Miri, which sees every use of a pointer.

use crate::root;
use anyhow::{Context, Result, bail};
use std::process::Command;

#[derive(clap::Args)]
pub struct Args {
    /// The toolchain that has Miri
    #[arg(long, default_value = "nightly")]
    toolchain: String,
}

/// Tests that call functions of C which Miri does not know.
const LEFT_OUT: &[&str] =
    &["auth", "callback", "event", "call_out", "stream", "last_error", "built_read_and_freed"];

pub fn run(args: &Args) -> Result<()> {
    let toolchain = format!("+{}", args.toolchain);
    let there = Command::new("cargo").args([&*toolchain, "miri", "--version"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!(
            "SKIPPED: the toolchain '{}' has no Miri (rustup component add miri rust-src)",
            args.toolchain
        );
        return Ok(());
    }
    let mut cargo = Command::new("cargo");
    cargo.args([&*toolchain, "miri", "test", "--package", "ferrovirt-capi", "--lib", "--", "ffi::"]);
    cargo.args(LEFT_OUT.iter().flat_map(|name| ["--skip", name]));
    // Tests open descriptors and look at the clock.
    cargo.env("MIRIFLAGS", "-Zmiri-disable-isolation").env("CARGO_TARGET_DIR", crate::target().join("miri"));
    let status = cargo.current_dir(root()).status().context("cannot run cargo")?;
    if !status.success() {
        bail!("Miri found something, or a function of C that it does not know");
    }
    Ok(())
}
