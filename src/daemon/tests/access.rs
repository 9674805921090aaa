//! Access by polkit: a bus of the test's own, an authority on it that the test plays, and what clients may do then.

mod common;

use common::Daemon;
use ferrovirt_core::{DomainId, ErrorCode};
use ferrovirt_rpc::client::{Client, Notice};
use ferrovirt_rpc::program::remote::*;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use zbus::zvariant::OwnedValue;

const TEST: &str = "test:///default";
const BUS: &str = "/usr/bin/dbus-daemon";

/// A question to the authority: the action and the details, and among these the `subject`, a process.
type Question = (String, HashMap<String, String>);
/// Allowed, or else whether somebody would have to be asked.
type Rule = fn(&Question) -> (bool, bool);

/// What the bus calls when the daemon asks.
struct Authority {
    asked: Arc<Mutex<Vec<Question>>>,
    rule: Rule,
}

#[zbus::interface(name = "org.freedesktop.PolicyKit1.Authority")]
impl Authority {
    fn check_authorization(
        &self,
        subject: (String, HashMap<String, OwnedValue>),
        action: String,
        mut details: HashMap<String, String>,
        _flags: u32,
        _cancellation: String,
    ) -> ((bool, bool, HashMap<String, String>),) {
        assert_eq!(subject.0, "unix-process");
        assert!(["pid", "start-time", "uid"].iter().all(|key| subject.1.contains_key(*key)));
        let process = u32::try_from(subject.1["pid"].try_clone().unwrap()).unwrap();
        details.insert("subject".into(), process.to_string());
        let question = (action, details);
        let (allowed, challenge) = (self.rule)(&question);
        self.asked.lock().unwrap().push(question);
        ((allowed, challenge, HashMap::new()),)
    }
}

/// A bus with the authority on it.
struct Bus {
    process: Child,
    address: String,
    asked: Arc<Mutex<Vec<Question>>>,
    _runtime: tokio::runtime::Runtime,
    _authority: zbus::Connection,
    _folder: TempDir,
}

