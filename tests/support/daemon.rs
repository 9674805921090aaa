//! Our daemon from the prefix, with all its files in a temporary folder.

use super::prefix;
use rustix::io::retry_on_intr;
use rustix::net::{RecvFlags, recv};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;
use tempfile::TempDir;

/// A running daemon; it ends with the test.
pub struct Daemon {
    process: Child,
    folder: TempDir,
}

impl Daemon {
    /// Starts the daemon of the prefix; `None`, aloud, where there is none.
    pub fn start() -> Option<Self> {
        let program = prefix()?.join("sbin/libvirtd");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let process = launch(&program, folder.path());
        Some(Self { process, folder })
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("libvirt-sock")
    }

    /// `driver+unix:///PATH` on this daemon.
    pub fn uri(&self, driver: &str, path: &str) -> String {
        format!("{driver}+unix:///{path}?socket={}", self.socket().display())
    }
}

fn launch(program: &Path, folder: &Path) -> Child {
    let path = |name: &str| folder.join(name);
    std::fs::write(path("libvirtd.conf"), format!("unix_sock_dir = \"{}\"\n", folder.display()))
        .expect("a file can be written");
    let notices = UnixDatagram::bind(path("ready")).expect("a socket can be made");
    notices.set_read_timeout(Some(Duration::from_secs(300))).expect("a socket has a timeout");
    let process = Command::new(program)
        .args(["--config".into(), path("libvirtd.conf"), "--pid-file".into(), path("pid")])
        .args(["--root".into(), path("root")])
        .env("NOTIFY_SOCKET", path("ready"))
        .spawn()
        .expect("the daemon runs");
    let mut buffer = [0; 64];
    // A wait with a limit may be interrupted for nothing.
    retry_on_intr(|| recv(&notices, &mut buffer[..], RecvFlags::empty()))
        .expect("the daemon says that it is ready");
    process
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
