//! `cargo xtask conformance SUITE`: what takes too long for every test run. Each suite prints its counts, and what fails.

mod api;
mod served;
pub mod suites;
pub mod xml;

use anyhow::Result;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(clap::Subcommand)]
enum Suite {
    /// Call every public function in the right way and in many wrong ones, beside the stock library
    Api(api::Args),
    /// Run the test suites of others on our libraries
    Suites(suites::Args),
    /// Read libvirt's own test documents and compare what is printed with what it expects; counts go to docs/status.md
    Xml(xml::Args),
}

pub fn run(args: &Args) -> Result<()> {
    match &args.suite {
        Suite::Api(args) => api::run(args),
        Suite::Suites(args) => suites::run(args),
        Suite::Xml(args) => xml::run(args),
    }
}
