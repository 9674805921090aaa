//! The same commands to libvirt's own `virsh` and to ours: output, errors and exit codes are the same.
//!
//! Lines where the difference is known and meant are in `known.txt`, each with its reason.

mod common;

use common::{Said, data, fixed_parts, ours, run};
use ferrovirt::AdminConnection;
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const PEER: &str = "/usr/bin/virsh";

#[test]
fn everything_is_said_as_libvirt_says_it() {
    if !Path::new(PEER).exists() {
        println!("SKIPPED: {PEER} is not here (package libvirt-clients)");
        return;
    }
    let known = known_differences();
    let lines = commands();
    let next = AtomicUsize::new(0);
    let (differences, stale) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let work = || {
        while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (peer, own) = (said_by_peer(line), said_by(&ours(), line));
            match (normal(&peer) == normal(&own), known.contains_key(line)) {
                (false, false) => {
                    let difference = format!("{line}\n--- libvirt\n{peer}\n--- here\n{own}");
                    differences.lock().unwrap().push(difference);
                }
                (true, true) => stale.lock().unwrap().push(line),
                _ => {}
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let (differences, stale) = (differences.into_inner().unwrap(), stale.into_inner().unwrap());
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n\n"));
    assert!(stale.is_empty(), "no longer different, to be taken from known.txt: {stale:#?}");
}

/// Answers that depend on where the driver is or on the moment, or say in words of our own what failed.
const ELSEWHERE: &[&str] = &[
    "uri",
    "connect nonsense:///",
    "domblkstat test vda",
    "domblkstat test vda --human",
    "domjobabort test",
    "save test /nonexistent/folder/file",
    "restore /nonexistent/folder/file",
];

#[test]
fn libvirts_own_is_told_the_same_by_our_daemon() {
    let Some(prefix) = std::env::var_os("FERROVIRT_PREFIX") else {
        return println!("SKIPPED: FERROVIRT_PREFIX is not set; run cargo xtask test");
    };
    if !Path::new(PEER).exists() {
        return println!("SKIPPED: {PEER} is not here (package libvirt-clients)");
    }
    let lines: Vec<_> = commands().into_iter().filter(|line| !ELSEWHERE.contains(&line.as_str())).collect();
    let (next, differences) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        // Each has a host of its own, which is as new for every command: nobody else is connected to it.
        let daemon = Daemon::start(Path::new(&prefix));
        while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
            let here = said_by_peer(line);
            let there = unless_it_hangs(|| {
                let said = run(PEER.as_ref(), &["-c", &daemon.uri, line]);
                // What the command has left is gone with its connection, and not before.
                daemon.wait_for_the_last_client();
                said
            });
            if normal(&here) != normal(&there) {
                let difference = format!("{line}\n--- libvirt\n{here}\n--- our daemon\n{there}");
                differences.lock().unwrap().push(difference);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n\n"));
}

/// A daemon of ours with all its files in a temporary folder.
struct Daemon {
    uri: String,
    pid: String,
    admin: AdminConnection,
    _folder: tempfile::TempDir,
}

impl Daemon {
    fn start(prefix: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let settings = format!("unix_sock_dir = \"{}\"\n", folder.path().display());
        std::fs::write(path("d.conf"), settings).unwrap();
        let started = Command::new(prefix.join("sbin/libvirtd"))
            .args(["-d".into(), "-f".into(), path("d.conf"), "-p".into(), path("pid")])
            .args(["--root".into(), path("root")])
            .stderr(Stdio::null())
            .status();
        assert!(started.unwrap().success());
        let pid = std::fs::read_to_string(path("pid")).unwrap();
        let uri = format!("test+unix:///default?socket={}", path("libvirt-sock").display());
        let instance = if rustix::process::geteuid().is_root() { "system" } else { "session" };
        let admin = format!("libvirtd:///{instance}?socket={}", path("libvirt-admin-sock").display());
        let admin = AdminConnection::open(Some(&admin), 0).unwrap();
        Self { uri, pid, admin, _folder: folder }
    }

    fn wait_for_the_last_client(&self) {
        let server = self.admin.lookup_server("libvirtd", 0).unwrap();
        while !server.list_clients(0).unwrap().is_empty() {}
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(&self.pid).status();
    }
}

fn commands() -> Vec<String> {
    let text = data("commands.txt");
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// Lines of commands, below comments that say why the answers differ.
fn known_differences() -> HashMap<String, String> {
    let mut reason = String::new();
    let mut known = HashMap::new();
    for line in data("known.txt").lines() {
        match line.strip_prefix("# ") {
            Some(text) => reason = text.to_owned(),
            None if line.is_empty() => {}
            None => {
                known.insert(line.to_owned(), reason.clone());
            }
        }
    }
    known
}

fn said_by_peer(command: &str) -> Said {
    unless_it_hangs(|| said_by(PEER.as_ref(), command))
}

/// libvirt's virsh now and then waits for ever for a job that has ended.
fn unless_it_hangs(ask: impl Fn() -> Said) -> Said {
    let mut said = ask();
    for _ in 0..4 {
        if said.code == 124 {
            said = ask();
        }
    }
    said
}

fn said_by(program: &Path, command: &str) -> Said {
    run(program, &["-c", "test:///default", command])
}

/// What must be the same; of what passes while the test runs it is the form.
fn normal(said: &Said) -> (String, Vec<String>, i32) {
    let out: Vec<String> = said.out.lines().map(passing).collect();
    (out.join("\n"), fixed_parts(&said.err), said.code)
}

/// A line without what changes from one run or one second to the next: numbers of times and of what a guest moved, new
/// UUIDs.
fn passing(line: &str) -> String {
    const MOVING: [&str; 14] = [
        "CPU time:",
        "vcpu.0.time",
        "Time:",
        "_time",
        "creationTime",
        ".time=",
        "UUID:",
        "rd_",
        "wr_",
        "rx_",
        "tx_",
        " errs ",
        "error count:",
        "number of",
    ];
    if MOVING.iter().any(|word| line.contains(word)) {
        let digit = |letter: char| if letter.is_ascii_hexdigit() { '0' } else { letter };
        let form: String = line.chars().map(digit).collect();
        return form.replace("00", "0").replace("00", "0").replace("00", "0").replace("00", "0");
    }
    line.to_owned()
}
