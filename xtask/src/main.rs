//! `cargo xtask`: reads the command line and calls the command's module.

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What a person types in this tree")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the C headers and docs/status.md anew from the code, or tell whether they are stale
    Codegen(xtask::codegen::Args),
    /// Compare our library with the stock one, beside DESIGN's budgets
    Bench(xtask::bench::Args),
    /// Run a suite that takes too long for every test run
    Conformance(xtask::conformance::Args),
    /// Boot a guest through the libraries, and show what the kernel says meanwhile
    Demo(xtask::demo::Args),
    /// Feed whatever reads strangers' input with mutations of documents and made-up ones, for an hour or as long as is said
    Fuzz(xtask::fuzz::Args),
    /// Install what the tests need and run them all
    Test(xtask::test::Args),
    /// Build the shared libraries and lay everything out below a prefix
    Dist(xtask::dist::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Codegen(args) => xtask::codegen::run(&args),
        Command::Bench(args) => xtask::bench::run(&args),
        Command::Conformance(args) => xtask::conformance::run(&args),
        Command::Demo(args) => xtask::demo::run(&args),
        Command::Fuzz(args) => xtask::fuzz::run(&args),
        Command::Test(args) => xtask::test::run(&args),
        Command::Dist(args) => xtask::dist::run(&args),
    }
}