impl Bus {
    /// `None`, aloud, where there is no bus to be had.
    fn start(rule: Rule) -> Option<Self> {
        if !Path::new(BUS).exists() {
            eprintln!("SKIPPED: no {BUS} (package dbus-daemon)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>system</type><listen>unix:path={}/bus</listen><auth>EXTERNAL</auth>
             <policy context='default'><allow own='*'/><allow send_destination='*'/><allow receive_sender='*'/>
             <allow user='*'/></policy></busconfig>",
            folder.path().display()
        );
        std::fs::write(&config, text).unwrap();
        let mut process = Command::new(BUS)
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let authority = Authority { asked: asked.clone(), rule };
        let connection = runtime.block_on(async {
            zbus::connection::Builder::address(address.as_str())
                .unwrap()
                .name("org.freedesktop.PolicyKit1")
                .unwrap()
                .serve_at("/org/freedesktop/PolicyKit1/Authority", authority)
                .unwrap()
                .build()
                .await
                .unwrap()
        });
        Some(Self { process, address, asked, _runtime: runtime, _authority: connection, _folder: folder })
    }

    fn daemon(&self, settings: &str) -> Daemon {
        let folder = tempfile::tempdir().unwrap();
        Daemon::in_environment(folder, settings, &[], &[("DBUS_SYSTEM_BUS_ADDRESS", &self.address)])
    }

    fn take_asked(&self) -> Vec<Question> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn definition(name: &str) -> String {
    format!("<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os></domain>")
}

fn lookup(client: &Client, name: &str) -> ferrovirt_core::Result<DomainId> {
    client.call(&DomainLookupByName { name: name.into() })
}

/// Whoever asks may do everything, but nothing with a domain called 'secret'.
fn no_secret((_, details): &Question) -> (bool, bool) {
    (details.get("domain_name").is_none_or(|name| name != "secret"), false)
}

const CONTROLLED: &str = "access_drivers = [\"polkit\"]\n";

#[test]
fn a_domain_that_one_may_not_see_is_in_no_list_and_no_event() {
    let Some(bus) = Bus::start(no_secret) else { return };
    let daemon = bus.daemon(CONTROLLED);
    let (client, notices) = daemon.client(TEST);
    client.call(&DomainDefineXmlFlags { xml: definition("open"), flags: 0 }).unwrap();
    // What is made is not known by its name before it is made.
    let secret = client.call(&DomainDefineXmlFlags { xml: definition("secret"), flags: 0 }).unwrap();
    let all = client.call(&ConnectListAllDomains { need_results: 1, flags: 0 }).unwrap();
    let names: Vec<_> = all.domains.iter().map(|id| id.name.to_string()).collect();
    assert_eq!((&names[..], all.ret), (&["open".to_owned(), "test".to_owned()][..], 2));
    assert_eq!(*client.call(&ConnectListDefinedDomains { maxnames: 10 }).unwrap(), ["open"]);
    assert_eq!(client.call(&ConnectNumOfDefinedDomains {}).unwrap(), 1);
    assert_eq!(client.call(&ConnectListDomains { maxids: 10 }).unwrap().len(), 1);

    assert_eq!(lookup(&client, "secret").unwrap_err().code(), ErrorCode::AccessDenied);
    assert_eq!(lookup(&client, "open").unwrap().name.as_ref(), "open");
    // The name that comes with a UUID is not believed.
    let forged = DomainId { name: "open".into(), ..secret };
    let err = client.call(&DomainGetXmlDesc { dom: forged.clone(), flags: 0 }).unwrap_err();
    assert_eq!(err.code(), ErrorCode::AccessDenied);
    assert!(err.message().contains("org.libvirt.api.domain.read"), "{err}");

    client.call(&ConnectDomainEventCallbackRegisterAny { event_id: 0, dom: None }).unwrap();
    assert_eq!(client.call(&DomainCreate { dom: forged }).unwrap_err().code(), ErrorCode::AccessDenied);
    client.call(&DomainDefineXmlFlags { xml: definition("secret-2"), flags: 0 }).unwrap();
    // A client reads what comes unasked while it waits for an answer.
    let notice = std::iter::repeat_with(|| {
        client.call(&ConnectGetType {}).unwrap();
        notices.try_recv().ok()
    });
    let Some(Notice::Event(message)) = notice.flatten().next() else { panic!("the connection is gone") };
    let event: DomainEventCallbackLifecycle = message.event().unwrap();
    assert_eq!(event.msg.dom.name.as_ref(), "secret-2");
}

/// Nothing may be changed.
fn look_only((action, _): &Question) -> (bool, bool) {
    let readings = ["getattr", "read", "search-domains"];
    (readings.iter().any(|reading| action.ends_with(&format!(".{reading}"))), false)
}

#[test]
fn who_may_not_is_told_so_before_anything_is_read() {
    let Some(bus) = Bus::start(look_only) else { return };
    let daemon = bus.daemon(CONTROLLED);
    let (client, _) = daemon.client(TEST);
    let test = lookup(&client, "test").unwrap();
    bus.take_asked();
    let err = client.call(&DomainDefineXmlFlags { xml: "<no XML".into(), flags: 0 }).unwrap_err();
    assert_eq!(err.code(), ErrorCode::AccessDenied);
    let err = client.call(&DomainSuspend { dom: test.clone() }).unwrap_err();
    assert_eq!(err.code(), ErrorCode::AccessDenied);
    let asked = bus.take_asked();
    let (action, details) = asked.last().unwrap();
    assert_eq!(action, "org.libvirt.api.domain.suspend");
    assert_eq!(details["domain_name"], "test");
    assert_eq!(details["domain_uuid"], test.uuid.to_string());
    assert!(!details["connect_driver"].is_empty());
    assert_eq!(client.call(&DomainGetInfo { dom: test }).unwrap().state, 1);
}

#[test]
fn without_an_authority_nobody_may_do_anything() {
    let Some(bus) = Bus::start(no_secret) else { return };
    let daemon = bus.daemon(CONTROLLED);
    bus._runtime.block_on(async { bus._authority.release_name("org.freedesktop.PolicyKit1").await }).unwrap();
    let (client, _) = daemon.stranger("libvirt-sock");
    let err = client.call(&ConnectOpen { name: Some(TEST.into()), flags: 0 }).unwrap_err();
    assert_eq!(err.code(), ErrorCode::AuthUnavailable);
}

/// Everybody may do everything.
fn all_may(_: &Question) -> (bool, bool) {
    (true, false)
}

#[test]
fn who_comes_by_way_of_another_daemon_is_the_one_asked_about() {
    let Some(bus) = Bus::start(all_may) else { return };
    let folder = tempfile::tempdir().unwrap();
    let sockets = folder.path().display();
    let settings = format!("unix_sock_dir = \"{sockets}\"\n{CONTROLLED}");
    std::fs::write(folder.path().join("libvirtd.conf"), settings).unwrap();
    let variables = [("DBUS_SYSTEM_BUS_ADDRESS", &*bus.address)];
    let start = |name| common::launch_as(name, folder.path(), &[], &variables);
    let daemons = ["virtnetworkd", "virtproxyd"].map(start);

    let stream = std::os::unix::net::UnixStream::connect(folder.path().join("libvirt-sock")).unwrap();
    let transport = ferrovirt_rpc::frame::UnixTransport::new(stream.into());
    let client = Client::new(Box::new(transport), Box::new(|_| ())).unwrap();
    client.call(&AuthList {}).unwrap();
    let instance = if rustix::process::geteuid().is_root() { "system" } else { "session" };
    client.call(&ConnectOpen { name: Some(format!("network:///{instance}")), flags: 0 }).unwrap();
    let network = "<network><name>lan</name><bridge name='fvacc0'/></network>".into();
    client.call(&NetworkDefineXml { xml: network }).unwrap();
    let asked = bus.take_asked();
    let of = |wanted: &str| -> Vec<&str> {
        let questions = asked.iter().filter(|(action, _)| action == wanted);
        questions.map(|(_, details)| &*details["subject"]).collect()
    };
    // Both daemons ask about this process; whether it may speak for others is asked about the one between.
    let (own, between) = (std::process::id().to_string(), daemons[1].id().to_string());
    assert_eq!(of("org.libvirt.api.network.write"), [&*own, &*own]);
    assert_eq!(of("org.libvirt.api.connect.write"), [&*between]);
    for mut daemon in daemons {
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }
}

/// Looking is allowed; for more somebody would have to type a password.
fn managers_need_a_password((action, _): &Question) -> (bool, bool) {
    (action == "org.libvirt.unix.monitor", action == "org.libvirt.unix.manage")
}

/// Copies a program, by another process: were the copy open for writing in this one, a child that another test is just
/// starting could have it open as well, and a file that is being written can't be executed.
fn copy_program(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success());
}

/// Where the part that another user does finds the daemon.
const SOCKETS: &str = "FERROVIRT_TEST_SOCKETS";

#[test]
fn users_log_in_by_polkit_and_root_need_not() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("SKIPPED: this test needs a user besides its own, and so root");
    }
    let Some(bus) = Bus::start(managers_need_a_password) else { return };
    let schemes = "auth_unix_rw = \"polkit\"\nauth_unix_ro = \"polkit\"\nunix_sock_rw_perms = \"0777\"\n";
    let daemon = bus.daemon(schemes);
    let (root, _) = daemon.stranger("libvirt-sock");
    assert_eq!(*root.call(&AuthList {}).unwrap(), [0]);
    root.call(&ConnectOpen { name: Some(TEST.into()), flags: 0 }).unwrap();
    assert!(bus.take_asked().is_empty());

    std::fs::set_permissions(daemon.folder(), std::fs::Permissions::from_mode(0o755)).unwrap();
    // Where nobody can run what root has built.
    let program = daemon.folder().join("as-somebody-else");
    copy_program(&std::env::current_exe().unwrap(), &program);
    let output = Command::new(program)
        .args(["--exact", "as_somebody_else", "--ignored", "--nocapture"])
        .env(SOCKETS, daemon.folder())
        .current_dir("/")
        .uid(65534)
        .gid(65534)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    let asked: Vec<_> = bus.take_asked().into_iter().map(|(action, _)| action).collect();
    assert_eq!(asked, ["org.libvirt.unix.monitor", "org.libvirt.unix.manage"]);
}

#[test]
#[ignore = "started by another test, as another user"]
fn as_somebody_else() {
    let Some(folder) = std::env::var_os(SOCKETS) else { return };
    let connect = |name: &str| {
        let stream = std::os::unix::net::UnixStream::connect(Path::new(&folder).join(name)).unwrap();
        let transport = ferrovirt_rpc::frame::UnixTransport::new(stream.into());
        Client::new(Box::new(transport), Box::new(|_| ())).unwrap()
    };
    let open = ConnectOpen { name: Some(TEST.into()), flags: 0 };
    let looker = connect("libvirt-sock-ro");
    assert_eq!(*looker.call(&AuthList {}).unwrap(), [2]);
    assert_eq!(looker.call(&open).unwrap_err().code(), ErrorCode::Rpc, "not before it has logged in");
    looker.call(&AuthPolkit {}).unwrap();
    looker.call(&open).unwrap();
    let manager = connect("libvirt-sock");
    assert_eq!(manager.call(&AuthPolkit {}).unwrap_err().code(), ErrorCode::AuthUnavailable);
    assert_eq!(manager.call(&open).unwrap_err().code(), ErrorCode::Rpc);
}
