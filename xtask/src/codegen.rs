//! `cargo xtask codegen`: writes `include/libvirt/` and `docs/status.md` anew from the code, or says what is stale.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{
    api::{self, header},
    root, status,
};

#[derive(clap::Args)]
pub struct Args {
    /// Change nothing; fail if something would change
    #[arg(long)]
    check: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let root = root();
    let stale = stale(&root)?;
    if args.check {
        if stale.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = stale.iter().map(|(name, _)| name.as_str()).collect();
        bail!("stale: {}; run `cargo xtask codegen`", names.join(", "));
    }
    for (name, text) in stale {
        let path = root.join(&name);
        fs::create_dir_all(path.parent().expect("it lies in a folder"))?;
        fs::write(&path, text).with_context(|| path.display().to_string())?;
        println!("wrote {name}");
    }
    Ok(())
}

/// Writes the status page anew.
pub fn write_status() -> Result<()> {
    let root = root();
    fs::write(root.join(status::PAGE), status::write(&root)?).context(status::PAGE)
}

/// The files that are not what the code says: their paths, and their text as it should be.
pub fn stale(root: &Path) -> Result<Vec<(String, String)>> {
    let api = api::load(root)?;
    let headers = header::write_all(root, &api)?;
    let mut files: Vec<_> =
        headers.into_iter().map(|(name, text)| (format!("include/libvirt/{name}"), text)).collect();
    files.push((status::PAGE.to_owned(), status::write(root)?));
    files.retain(|(name, text)| fs::read_to_string(root.join(name)).ok().as_deref() != Some(text));
    Ok(files)
}
