//! The programs: built, and put where a distribution has them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::install;

/// A program, the crate that it is in, and its folder below the prefix.
struct Program {
    package: &'static str,
    name: &'static str,
    folder: &'static str,
    /// Further names: under each it does a part of its work.
    names: &'static [&'static str],
}

const PROGRAMS: &[Program] = &[
    Program {
        package: "ferrovirt-daemon",
        name: "libvirtd",
        folder: "sbin",
        names: &[
            "virtinterfaced",
            "virtnetworkd",
            "virtnodedevd",
            "virtnwfilterd",
            "virtproxyd",
            "virtqemud",
            "virtsecretd",
            "virtstoraged",
        ],
    },
    Program { package: "ferrovirt-virsh", name: "virsh", folder: "bin", names: &[] },
];

/// Builds all programs and installs them below `prefix`.
pub fn build(root: &Path, release: bool, prefix: &Path) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["build", "--bins", "--message-format=json-render-diagnostics"]);
    for program in PROGRAMS {
        cargo.args(["--package", program.package]);
    }
    if release {
        cargo.arg("--release");
    }
    let output = cargo.stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("building the programs failed");
    }
    let messages = String::from_utf8(output.stdout)?;
    for program in PROGRAMS {
        let built = executable(&messages, program.name)
            .with_context(|| format!("cargo named no program {}", program.name))?;
        install::program(&built, &prefix.join(program.folder), program.names)?;
        if program.name == "virsh" {
            install::text(&prefix.join("share/man/man1/virsh.1"), &manual(&built)?)?;
        }
    }
    Ok(())
}

/// The manual page that a program has of itself.
fn manual(program: &Path) -> Result<String> {
    let output =
        Command::new(program).args(["help", "--", "--manual"]).output().context("cannot run virsh")?;
    if !output.status.success() {
        bail!("virsh has no manual page: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Finds a program among cargo's messages.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != name {
            return None;
        }
        message["executable"].as_str().map(PathBuf::from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_among_the_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"libvirtd"},"executable":"/t/debug/libvirtd"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "libvirtd"), Some(PathBuf::from("/t/debug/libvirtd")));
        assert_eq!(executable(messages, "virsh"), None);
    }
}
