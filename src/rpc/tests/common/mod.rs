//! A stock libvirtd in namespaces of its own, for the tests that talk to it.
#![allow(dead_code)]

use ferrovirt_core::event_loop;
use ferrovirt_rpc::client::{Client, Notice};
use ferrovirt_rpc::frame::UnixTransport;
use ferrovirt_rpc::program::remote::{AuthList, ConnectOpen};
use rustix::io::retry_on_intr;
use rustix::net::{RecvFlags, recv};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const DAEMON: &str = "/usr/sbin/libvirtd";
/// Its own files are on file systems that end with it; only its sockets can be reached from outside.
const START: &str = "for dir in /run /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; \
    do mount -t tmpfs -o mode=755 tmpfs $dir || exit; done; ip link set lo up; exec \"$0\" -f \"$@\"";

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

/// Has the event loop turn.
pub fn wake_loop() {
    if let Some(timer) = WAKE.get() {
        event_loop::current().unwrap().update_timeout(*timer, 0);
    }
}

/// A running daemon. It ends when dropped.
pub struct Daemon {
    process: Child,
    folder: tempfile::TempDir,
    ready: UnixDatagram,
}

impl Daemon {
    /// Starts one and waits until it says that it is ready; `None`, aloud, where that can't be had.
    pub fn start() -> Option<Self> {
        let settings = "auth_unix_rw = \"none\"\nauth_unix_ro = \"none\"\n";
        Self::start_with(|_| settings.to_owned(), &[], |_| ())
    }

    /// Starts one that also listens on its network, after `prepare` has put into the folder what it needs.
    pub fn start_listening(
        settings: impl FnOnce(&Path) -> String,
        prepare: impl FnOnce(&Path),
    ) -> Option<Self> {
        Self::start_with(settings, &["--listen"], prepare)
    }

    fn start_with(
        settings: impl FnOnce(&Path) -> String,
        arguments: &[&str],
        prepare: impl FnOnce(&Path),
    ) -> Option<Self> {
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
        ready.set_read_timeout(Some(Duration::from_secs(300))).unwrap();
        let sockets = folder.path().display();
        let settings = format!("unix_sock_dir = \"{sockets}\"\n{}", settings(folder.path()));
        std::fs::write(path("libvirtd.conf"), settings).unwrap();
        prepare(folder.path());
        let process = run(folder.path(), arguments);
        let daemon = Self { process, folder, ready };
        daemon.wait_until_ready();
        Some(daemon)
    }

    /// Kills it and starts it again, with the same sockets.
    pub fn restart(&mut self) {
        self.kill();
        self.process = run(self.folder.path(), &[]);
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        let mut words = [0; 256];
        while !words.windows(7).any(|part| part == b"READY=1") {
            // A wait with a limit may be interrupted for nothing.
            let told = retry_on_intr(|| recv(&self.ready, &mut words[..], RecvFlags::empty()));
            told.expect("libvirtd says when it is ready");
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// A folder of the test's own, which the daemon sees.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command that runs in the daemon's network.
    pub fn in_network(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.process.id())).arg("--").arg(program);
        command
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

fn run(folder: &Path, arguments: &[&str]) -> Child {
    Command::new("unshare")
        .args(["-m", "-n", "sh", "-c", START, DAEMON])
        .arg(folder.join("libvirtd.conf"))
        .args(arguments)
        .env("NOTIFY_SOCKET", folder.join("ready"))
        // Where SASL finds its 'libvirt.conf', in tests that have one.
        .env("SASL_CONF_PATH", folder)
        .stderr(std::fs::File::create(folder.join("stderr")).unwrap())
        .spawn()
        .unwrap()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
