//! A daemon of the tests' own: all its files are in a temporary folder, and it ends with the test.
#![allow(dead_code)]

use ferrovirt_rpc::client::{Client, Notice};
use ferrovirt_rpc::frame::UnixTransport;
use ferrovirt_rpc::program::remote::{AuthList, ConnectOpen};
use rustix::io::retry_on_intr;
use rustix::net::{RecvFlags, recv};
use std::io::{BufRead, BufReader};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// A running daemon.
pub struct Daemon {
    process: Child,
    folder: TempDir,
}

impl Daemon {
    pub fn start() -> Self {
        Self::with("")
    }

    /// Starts a daemon with these settings, and waits until clients can come.
    pub fn with(settings: &str) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), settings, &[])
    }

    /// Starts a daemon whose files are in a folder that the test has prepared, with these further options.
    pub fn in_folder(folder: TempDir, settings: &str, options: &[&str]) -> Self {
        let process = launch(&folder, settings, options);
        Self { process, folder }
    }

    /// The same, with these variables in its environment.
    pub fn in_environment(
        folder: TempDir,
        settings: &str,
        options: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let process = launch_with(&folder, settings, options, variables);
        Self { process, folder }
    }

    /// Ends the daemon without a warning and starts it again on the same files, with these settings.
    pub fn kill_and_restart(&mut self, settings: &str) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = launch(&self.folder, settings, &[]);
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub fn socket(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Waits until the process has ended; whether it ended well comes back.
    pub fn wait(&mut self) -> bool {
        self.process.wait().unwrap().success()
    }

    /// A client that has logged in, and what it is sent unasked.
    pub fn stranger(&self, socket: &str) -> (Client, Receiver<Notice>) {
        let stream = UnixStream::connect(self.socket(socket)).unwrap();
        let (sender, notices) = channel();
        // The test may have stopped listening.
        let sink = Box::new(move |notice| drop(sender.send(notice)));
        let client = Client::new(Box::new(UnixTransport::new(stream.into())), sink).unwrap();
        (client, notices)
    }

    /// A client with this URI open.
    pub fn client(&self, uri: &str) -> (Client, Receiver<Notice>) {
        let (client, notices) = self.stranger("libvirt-sock");
        client.call(&AuthList {}).unwrap();
        client.call(&ConnectOpen { name: Some(uri.to_owned()), flags: 0 }).unwrap();
        (client, notices)
    }

    /// A connection whose bytes the test writes itself.
    pub fn raw(&self) -> UnixStream {
        let stream = UnixStream::connect(self.socket("libvirt-sock")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(300))).unwrap();
        stream
    }
}

fn launch(folder: &TempDir, settings: &str, options: &[&str]) -> Child {
    launch_with(folder, settings, options, &[])
}

fn launch_with(folder: &TempDir, settings: &str, options: &[&str], variables: &[(&str, &str)]) -> Child {
    let sockets = folder.path().display();
    let settings = format!("unix_sock_dir = \"{sockets}\"\n{settings}\n");
    std::fs::write(folder.path().join("libvirtd.conf"), settings).unwrap();
    launch_as("libvirtd", folder.path(), options, variables)
}

/// Starts the daemon of this name, whose configuration is in the folder, and waits until clients can come.
pub fn launch_as(name: &str, folder: &Path, options: &[&str], variables: &[(&str, &str)]) -> Child {
    let path = |name: &str| folder.join(name);
    let ready = path(&format!("{name}.ready"));
    let _ = std::fs::remove_file(&ready);
    let notices = UnixDatagram::bind(&ready).unwrap();
    notices.set_read_timeout(Some(Duration::from_secs(300))).unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_libvirtd"))
        .arg0(name)
        .arg("--config")
        .arg(path("libvirtd.conf"))
        .arg("--pid-file")
        .arg(path(&format!("{name}.pid")))
        .arg("--root")
        .arg(path("root"))
        .args(options)
        .env("NOTIFY_SOCKET", &ready)
        .envs(variables.iter().copied())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What it complains about belongs to the test's output.
    let complaints = BufReader::new(process.stderr.take().unwrap());
    std::thread::spawn(move || complaints.lines().map_while(Result::ok).for_each(|line| eprintln!("{line}")));
    let mut buffer = [0; 64];
    // A wait with a limit may be interrupted for nothing.
    let told = retry_on_intr(|| recv(&notices, &mut buffer[..], RecvFlags::empty()));
    let (count, _) = told.expect("the daemon says that it is ready");
    assert_eq!(&buffer[..count], b"READY=1");
    process
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
