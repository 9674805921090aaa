//! Our daemon, for a demo that goes through it.

use anyhow::{Context, Result};
use std::fs::File;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

/// A running daemon with all its files in a folder.
pub struct Daemon {
    program: PathBuf,
    folder: PathBuf,
    process: Child,
}

impl Daemon {
    /// Starts the daemon of a prefix.
    pub fn start(prefix: &Path, folder: &Path) -> Result<Self> {
        let program = prefix.join("sbin/libvirtd");
        let settings = format!("unix_sock_dir = \"{}\"\n", folder.display());
        std::fs::write(folder.join("libvirtd.conf"), settings)?;
        let process = launch(&program, folder)?;
        Ok(Self { program, folder: folder.to_owned(), process })
    }

    /// The system's guests on this daemon, for a client that comes back by itself.
    pub fn uri(&self) -> String {
        format!("qemu+unix:///system?socket={}&reconnect=1", self.folder.join("libvirt-sock").display())
    }

    /// Ends the daemon without a warning, and starts it on the same files.
    pub fn kill_and_restart(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        self.process = launch(&self.program, &self.folder)?;
        Ok(())
    }
}

/// Starts the daemon and waits until clients can come.
fn launch(program: &Path, folder: &Path) -> Result<Child> {
    let path = |name: &str| folder.join(name);
    let _ = std::fs::remove_file(path("ready"));
    let notices = UnixDatagram::bind(path("ready"))?;
    notices.set_read_timeout(Some(Duration::from_secs(60)))?;
    let process = Command::new(program)
        .args(["--config".into(), path("libvirtd.conf"), "--pid-file".into(), path("libvirtd.pid")])
        .args(["--root".into(), path("root")])
        .env("NOTIFY_SOCKET", path("ready"))
        .stderr(File::options().create(true).append(true).open(path("daemon.log"))?)
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    notices.recv(&mut [0; 64]).context("the daemon does not say that it is ready")?;
    Ok(process)
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
