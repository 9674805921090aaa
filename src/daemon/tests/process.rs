//! The daemon as a process: its files, its signals, how it is started and ends.

mod common;

use common::Daemon;
use ferrovirt_core::{ErrorCode, TypedParams, TypedValue};
use ferrovirt_rpc::client::Notice;
use ferrovirt_rpc::program::admin::*;
use ferrovirt_rpc::program::remote::{AuthList, ConnectGetHostname};
use rustix::process::{Pid, Signal, kill_process};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_libvirtd");

fn signal(daemon: &Daemon, signal: Signal) {
    kill_process(Pid::from_raw(daemon.pid() as i32).unwrap(), signal).unwrap();
}

#[test]
fn sockets_have_the_permissions_that_are_set() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: only root's daemon has sockets for others");
        return;
    }
    let daemon = Daemon::with("unix_sock_rw_perms = \"0770\"\nunix_sock_ro_perms = \"0755\"\n");
    let mode = |name: &str| std::fs::metadata(daemon.socket(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("libvirt-sock"), 0o770);
    assert_eq!(mode("libvirt-sock-ro"), 0o755);
    assert_eq!(mode("libvirt-admin-sock"), 0o700);
}

#[test]
fn a_signal_ends_it_in_good_order() {
    for end in [Signal::TERM, Signal::INT] {
        let mut daemon = Daemon::start();
        let (client, notices) = daemon.client("test:///default");
        signal(&daemon, end);
        assert!(daemon.wait());
        assert!(!daemon.socket("libvirt-sock").exists() && !daemon.socket("libvirtd.pid").exists());
        assert!(client.call(&ConnectGetHostname {}).is_err());
        assert!(matches!(notices.try_recv(), Ok(Notice::Closed(_))));
    }
}

#[test]
fn one_daemon_at_a_time_has_the_pid_file() {
    let daemon = Daemon::start();
    let noted = std::fs::read_to_string(daemon.socket("libvirtd.pid")).unwrap();
    assert_eq!(noted, daemon.pid().to_string());
    let second = Command::new(PROGRAM)
        .arg("--pid-file")
        .arg(daemon.socket("libvirtd.pid"))
        .arg("--config")
        .arg(daemon.socket("libvirtd.conf"))
        .arg("--root")
        .arg(daemon.folder().join("other"))
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("running already"));
    daemon.stranger("libvirt-sock").0.call(&AuthList {}).unwrap();
}

#[test]
fn without_clients_it_ends_after_its_timeout() {
    let mut daemon = Daemon::start();
    let (admin, _) = daemon.stranger("libvirt-admin-sock");
    admin.call(&AdminConnectOpen { flags: 0 }).unwrap();
    admin.call(&AdminConnectSetDaemonTimeout { timeout: 1, flags: 0 }).unwrap();
    drop(admin);
    assert!(daemon.wait());
}

#[test]
fn wrong_settings_are_told_and_nothing_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.conf");
    std::fs::write(&config, "max_clients = \"many\"\n").unwrap();
    let output =
        Command::new(PROGRAM).arg("-f").arg(&config).arg("--root").arg(folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("max_clients"), "{told}");
    let absent = Command::new(PROGRAM).args(["-f", "/nowhere/c.conf"]).output().unwrap();
    assert!(!absent.status.success());
}

#[test]
fn the_version_is_libvirts() {
    let output = Command::new(PROGRAM).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "libvirtd (libvirt) 11.3.0\n");
}

#[test]
fn the_policies_have_libvirts_actions_and_defaults() {
    let stock = |name: &str| {
        std::fs::read_to_string(format!("/usr/share/polkit-1/actions/org.libvirt.{name}.policy"))
    };
    let actions = |text: &str| -> std::collections::BTreeMap<String, String> {
        let parts = text.split("<action id=\"").skip(1);
        let default = |part: &str| {
            let (_, rest) = part.split_once("<allow_any>").unwrap();
            rest.split('<').next().unwrap().to_owned()
        };
        parts.map(|part| (part.split('"').next().unwrap().to_owned(), default(part))).collect()
    };
    for name in ["unix", "api"] {
        let ours = Command::new(PROGRAM).args(["--policy", name]).output().unwrap().stdout;
        let ours = actions(&String::from_utf8(ours).unwrap());
        assert!(ours.keys().all(|id| id.starts_with(&format!("org.libvirt.{name}."))) && ours.len() > 1);
        let Ok(stock) = stock(name) else {
            println!("SKIPPED: no stock policy '{name}' to compare with");
            continue;
        };
        let stock = actions(&stock);
        let different: Vec<_> = ours
            .iter()
            .filter(|(id, default)| stock.get(*id).is_some_and(|known| known != *default))
            .collect();
        assert!(different.is_empty(), "{different:?}");
        let unknown: Vec<_> = ours.keys().filter(|id| !stock.contains_key(*id)).collect();
        assert!(unknown.is_empty(), "libvirt has no such actions: {unknown:?}");
    }
}

