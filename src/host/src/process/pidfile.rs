//! Pid files as libvirt keeps them: the number without a newline, and a lock for as long as the owner lives.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ferrovirt_core::{Error, Result};

use super::kernel::lock_first_byte;

/// A pid file that this process owns: locked until dropped, then removed.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    _locked: File,
}

impl PidFile {
    /// Takes the file for ourselves and writes our own number into it; `None` while another process has it.
    pub fn acquire(path: &Path) -> Result<Option<Self>> {
        let failed =
            |what: &str, e| Error::system(e, format_args!("cannot {what} pid file '{}'", path.display()));
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o644)
                .open(path)
                .map_err(|e| failed("open", e))?;
            if !lock_first_byte(&file).map_err(|e| failed("lock", e))? {
                return Ok(None);
            }
            // The last owner may have removed the file between our opening and locking it.
            let ours = file.metadata().map_err(|e| failed("examine", e))?;
            match std::fs::metadata(path) {
                Ok(now) if (now.dev(), now.ino()) == (ours.dev(), ours.ino()) => {}
                Ok(_) => continue,
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(e) => return Err(failed("examine", e)),
            }
            file.set_len(0).map_err(|e| failed("empty", e))?;
            file.write_all(std::process::id().to_string().as_bytes()).map_err(|e| failed("write", e))?;
            return Ok(Some(Self { path: path.to_path_buf(), _locked: file }));
        }
    }

    /// Takes the one lock of a driver's folder, which is made where it is missing: of several processes, one may use a
    /// driver's files.
    pub fn acquire_driver(folder: &Path, driver: &str) -> Result<Self> {
        let path = folder.join("driver.pid");
        let describe = |err| Error::system(err, format!("cannot make the folder '{}'", folder.display()));
        std::fs::create_dir_all(folder).map_err(describe)?;
        Self::acquire(&path)?.ok_or_else(|| {
            Error::operation_failed(format!(
                "another process has the {driver} driver open in these folders ('{}' is locked); close it there first",
                path.display()
            ))
        })
    }

    /// Notes down the number of another process, such as a guest's, in one step that no reader sees half of.
    pub fn write(path: &Path, pid: u32) -> Result<()> {
        let failed = |e| Error::system(e, format_args!("cannot write pid file '{}'", path.display()));
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.new", std::process::id()));
        let temporary = path.with_file_name(name);
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)
            .and_then(|mut file| file.write_all(pid.to_string().as_bytes()))
            .and_then(|()| std::fs::rename(&temporary, path));
        written.map_err(|e| {
            let _ = std::fs::remove_file(&temporary);
            failed(e)
        })
    }

    /// The number that the file holds; `None` where there is no file or it holds none.
    pub fn read(path: &Path) -> Result<Option<u32>> {
        let mut text = String::new();
        // A pid file is a few bytes; whatever else somebody put there is not read.
        match File::open(path).and_then(|file| file.take(32).read_to_string(&mut text)) {
            Ok(_) => Ok(text.trim().parse().ok().filter(|pid| *pid > 0)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) if e.kind() == ErrorKind::InvalidData => Ok(None),
            Err(e) => Err(Error::system(e, format_args!("cannot read pid file '{}'", path.display()))),
        }
    }

    /// The number in the file, if a process with it lives and runs `program`, also one replaced on disk since.
    pub fn read_running(path: &Path, program: &Path) -> Result<Option<u32>> {
        let Some(pid) = Self::read(path)? else {
            return Ok(None);
        };
        let Ok(link) = std::fs::read_link(format!("/proc/{pid}/exe")) else {
            return Ok(None);
        };
        let running = link.to_string_lossy();
        let running = running.strip_suffix(" (deleted)").unwrap_or(&running);
        let wanted = std::fs::canonicalize(program).unwrap_or_else(|_| program.to_path_buf());
        Ok((Path::new(running) == wanted).then_some(pid))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Removed while still locked: whoever comes between sees that the file is no longer the one at the path.
        if let Err(e) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), error = %e, "pid file left behind");
        }
    }
}
