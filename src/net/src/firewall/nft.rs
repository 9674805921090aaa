//! The `nft` program: one run a transaction. It is chosen over speaking nf_tables' own netlink, because the kernel
//! wants rules compiled to a machine of registers there, and nft is that compiler.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::error::{NetError, Result};

const NFT: &str = "nft";

/// Runs a script as one transaction: all of it or nothing.
pub fn run_script(network: &str, script: &str) -> Result<()> {
    let output = run(&["-f", "-"], Some(script))?;
    if output.status.success() { Ok(()) } else { Err(refused(network, &output)) }
}

/// The rules of a table without their counters; `None` if there is no such table.
pub fn list_table(network: &str, table: &str) -> Result<Option<String>> {
    let output = run(&["--stateless", "list", "table", "inet", table], None)?;
    if output.status.success() {
        return Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned()));
    }
    let absent = String::from_utf8_lossy(&output.stderr).contains("No such file or directory");
    if absent { Ok(None) } else { Err(refused(network, &output)) }
}

fn run(arguments: &[&str], input: Option<&str>) -> Result<Output> {
    let failed = |source| NetError::NoNft { path: PathBuf::from(NFT), source };
    let mut child = Command::new(NFT)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let written = match (input, child.stdin.take()) {
        // nft reads all of its input before it says anything, so neither waits for the other.
        (Some(text), Some(mut stdin)) => stdin.write_all(text.as_bytes()),
        _ => Ok(()),
    };
    let output = child.wait_with_output().map_err(failed)?;
    // A program that failed has closed its input early; what it said is then worth more.
    match written {
        Err(source) if output.status.success() => Err(failed(source)),
        _ => Ok(output),
    }
}

fn refused(network: &str, output: &Output) -> NetError {
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().find(|line| line.contains("Error:")).unwrap_or_else(|| said.trim());
    let reason = match reason.trim() {
        "" => format!("nft ended with {}", output.status),
        reason => reason.to_owned(),
    };
    NetError::Firewall { network: network.to_owned(), reason }
}
