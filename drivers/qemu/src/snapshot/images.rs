//! Images at rest, and `qemu-img`, which knows their formats.

use ferrovirt_conf::domain::{Disk, Domain};
use ferrovirt_core::{Error, Result};
use ferrovirt_host::process::Command;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How long work on an image may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs `qemu-img`.
pub fn qemu_img(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("qemu-img");
    let output = command.args(arguments.iter().copied()).output(PATIENCE)?;
    if output.status.success() {
        return Ok(());
    }
    let text = format!("'qemu-img {}' failed: {}", arguments.join(" "), output.complaint());
    Err(Error::operation_failed(text))
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::invalid_arg(format!("the path '{}' is not text", path.display())))
}

/// The disks of a guest that hold internal snapshots.
pub fn snapshot_disks(model: &Domain) -> impl Iterator<Item = &Disk> {
    model.devices.disks.iter().filter(|disk| !disk.source.is_empty() && !disk.readonly)
}

/// Does something to the image of each disk that holds internal snapshots.
pub fn each(model: &Domain, act: impl Fn(&str) -> Result<()>) -> Result<()> {
    snapshot_disks(model).try_for_each(|disk| act(text(crate::images::local_path(disk)?)?))
}

/// Takes an internal snapshot of an image.
pub fn take(path: &str, name: &str) -> Result<()> {
    qemu_img(&["snapshot", "-q", "-c", name, path])
}

/// Brings an image back to an internal snapshot.
pub fn apply(path: &str, name: &str) -> Result<()> {
    qemu_img(&["snapshot", "-q", "-a", name, path])
}

/// Removes an internal snapshot.
pub fn delete(path: &str, name: &str) -> Result<()> {
    qemu_img(&["snapshot", "-q", "-d", name, path])
}

/// Makes an empty image on top of another.
pub fn overlay(path: &str, base: &str, base_format: &str) -> Result<()> {
    qemu_img(&["create", "-q", "-f", "qcow2", "-F", base_format, "-b", base, path])
}

/// Makes an empty image of a size, on top of another where one is given with its format.
pub fn create(path: &str, format: &str, base: Option<(&str, &str)>, size: u64) -> Result<()> {
    let size = size.to_string();
    match base {
        None => qemu_img(&["create", "-q", "-f", format, path, &size]),
        Some((base, base_format)) => {
            qemu_img(&["create", "-q", "-f", format, "-F", base_format, "-b", base, path, &size])
        }
    }
}

/// Images that were made for something that is not done yet: they go again, unless they are [kept](Self::keep).
#[derive(Default)]
pub struct Made(Vec<String>);

impl Made {
    /// Makes an image, where there is nothing that could be lost by it.
    pub fn make(&mut self, path: &str, make: impl FnOnce() -> Result<()>) -> Result<()> {
        if fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() > 0) {
            let text = format!("the new image '{path}' exists already and is not empty");
            return Err(Error::config_unsupported(text));
        }
        make()?;
        self.0.push(path.to_owned());
        Ok(())
    }

    pub fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // Devices were there before.
        for path in self.0.iter().filter(|path| Path::new(path).is_file()) {
            if let Err(err) = fs::remove_file(path) {
                tracing::warn!(path, %err, "an image that is not needed after all was left behind");
            }
        }
    }
}
