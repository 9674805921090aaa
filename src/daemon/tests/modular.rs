//! A daemon a driver, side by side: each at its own sockets, asking the others for what they serve.

mod common;

use common::launch_as;
use ferrovirt::{Connection, ErrorCode, Listener};
use ferrovirt_core::event::Event;
use ferrovirt_core::event_loop;
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Daemons on one host, whose files are all in one folder.
struct Host {
    folder: TempDir,
    daemons: Vec<(&'static str, Child)>,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = format!("unix_sock_dir = \"{}\"\n", folder.path().display());
        std::fs::write(folder.path().join("libvirtd.conf"), settings).unwrap();
        Self { folder, daemons: Vec::new() }
    }

    fn start(&mut self, name: &'static str) {
        let daemon = launch_as(name, self.folder.path(), &[], &[]);
        self.daemons.push((name, daemon));
    }

    fn end(&mut self, name: &str) {
        let at = self.daemons.iter().position(|(known, _)| *known == name).unwrap();
        let (_, mut daemon) = self.daemons.remove(at);
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }

    fn open(&self, driver: &str, socket: &str) -> ferrovirt_core::Result<Connection> {
        let instance = if rustix::process::geteuid().is_root() { "system" } else { "session" };
        let socket = self.folder.path().join(socket);
        Connection::open(Some(&format!("{driver}+unix:///{instance}?socket={}", socket.display())))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for (_, daemon) in &mut self.daemons {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

fn names(connection: &Connection) -> Vec<String> {
    connection.list_all_networks(0).unwrap().iter().map(|network| network.name().to_owned()).collect()
}

const NETWORK: &str = "<network><name>lan</name><bridge name='fvmod0'/></network>";
const SECRET: &str = "<secret ephemeral='no' private='no'><description>x</description></secret>";
const FILTER: &str = "<filter name='mine'/>";

#[test]
fn each_serves_its_driver_and_asks_its_neighbours() {
    event_loop::register_default().unwrap();
    let mut host = Host::new();
    // The one that asks the others need not come last.
    host.start("virtqemud");
    ["virtnetworkd", "virtsecretd", "virtnwfilterd"].into_iter().for_each(|name| host.start(name));
    host.start("virtproxyd");
    let guests = host.open("qemu", "virtqemud-sock").unwrap();
    let networks = host.open("network", "virtnetworkd-sock").unwrap();
    let proxy = host.open("qemu", "libvirt-sock").unwrap();
    assert_eq!(proxy.driver_type().unwrap(), "QEMU");

    // What is made by one way is there by all.
    let lan = guests.define_network(NETWORK, 0).unwrap();
    assert_eq!(names(&networks), ["lan"]);
    assert_eq!(names(&proxy), ["lan"]);
    let secret = guests.define_secret(SECRET, 0).unwrap();
    let secrets = host.open("secret", "virtsecretd-sock").unwrap();
    assert_eq!(secrets.lookup_secret_by_uuid(secret.id().uuid).unwrap().id().uuid, secret.id().uuid);
    host.open("nwfilter", "virtnwfilterd-sock").unwrap().define_nw_filter(FILTER, 0).unwrap();
    assert!(proxy.lookup_nw_filter_by_name("mine").is_ok());
    let web = "<domain type='qemu'><name>web</name><memory>65536</memory><os><type>hvm</type></os></domain>";
    if Path::new("/usr/bin/qemu-system-x86_64").exists() {
        proxy.define_domain(web, 0).unwrap();
        assert_eq!(guests.lookup_domain_by_name("web").unwrap().name().as_ref(), "web");
    }

    // What happens there is told here.
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let lifecycle = move |_: &Connection, event: &Event| {
        if let Event::Network { network, .. } = event {
            sink.lock().unwrap().push(network.name.to_string());
        }
    };
    let listener = Listener { callback: Arc::new(lifecycle), function: None };
    proxy.register_network_event(None, 0, listener).unwrap();
    networks.define_network("<network><name>other</name><bridge name='fvmod1'/></network>", 0).unwrap();
    while told.lock().unwrap().is_empty() {
        event_loop::run_default().unwrap();
    }
    assert_eq!(*told.lock().unwrap(), ["other"]);
    networks.lookup_network_by_name("other").unwrap().undefine().unwrap();

    // Nobody does another one's work.
    assert_eq!(host.open("qemu", "virtnetworkd-sock").err().unwrap().code(), ErrorCode::NoConnect);
    assert_eq!(host.open("xen", "libvirt-sock").err().unwrap().code(), ErrorCode::NoConnect);
    assert!(networks.define_domain(web, 0).is_err());

    // A neighbour may come back as another process.
    host.end("virtnetworkd");
    host.start("virtnetworkd");
    assert_eq!(names(&guests), ["lan"]);
    lan.undefine().unwrap();
    assert!(names(&guests).is_empty());
}

#[test]
fn a_neighbour_is_looked_for_whenever_it_is_needed() {
    let mut host = Host::new();
    host.start("virtqemud");
    let guests = host.open("qemu", "virtqemud-sock").unwrap();
    assert_eq!(guests.list_all_domains(0).unwrap().len(), 0);
    let err = guests.define_network(NETWORK, 0).err().unwrap();
    assert_eq!(err.code(), ErrorCode::SystemError);
    assert!(err.message().contains("virtnetworkd-sock"), "{err}");
    host.start("virtnetworkd");
    guests.define_network(NETWORK, 0).unwrap();
    host.end("virtnetworkd");
    assert_eq!(guests.list_all_networks(0).err().unwrap().code(), ErrorCode::SystemError);
    host.start("virtnetworkd");
    assert_eq!(names(&guests), ["lan"]);
}
