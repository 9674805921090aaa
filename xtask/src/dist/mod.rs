//! `cargo xtask dist`: builds the libraries and programs, and lays out below a prefix what a distribution would install.
//!
//! Nothing is built, linked or copied twice: every step looks whether its result is already there.

mod install;
pub mod link;
mod programs;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    api::{
        self, description, header,
        layout::{LIBRARIES, RELEASE},
        model::Api,
        pkgconfig,
    },
    root,
};

#[derive(clap::Args)]
pub struct Args {
    /// Where to lay everything out [default: dist in the target folder]
    #[arg(long)]
    prefix: Option<PathBuf>,
    /// Build with optimization, as by default
    #[arg(long, conflicts_with = "debug")]
    release: bool,
    /// Build without optimization
    #[arg(long)]
    debug: bool,
}

pub fn run(args: &Args) -> Result<()> {
    build(args.prefix.as_deref(), !args.debug).map(drop)
}

/// Builds everything and lays it out below `prefix`, or below the target folder; the prefix comes back.
pub fn build(prefix: Option<&Path>, release: bool) -> Result<PathBuf> {
    let root = root();
    let archive = build_archive(&root, release)?;
    let build = archive.parent().context("the archive lies in a folder")?;
    let target = build.parent().context("the archive lies in a profile's folder")?;
    let prefix = match prefix {
        Some(prefix) => std::path::absolute(prefix)?,
        None => target.join("dist"),
    };
    let api = api::load(&root)?;
    report_gaps(&root, &api)?;
    lay_out(&root, &api, &archive, &build.join("libvirt"), &prefix)?;
    programs::build(&root, release, &prefix)?;
    println!("libvirt {RELEASE} is laid out in {}", prefix.display());
    Ok(prefix)
}

/// Links `archive` in the folder `work` and installs everything below `prefix`.
pub fn lay_out(root: &Path, api: &Api, archive: &Path, work: &Path, prefix: &Path) -> Result<()> {
    let include = prefix.join("include/libvirt");
    for (name, text) in header::write_all(root, api)? {
        install::text(&include.join(name), &text)?;
    }
    let place = prefix.to_str().context("the prefix is not UTF-8, which pkg-config wants")?;
    for library in LIBRARIES {
        let name = library.name;
        install::text(
            &prefix.join(format!("share/libvirt/api/{name}-api.xml")),
            &description::write(api, library),
        )?;
        install::text(&prefix.join(format!("lib/pkgconfig/{name}.pc")), &pkgconfig::write(library, place))?;
    }
    let linker = link::Linker { root, api, work, include: &prefix.join("include") };
    let main = linker.main(archive)?;
    install::library(&main, &prefix.join("lib"))?;
    for library in &LIBRARIES[1..] {
        install::library(&linker.small(library, &main)?, &prefix.join("lib"))?;
    }
    Ok(())
}

/// Builds the crate of the C interface as a static library and returns its path.
fn build_archive(root: &Path, release: bool) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args([
        "build",
        "--package",
        "ferrovirt-capi",
        "--message-format=json-render-diagnostics",
    ]);
    if release {
        cargo.arg("--release");
    }
    let output = cargo.stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("building ferrovirt-capi failed");
    }
    archive_of(&String::from_utf8(output.stdout)?).context("cargo named no static library of ferrovirt-capi")
}

/// Finds the archive among cargo's messages.
fn archive_of(messages: &str) -> Option<PathBuf> {
    messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != "ferrovirt_capi" {
            return None;
        }
        let files = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
        files.into_iter().find(|name| name.ends_with(".a")).map(PathBuf::from)
    })
}

/// An entry point that no list names is a mistake; a symbol without an entry point is work to do.
fn report_gaps(root: &Path, api: &Api) -> Result<()> {
    let gaps = api::gaps(root, api)?;
    if !gaps.unlisted.is_empty() {
        bail!("no list in capi/*.syms has these entry points: {}", gaps.unlisted.join(", "));
    }
    if !gaps.missing.is_empty() {
        let shown: Vec<_> = gaps.missing.iter().take(5).map(String::as_str).collect();
        let more = if shown.len() < gaps.missing.len() { ", ..." } else { "" };
        eprintln!(
            "warning: {} symbols have no entry point yet: {}{more}",
            gaps.missing.len(),
            shown.join(", ")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_found_among_the_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"ferrovirt"},"filenames":["/t/libferrovirt.rlib"]}
{"reason":"compiler-artifact","target":{"name":"ferrovirt_capi"},"filenames":["/t/debug/libferrovirt_capi.a"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(archive_of(messages), Some(PathBuf::from("/t/debug/libferrovirt_capi.a")));
        assert_eq!(archive_of(""), None);
    }
}