#[test]
fn in_the_background_it_returns_when_clients_can_come() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("c.conf"), format!("unix_sock_dir = \"{}\"\n", folder.path().display())).unwrap();
    let status = Command::new(PROGRAM)
        .arg("-d")
        .args(["-f".into(), path("c.conf")])
        .args(["-p".into(), path("pid")])
        .args(["--root".into(), path("root")])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let pid = std::fs::read_to_string(path("pid")).unwrap().parse().unwrap();
    UnixStream::connect(path("libvirt-sock")).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    // It is no child of ours: that it is gone shows in its files.
    while path("pid").exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn sockets_that_are_handed_over_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let listener = UnixListener::bind(path("libvirt-sock")).unwrap();
    // The shell puts the socket where systemd would, and becomes the daemon.
    let mut daemon = Command::new("sh")
        .args(["-c", "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" -p \"$1/pid\" --root \"$1/root\""])
        .arg(PROGRAM)
        .arg(folder.path())
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .spawn()
        .unwrap();
    let stream = UnixStream::connect(path("libvirt-sock")).unwrap();
    let transport = Box::new(ferrovirt_rpc::frame::UnixTransport::new(stream.into()));
    let client = ferrovirt_rpc::client::Client::new(transport, Box::new(|_| ())).unwrap();
    assert_eq!(*client.call(&AuthList {}).unwrap(), [0]);
    assert!(!path("root/run/libvirt-sock").exists());
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
    assert!(path("libvirt-sock").exists(), "whoever made the socket removes it");
}

#[test]
fn limits_change_while_it_runs() {
    let daemon = Daemon::start();
    let (admin, _) = daemon.stranger("libvirt-admin-sock");
    admin.call(&AdminConnectOpen { flags: 0 }).unwrap();
    let server = || "libvirtd".to_owned();
    let set = |name: &str, value: u32| {
        let params = TypedParams::from_iter([(name.to_owned(), TypedValue::UInt(value))]);
        admin.call(&AdminServerSetThreadpoolParameters { srv: server(), params: params.into(), flags: 0 })
    };
    set("maxWorkers", 33).unwrap();
    let now = admin.call(&AdminServerGetThreadpoolParameters { srv: server(), flags: 0 }).unwrap();
    assert_eq!(now.get("maxWorkers"), Some(&TypedValue::UInt(33)));
    assert_eq!(set("minWorkers", 99).unwrap_err().code(), ErrorCode::InvalidArg);
    assert_eq!(set("magic", 1).unwrap_err().code(), ErrorCode::ArgumentUnsupported);

    let mut settings = std::fs::read_to_string(daemon.socket("libvirtd.conf")).unwrap();
    settings.push_str("max_clients = 77\n");
    std::fs::write(daemon.socket("libvirtd.conf"), settings).unwrap();
    signal(&daemon, Signal::HUP);
    let clients = || {
        let limits = admin.call(&AdminServerGetClientLimits { srv: server(), flags: 0 }).unwrap();
        limits.get("nclients_max").cloned()
    };
    while clients() != Some(TypedValue::UInt(77)) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn administrators_see_clients_and_can_send_them_away() {
    let daemon = Daemon::start();
    let (client, notices) = daemon.client("test:///default");
    let (admin, _) = daemon.stranger("libvirt-admin-sock");
    admin.call(&AdminConnectOpen { flags: 0 }).unwrap();
    let list = AdminServerListClients { srv: "libvirtd".into(), need_results: 1, flags: 0 };
    let clients = admin.call(&list).unwrap().clients;
    assert_eq!(clients.len(), 1);
    let info = admin.call(&AdminClientGetInfo { clnt: clients[0].clone(), flags: 0 }).unwrap();
    let own = TypedValue::Int(std::process::id() as i32);
    assert_eq!(info.get("unix_process_id"), Some(&own));
    assert_eq!(info.get("readonly"), Some(&TypedValue::Boolean(false)));
    admin.call(&AdminClientClose { clnt: clients[0].clone(), flags: 0 }).unwrap();
    assert!(client.call(&ConnectGetHostname {}).is_err());
    assert!(matches!(notices.try_recv(), Ok(Notice::Closed(_))));
    let unknown = AdminServerLookupClient { srv: "libvirtd".into(), id: 99, flags: 0 };
    assert_eq!(admin.call(&unknown).unwrap_err().code(), ErrorCode::NoClient);
    let elsewhere = AdminConnectLookupServer { name: "elsewhere".into(), flags: 0 };
    assert_eq!(admin.call(&elsewhere).unwrap_err().code(), ErrorCode::NoServer);
}

#[test]
fn an_administrator_can_end_it() {
    let mut daemon = Daemon::start();
    let (admin, _) = daemon.stranger("libvirt-admin-sock");
    admin.call(&AdminConnectOpen { flags: 0 }).unwrap();
    admin.call(&AdminConnectDaemonShutdown { flags: 0 }).unwrap();
    assert!(daemon.wait());
}
