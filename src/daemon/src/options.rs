//! The command line.

use clap::Parser;
use std::path::PathBuf;

/// The daemon of libvirt's protocol.
#[derive(Debug, Clone, Parser)]
#[command(disable_version_flag = true, after_help = "The configuration is explained in docs/daemon.md.")]
pub struct Options {
    /// Tell of what is done, not only of what goes wrong
    #[arg(short, long)]
    pub verbose: bool,
    /// Go into the background once clients can come
    #[arg(short, long)]
    pub daemon: bool,
    /// Listen for clients from the network
    #[arg(short, long)]
    pub listen: bool,
    /// End after so many seconds without clients and guests
    #[arg(short, long, value_name = "SECONDS")]
    pub timeout: Option<u32>,
    /// The configuration file
    #[arg(short = 'f', long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where to note the process's number
    #[arg(short, long, value_name = "FILE")]
    pub pid_file: Option<PathBuf>,
    /// Keep all files of the drivers below this folder, not where the system has them
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Print a policy for polkit: which actions there are
    #[arg(long, hide = true, value_name = "unix|api")]
    pub policy: Option<String>,
    /// Say which version this is
    #[arg(short = 'V', long)]
    pub version: bool,
    /// This is the process in the background: it says on its standard output when clients can come
    #[arg(long, hide = true)]
    pub detached: bool,
}
