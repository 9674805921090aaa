//! `cargo xtask codegen`: writes `include/libvirt/` anew from the code, or says what is stale.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{
    api::{self, header},
    root,
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
        bail!("stale in include/libvirt: {}; run `cargo xtask codegen`", names.join(", "));
    }
    for (name, text) in stale {
        let path = root.join("include/libvirt").join(&name);
        fs::create_dir_all(path.parent().expect("it lies in a folder"))?;
        fs::write(&path, text).with_context(|| path.display().to_string())?;
        println!("wrote include/libvirt/{name}");
    }
    Ok(())
}

/// The headers that are not what the code says: name and text as it should be.
pub fn stale(root: &Path) -> Result<Vec<(String, String)>> {
    let api = api::load(root)?;
    let mut headers = header::write_all(root, &api)?;
    headers.retain(|(name, text)| {
        fs::read_to_string(root.join("include/libvirt").join(name)).ok().as_deref() != Some(text)
    });
    Ok(headers)
}
