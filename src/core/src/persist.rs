//! Writing files so that a reader finds the old content or the new one, whenever the power or the process goes.

use crate::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How much a write has to survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The process may die at any instant; the machine may not. For what does not outlive a boot.
    Process,
    /// The machine may lose power, too.
    Power,
}

/// What stands at the top of our files, as a warning to who would edit them there; `command` is virsh's for doing it.
pub fn edit_warning(command: &str) -> String {
    format!(
        "<!--\nThis file is kept by libvirt; what is changed here by hand is lost.\n\
         Use: virsh {command}, or another program that talks to libvirt.\n-->\n\n"
    )
}

/// Replaces the content of `path` in one step. Folders on the way to it are made where they are missing.
pub fn write_atomic(path: &Path, content: &[u8], mode: u32, durability: Durability) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let attempt = |err: io::Error| Error::system(err, format!("cannot write '{}'", path.display()));
    let (temporary, mut file) = match create_temporary(path, mode) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(attempt)?;
            create_temporary(path, mode)
        }
        other => other,
    }
    .map_err(attempt)?;
    let kept = file.write_all(content).and_then(|()| match durability {
        Durability::Process => fs::rename(&temporary, path),
        Durability::Power if path.exists() => replace(&file, &temporary, path, folder),
        Durability::Power => appear(&file, &temporary, path),
    });
    kept.map_err(|err| {
        // The first failure is the one to tell; a left-over is only untidy.
        let _ = fs::remove_file(&temporary);
        attempt(err)
    })
}

/// Puts a file in the place of another: the old content must not go before the new one is safe.
fn replace(file: &File, temporary: &Path, path: &Path, folder: &Path) -> io::Result<()> {
    file.sync_data()?;
    fs::rename(temporary, path)?;
    File::open(folder)?.sync_all()
}

/// Puts a file where there was none. Nothing can be lost before the caller is told that it is there, so that one wait
/// for the disk does: Linux' file systems keep the name that a file has when they are asked to keep the file.
fn appear(file: &File, temporary: &Path, path: &Path) -> io::Result<()> {
    fs::rename(temporary, path)?;
    file.sync_all().inspect_err(|_| _ = fs::remove_file(path))
}

/// Removes a file; that it is gone already is fine.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            Err(Error::system(err, format!("cannot remove '{}'", path.display())))
        }
        _ => Ok(()),
    }
}

/// Reads a text file; `None` where it does not exist.
pub fn read_optional(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(Error::system(err, format!("cannot read '{}'", path.display()))),
    }
}

/// The entries of `folder` with this extension, sorted; none where the folder does not exist.
/// Left-overs of interrupted writes have another extension and are never among them.
pub fn list(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let describe = |err| Error::system(err, format!("cannot list '{}'", folder.display()));
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(err) => return Err(describe(err)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(describe)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Removes what interrupted writes have left in a folder. Nobody else may be writing there now.
pub fn remove_half_written(folder: &Path) -> Result<()> {
    for path in list(folder, "new")? {
        // `NAME.PROCESS-NUMBER.new`; files of others that end so are none of ours.
        let writer = path.file_stem().and_then(|stem| stem.to_str()?.rsplit('.').next()?.split_once('-'));
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if writer.is_some_and(|(process, count)| number(process) && number(count)) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Makes a link at `link` that points to `target`; one that is there already is replaced.
pub fn link(target: &Path, link: &Path) -> Result<()> {
    let describe = |err| Error::system(err, format!("cannot link '{}'", link.display()));
    if let Some(folder) = link.parent() {
        fs::create_dir_all(folder).map_err(describe)?;
    }
    remove(link)?;
    std::os::unix::fs::symlink(target, link).map_err(describe)
}

fn create_temporary(path: &Path, mode: u32) -> io::Result<(PathBuf, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}-{number}.new", std::process::id()));
    let temporary = PathBuf::from(name);
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&temporary)?;
    Ok((temporary, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_replaces_whole_and_leaves_no_temporary() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/web.xml");
        for content in ["<old/>", "<new/>"] {
            write_atomic(&path, content.as_bytes(), 0o600, Durability::Power).unwrap();
        }
        assert_eq!(read_optional(&path).unwrap().as_deref(), Some("<new/>"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(list(path.parent().unwrap(), "xml").unwrap(), [path]);
    }

    #[test]
    fn a_write_that_can_not_be_finished_leaves_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("occupied");
        fs::create_dir(&path).unwrap();
        assert!(write_atomic(&path, b"x", 0o600, Durability::Process).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
