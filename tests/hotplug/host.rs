//! A test's own host: a network namespace, a folder for the drivers, and a connection whose events are heard.

use ferrovirt::event::{DomainEventKind, Event};
use ferrovirt::{Connection, Domain, Listener, event_loop};
use parking_lot::{Condvar, Mutex};
use rustix::thread::UnshareFlags;
use serde_json::Value;
use std::process::Command;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The events of devices that were told, in words.
#[derive(Default)]
struct Told {
    all: Mutex<Vec<String>>,
    more: Condvar,
}

pub struct Host {
    pub connection: Connection,
    pub folder: TempDir,
    told: Arc<Told>,
}

/// Runs a test on a thread of its own in a network namespace of its own.
pub fn on_own_host(test: impl FnOnce(&Host) + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if enter_new_namespace().is_err() {
                println!("SKIPPED: this test needs a network namespace of its own, and so root");
                return;
            }
            run("ip link set lo up");
            test(&Host::open());
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

// Deprecated for what unsharing the file table may do; here it is only the network.
#[expect(deprecated)]
fn enter_new_namespace() -> rustix::io::Result<()> {
    rustix::thread::unshare(UnshareFlags::NEWNET)
}

impl Host {
    fn open() -> Self {
        static LOOP: Once = Once::new();
        LOOP.call_once(|| {
            event_loop::register_default().expect("an event loop");
            std::thread::spawn(|| while event_loop::run_default().is_ok() {});
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        let uri = format!("qemu:///embed?root={}", folder.path().display());
        let connection = Connection::open(Some(&uri)).expect("opened");
        let told = Arc::new(Told::default());
        // Removed, added, not removed.
        for id in [15, 19, 22] {
            let told = told.clone();
            let callback = Arc::new(move |_: &Connection, event: &Event| {
                let Event::Domain(event) = event else { return };
                let text = match &event.kind {
                    DomainEventKind::DeviceAdded { alias } => format!("added {alias}"),
                    DomainEventKind::DeviceRemoved { alias } => format!("removed {alias}"),
                    DomainEventKind::DeviceRemovalFailed { alias } => format!("kept {alias}"),
                    _ => return,
                };
                told.all.lock().push(text);
                told.more.notify_all();
            });
            let listener = Listener { callback, function: None };
            connection.register_domain_event(None, id, listener).expect("registered");
        }
        Self { connection, folder, told }
    }

    /// Waits for an event.
    pub fn hears(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(600);
        let mut all = self.told.all.lock();
        while !all.iter().any(|told| told == text) {
            let late = self.told.more.wait_until(&mut all, deadline).timed_out();
            assert!(!late, "'{text}' was not told, but {all:?}");
        }
    }

    pub fn has_heard(&self, text: &str) -> bool {
        self.told.all.lock().iter().any(|told| told == text)
    }

    /// A network with a bridge of this name, whose table the library keeps.
    pub fn network(&self, name: &str, more: &str) {
        let xml = format!(
            "<network><name>{name}</name><bridge name='{name}' macTableManager='libvirt' stp='off'/>{more}</network>"
        );
        self.connection.create_network(&xml, 0).expect("a network");
    }

    /// A file that a disk can be on.
    pub fn image(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::File::create(&path).and_then(|file| file.set_len(1 << 20)).expect("an image");
        path.display().to_string()
    }
}

/// The guests go with their host.
impl Drop for Host {
    fn drop(&mut self) {
        for domain in self.connection.list_all_domains(0).unwrap_or_default() {
            let _ = domain.destroy(0);
        }
    }
}

/// A guest without an operating system, paused or not.
pub fn definition(name: &str, devices: &str) -> String {
    format!(
        "<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
         <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features><devices>\
         <controller type='pci' index='0' model='pcie-root'/>{}{devices}\
         <controller type='scsi' model='virtio-scsi'/><memballoon model='none'/></devices></domain>",
        "<controller type='pci' model='pcie-root-port'/>".repeat(8)
    )
}

/// Runs a tool in this thread's namespace and returns what it prints.
pub fn run(command: &str) -> String {
    let mut words = command.split_whitespace();
    let output = Command::new(words.next().expect("a word")).args(words).output().expect("a tool");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn json(command: &str) -> Value {
    serde_json::from_str(&run(command)).expect("JSON")
}

/// What iproute2 knows of the bridge port `name`.
pub fn port(name: &str) -> Value {
    json(&format!("ip -j -d link show dev {name}"))[0].clone()
}

pub fn is_up(port: &Value) -> bool {
    port["flags"].as_array().expect("flags").iter().any(|flag| flag == "UP")
}

/// The taps that there are.
pub fn taps() -> Vec<String> {
    let links = json("ip -j link show");
    let names = links.as_array().expect("links").iter().map(|link| link["ifname"].as_str().expect("a name"));
    names.filter(|name| name.starts_with("vnet")).map(str::to_owned).collect()
}

/// The static entries that a bridge has for a MAC address: their ports.
pub fn stations(bridge: &str, mac: &str) -> Vec<String> {
    let entries = json(&format!("bridge -j fdb show br {bridge}"));
    let entries = entries.as_array().expect("entries").iter();
    let of_mac = entries.filter(|entry| entry["mac"] == mac && entry["state"] == "static");
    of_mac.map(|entry| entry["ifname"].as_str().expect("a port").to_owned()).collect()
}

/// The live XML of a guest.
pub fn xml(domain: &Domain) -> String {
    domain.xml_desc(0).expect("its XML")
}
