//! The small Linux guest of the demo and the tests: Debian's cloud kernel and a static busybox.
//!
//! The kernel package is downloaded and unpacked, not installed: the host's own boot stays as it is.

use anyhow::{Context, Result, bail};
use cpio::newc::ModeFileType;
use std::fs::{self, File};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The modules that the guest's `init` loads, where the kernel does not have them built in.
const MODULES: [&str; 12] = [
    "virtio_ring",
    "virtio",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "failover",
    "net_failover",
    "virtio_net",
    "virtio_balloon",
    "virtio_blk",
    "evdev",
    "button",
];

/// The guest's files.
pub struct Guest {
    pub kernel: PathBuf,
    pub initrd: PathBuf,
}

/// Makes the guest's files below the target folder, or finds them there.
pub fn prepare(target: &Path) -> Result<Guest> {
    let folder = target.join("guest");
    let guest = Guest { kernel: folder.join("vmlinuz"), initrd: folder.join("initrd") };
    let init = crate::root().join("xtask/guest/init");
    if guest.kernel.exists() && is_newer(&guest.initrd, &init) {
        return Ok(guest);
    }
    println!("making the guest's kernel and initial file system in {}", folder.display());
    fs::create_dir_all(&folder)?;
    let unpacked = folder.join("kernel");
    if !unpacked.exists() {
        unpack_kernel(&folder, &unpacked)?;
    }
    let kernel = first(&unpacked.join("boot"), |name| name.starts_with("vmlinuz"))?;
    write_initrd(&guest.initrd, &init, &unpacked)?;
    fs::copy(&kernel, &guest.kernel).context("cannot copy the kernel")?;
    Ok(guest)
}

fn is_newer(made: &Path, source: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    matches!((time(made), time(source)), (Some(made), Some(source)) if made >= source)
}

fn unpack_kernel(folder: &Path, unpacked: &Path) -> Result<()> {
    let package = kernel_package()?;
    println!("downloading {package}");
    let status = Command::new("apt-get")
        .args(["download", "-q", "-o", "APT::Sandbox::User=root", &package])
        .current_dir(folder)
        .status()?;
    if !status.success() {
        bail!("apt-get download {package} failed; is the list of packages there (apt-get update)?");
    }
    let archive = first(folder, |name| name.starts_with("linux-image") && name.ends_with(".deb"))?;
    // Unpacked aside and then renamed: an interrupted run leaves nothing that looks whole.
    let aside = folder.join("kernel.part");
    let status = Command::new("dpkg-deb").arg("-x").arg(&archive).arg(&aside).status()?;
    if !status.success() {
        bail!("cannot unpack {}", archive.display());
    }
    fs::rename(&aside, unpacked)?;
    fs::remove_file(archive)?;
    Ok(())
}

/// The package of the newest cloud kernel; `linux-image-cloud-amd64` only names it.
fn kernel_package() -> Result<String> {
    if cfg!(not(target_arch = "x86_64")) {
        bail!("the demo's guest is made for x86_64 only");
    }
    let output =
        Command::new("apt-cache").args(["depends", "--important", "linux-image-cloud-amd64"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let package = text.lines().find_map(|line| line.trim().strip_prefix("Depends: linux-image"));
    let rest = package.context("apt knows no linux-image-cloud-amd64; run apt-get update")?;
    Ok(format!("linux-image{rest}"))
}

/// The first entry of a folder whose name passes.
fn first(folder: &Path, passes: impl Fn(&str) -> bool) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut found =
        entries.filter_map(|entry| entry.ok()).filter(|e| passes(&e.file_name().to_string_lossy()));
    found.next().map(|entry| entry.path()).with_context(|| format!("nothing fitting in {}", folder.display()))
}

/// Finds files by name anywhere below a folder.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    for entry in fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()) {
        let path = entry.path();
        let found = if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn write_initrd(path: &Path, init: &Path, kernel: &Path) -> Result<()> {
    let mut files = vec![
        ("init".to_owned(), fs::read(init)?),
        ("bin/busybox".to_owned(), fs::read("/usr/bin/busybox").context("busybox-static is not installed")?),
    ];
    for module in MODULES {
        let file = format!("{module}.ko");
        if let Some(found) = find(&kernel.join("lib"), &file).or_else(|| find(&kernel.join("usr"), &file)) {
            files.push((format!("modules/{file}"), fs::read(found)?));
        } else if let Some(packed) = find(kernel, &format!("{file}.xz")) {
            files.push((format!("modules/{file}"), unpack_xz(&packed)?));
        }
    }
    let folders = ["bin", "modules", "proc", "sys", "dev", "tmp", "etc"];
    let folders =
        folders.iter().map(|name| (entry(name, 0o755, ModeFileType::Directory), Cursor::new(vec![])));
    let files =
        files.into_iter().map(|(name, data)| (entry(&name, 0o755, ModeFileType::Regular), Cursor::new(data)));
    let part = path.with_extension("part");
    cpio::write_cpio(folders.chain(files).collect::<Vec<_>>().into_iter(), File::create(&part)?)?;
    fs::rename(part, path)?;
    Ok(())
}

fn entry(name: &str, mode: u32, kind: ModeFileType) -> cpio::NewcBuilder {
    cpio::NewcBuilder::new(name).mode(mode).uid(0).gid(0).set_mode_file_type(kind)
}

fn unpack_xz(path: &Path) -> Result<Vec<u8>> {
    let output = Command::new("xz").args(["-dc"]).arg(path).output().context("cannot run xz")?;
    if !output.status.success() {
        bail!("cannot unpack {}", path.display());
    }
    Ok(output.stdout)
}
