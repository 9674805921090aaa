//! A stock libvirtd in namespaces of its own, for the tests that talk to it.
#![allow(dead_code)]

use ferrovirt_core::event_loop;
use ferrovirt_rpc::client::{Client, Notice};
use ferrovirt_rpc::frame::UnixTransport;
use ferrovirt_rpc::program::remote::{AuthList, ConnectOpen};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const DAEMON: &str = "/usr/sbin/libvirtd";
/// Its own files are on file systems that end with it; only its sockets can be reached from outside.
const START: &str = "for dir in /run /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; \
    do mount -t tmpfs -o mode=755 tmpfs $dir || exit; done; ip link set lo up; exec \"$0\" -f \"$1\"";

/// The timer that wakes the event loop, in tests that have one: notices also come from threads that call.
static WAKE: OnceLock<i32> = OnceLock::new();

/// Registers the default event loop.
pub fn register_loop() {
    event_loop::register_default().unwrap();
    let current = event_loop::current().unwrap();
    let rest = current.clone();
    let timer = current.add_timeout(-1, Box::new(move |timer| rest.update_timeout(timer, -1))).unwrap();
    WAKE.set(timer).unwrap();
}

fn wake_loop() {
    if let Some(timer) = WAKE.get() {
        event_loop::current().unwrap().update_timeout(*timer, 0);
    }
}

/// A running daemon. It ends when dropped.
pub struct Daemon {
    process: Child,
    folder: tempfile::TempDir,
}

impl Daemon {
    /// Starts one and waits until it says that it is ready; `None`, aloud, where that can't be had.
    pub fn start() -> Option<Self> {
        if !Path::new(DAEMON).exists() {
            eprintln!("SKIPPED: {DAEMON} is not installed");
            return None;
        }
        if !Command::new("unshare").args(["-m", "-n", "true"]).status().is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: no right to make namespaces for {DAEMON}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let ready = UnixDatagram::bind(path("ready")).unwrap();
        ready.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let sockets = folder.path().display();
        let settings =
            format!("unix_sock_dir = \"{sockets}\"\nauth_unix_rw = \"none\"\nauth_unix_ro = \"none\"\n");
        std::fs::write(path("libvirtd.conf"), settings).unwrap();
        let process = Command::new("unshare")
            .args(["-m", "-n", "sh", "-c", START, DAEMON])
            .arg(path("libvirtd.conf"))
            .env("NOTIFY_SOCKET", path("ready"))
            .stderr(std::fs::File::create(path("stderr")).unwrap())
            .spawn()
            .unwrap();
        let daemon = Self { process, folder };
        let mut words = [0; 256];
        while !words.windows(7).any(|part| part == b"READY=1") {
            ready.recv(&mut words).expect("libvirtd says when it is ready");
        }
        Some(daemon)
    }

    /// Where a socket of its is.
    pub fn socket(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Connects to one of its sockets; notices come out of the channel.
    pub fn connect_to(&self, name: &str) -> (Client, Receiver<Notice>) {
        let socket = UnixStream::connect(self.socket(name)).unwrap();
        let (sender, notices) = channel();
        let sink = Box::new(move |notice| {
            // A test that has seen enough does not mind what else comes.
            let _ = sender.send(notice);
            wake_loop();
        });
        (Client::new(Box::new(UnixTransport::new(socket.into())), sink).unwrap(), notices)
    }

    /// Connects and opens `uri`.
    pub fn open(&self, uri: &str) -> (Client, Receiver<Notice>) {
        let (client, notices) = self.connect_to("libvirt-sock");
        assert_eq!(*client.call(&AuthList {}).unwrap(), [0]);
        client.call(&ConnectOpen { name: Some(uri.into()), flags: 0 }).unwrap();
        (client, notices)
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
