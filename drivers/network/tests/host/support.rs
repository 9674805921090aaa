//! A host for a test: a network namespace, folders, the driver, and second tools that look at it.

use ferrovirt_core::driver::NetworkDriver;
use ferrovirt_core::event::{NetworkEventKind, Subscription};
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Event, NetworkId};
use ferrovirt_driver_network::NetworkState;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A driver in a namespace and folders of its own.
pub struct Host {
    state: Option<Arc<NetworkState>>,
    root: TempDir,
}

/// Runs a test on a thread of its own, with a host of its own.
pub fn with_host(test: impl FnOnce(&mut Host) + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if let Err(errno) = enter_new_namespace() {
                eprintln!("SKIPPED: a network namespace of its own needs CAP_SYS_ADMIN: {errno}");
                return;
            }
            run("ip link set lo up");
            let root = tempfile::tempdir().unwrap();
            // dnsmasq gives up its privileges and must still reach its files.
            fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
            let mut host = Host { state: None, root };
            host.open();
            test(&mut host);
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

// The safe form is deprecated for what unsharing the *file* table may do; here it is only the network.
#[expect(deprecated)]
fn enter_new_namespace() -> Result<(), rustix::io::Errno> {
    rustix::thread::unshare(rustix::thread::UnshareFlags::NEWNET)
}

impl Host {
    pub fn driver(&self) -> &NetworkState {
        self.state.as_ref().expect("the driver is open")
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn open(&mut self) {
        self.state = Some(NetworkState::open(Layout::embedded(self.root.path())).unwrap());
    }

    /// As when a daemon ends: networks stay up.
    pub fn close(&mut self) {
        self.state = None;
    }

    pub fn reopen(&mut self) {
        self.close();
        self.open();
    }

    pub fn define(&self, xml: &str) -> NetworkId {
        self.driver().network_define_xml(xml, 0).unwrap()
    }

    pub fn start(&self, xml: &str) -> NetworkId {
        let id = self.define(xml);
        self.driver().network_create(&id).unwrap();
        id
    }

    /// The definition as it is now.
    pub fn xml(&self, id: &NetworkId) -> String {
        self.driver().network_get_xml_desc(id, 0).unwrap()
    }

    pub fn file(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// The processes that serve this host's networks.
    pub fn dnsmasq(&self) -> Vec<u32> {
        let root = self.root.path().to_str().unwrap().as_bytes();
        let serves = |pid: &u32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.starts_with(b"dnsmasq") && line.windows(root.len()).any(|part| part == root)
        };
        let names =
            fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
        names.filter_map(|name| name.parse().ok()).filter(serves).collect()
    }

    /// Nothing of any network is on the host, but what is defined.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert_eq!(links(), Vec::<String>::new(), "left-over interfaces");
        assert_eq!(run("nft list tables"), "", "left-over firewall tables");
        assert_eq!(self.dnsmasq(), Vec::<u32>::new(), "left-over processes");
        let mut state: Vec<String> = names_in(&self.file("run/network"));
        state.retain(|name| name != "driver.pid" && name != "autostarted");
        assert_eq!(state, Vec::<String>::new(), "left-over status files");
        let mut files = names_in(&self.file("lib/dnsmasq"));
        files.retain(|name| !name.ends_with(".leases"));
        assert_eq!(files, Vec::<String>::new(), "left-over files of dnsmasq");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for pid in self.dnsmasq() {
            // Only after a failed test is there one left.
            let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}

pub fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn output(command: &str) -> Output {
    let mut words = command.split_whitespace();
    Command::new(words.next().unwrap()).args(words).output().unwrap()
}

/// Runs a tool in this thread's namespace and returns what it prints.
#[track_caller]
pub fn run(command: &str) -> String {
    let output = output(command);
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The interfaces there are, but the loopback.
pub fn links() -> Vec<String> {
    let text = run("ip -o link show");
    let name = |line: &str| line.split(": ").nth(1).unwrap().split('@').next().unwrap().to_owned();
    text.lines().map(name).filter(|name| name != "lo").collect()
}

/// What the driver announces.
pub struct Heard {
    events: Arc<Mutex<Vec<NetworkEventKind>>>,
    _subscription: Subscription,
}

impl Heard {
    pub fn of(host: &Host) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = events.clone();
        let _subscription = host.driver().network_events().unwrap().subscribe(move |event| {
            if let Event::Network { kind, .. } = &**event {
                sink.lock().unwrap().push(kind.clone());
            }
        });
        Self { events, _subscription }
    }

    pub fn take(&self) -> Vec<NetworkEventKind> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    /// The numbers of the life cycle's events.
    pub fn life(&self) -> Vec<i32> {
        let number = |kind| match kind {
            NetworkEventKind::Lifecycle { event, .. } => Some(event),
            _ => None,
        };
        self.take().into_iter().filter_map(number).collect()
    }
}

/// A second namespace, plugged into a bridge as a guest would be. It ends with this.
pub struct Guest {
    holder: Child,
}

impl Guest {
    /// `number` tells guests of one test apart.
    pub fn plug(bridge: &str, number: u32, mac: &str) -> Self {
        let mut holder = Command::new("unshare")
            .args(["-n", "sh", "-c", "echo ready; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let guest = Self { holder };
        run(&format!("ip link add veth{number} type veth peer name eth0 netns {}", guest.holder.id()));
        run(&format!("ip link set veth{number} master {bridge} up"));
        guest.run(&format!("ip link set eth0 address {mac} up"));
        guest.run("ip link set lo up");
        guest
    }

    pub fn output(&self, command: &str) -> Output {
        output(&format!("nsenter -t {} -n {command}", self.holder.id()))
    }

    #[track_caller]
    pub fn run(&self, command: &str) -> String {
        let output = self.output(command);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Asks for an address; the one that it gets. `None` where nobody answers.
    pub fn ask_for_address(&self, host_name: &str) -> Option<String> {
        let output = self.output(&format!(
            "busybox udhcpc -f -n -q -i eth0 -t 8 -T 1 -s /bin/true -x hostname:{host_name}"
        ));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let rest = text.split("lease of ").nth(1)?;
        rest.split_whitespace().next().map(str::to_owned)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// Whether busybox has the applets that stand in for a guest; says so where it lacks them.
pub fn have_busybox(applets: &[&str]) -> bool {
    let list = Command::new("busybox").arg("--list").output();
    let list = list.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let missing = applets.iter().find(|applet| !list.lines().any(|line| line == **applet));
    if let Some(applet) = missing {
        eprintln!("SKIPPED: busybox has no {applet}");
    }
    missing.is_none()
}
