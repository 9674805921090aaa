//! `cargo xtask conformance SUITE`: what takes too long for every test run. Each suite prints its counts, and what fails.

mod api;
mod miri;
mod served;
pub mod suites;
mod virsh;
mod walks;
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
    /// Run the tests of the C interface's unsafe code under Miri
    Miri(miri::Args),
    /// Run the test suites of others on our libraries
    Suites(suites::Args),
    /// Say scripts of commands with the stock virsh and ours, to the stock daemon and ours
    Virsh(virsh::Args),
    /// Walk at random over the mock hypervisor with libvirt's Python binding, beside the stock library
    Walks(walks::Args),
    /// Read libvirt's own test documents and compare what is printed with what it expects; counts go to docs/status.md
    Xml(xml::Args),
}

pub fn run(args: &Args) -> Result<()> {
    match &args.suite {
        Suite::Api(args) => api::run(args),
        Suite::Miri(args) => miri::run(args),
        Suite::Suites(args) => suites::run(args),
        Suite::Virsh(args) => virsh::run(args),
        Suite::Walks(args) => walks::run(args),
        Suite::Xml(args) => xml::run(args),
    }
}
