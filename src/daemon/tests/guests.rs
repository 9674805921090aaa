//! Real guests behind the daemon: they survive its sudden end, and one that hangs holds up nobody else.

mod common;

use common::Daemon;
use ferrovirt_core::abi::{VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_START_AUTODESTROY};
use ferrovirt_core::driver::{Received, StreamDriver};
use ferrovirt_core::{DomainId, ErrorCode};
use ferrovirt_rpc::client::Client;
use ferrovirt_rpc::frame::{Header, OutgoingMessage};
use ferrovirt_rpc::program::Program;
use ferrovirt_rpc::program::qemu::QemuDomainMonitorCommand;
use ferrovirt_rpc::program::remote::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use std::io::Write;

const EMULATOR: &str = "/usr/bin/qemu-system-x86_64";

/// A daemon with QEMU's driver; `None`, aloud, where there is no QEMU.
fn daemon() -> Option<(Daemon, &'static str)> {
    if !std::path::Path::new(EMULATOR).exists() {
        eprintln!("SKIPPED: {EMULATOR} is not installed");
        return None;
    }
    let uri = if rustix::process::geteuid().is_root() { "qemu:///system" } else { "qemu:///session" };
    Some((Daemon::start(), uri))
}

fn start(client: &Client, name: &str) -> DomainId {
    start_with(client, name, 0)
}

fn start_with(client: &Client, name: &str, flags: u32) -> DomainId {
    let xml = format!(
        "<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory>
           <os><type arch='x86_64' machine='q35'>hvm</type></os>
           <devices><emulator>{EMULATOR}</emulator><video><model type='vga'/></video></devices></domain>"
    );
    let defined = client.call(&DomainDefineXmlFlags { xml, flags: 0 }).unwrap();
    client.call(&DomainCreateWithFlags { dom: defined, flags }).unwrap()
}

fn process(daemon: &Daemon, name: &str) -> Pid {
    let path = daemon.folder().join(format!("root/run/qemu/{name}.pid"));
    let text = std::fs::read_to_string(path).unwrap();
    Pid::from_raw(text.trim().parse().unwrap()).unwrap()
}

#[test]
fn a_guest_that_is_bound_to_its_client_ends_with_it() {
    let Some((daemon, uri)) = daemon() else { return };
    let ((client, _), (other, _)) = (daemon.client(uri), daemon.client(uri));
    let dom = start_with(&other, "bound", VIR_DOMAIN_START_AUTODESTROY);
    let guest = pidfd_open(process(&daemon, "bound"), PidfdFlags::empty()).unwrap();
    // It says nothing; its socket is closed.
    drop(other);
    let patience = Timespec { tv_sec: 60, tv_nsec: 0 };
    assert_eq!(poll(&mut [PollFd::new(&guest, PollFlags::IN)], Some(&patience)).unwrap(), 1);
    // Either it is all over already, or this waits for that.
    let _ = client.call(&DomainDestroy { dom: dom.clone() });
    assert_eq!(client.call(&DomainGetState { dom, flags: 0 }).unwrap().state, VIR_DOMAIN_SHUTOFF as i32);
}

#[test]
fn who_has_closed_its_connection_has_no_bound_guests_left() {
    let Some((daemon, uri)) = daemon() else { return };
    let ((client, _), (other, _)) = (daemon.client(uri), daemon.client(uri));
    let dom = start_with(&other, "bound", VIR_DOMAIN_START_AUTODESTROY);
    other.call(&ConnectClose {}).unwrap();
    assert_eq!(client.call(&DomainGetState { dom, flags: 0 }).unwrap().state, VIR_DOMAIN_SHUTOFF as i32);
}

#[test]
fn a_guest_outlives_the_daemon_and_is_found_again() {
    let Some((mut daemon, uri)) = daemon() else { return };
    let (client, _) = daemon.client(uri);
    let dom = start(&client, "survivor");
    let before = process(&daemon, "survivor");
    daemon.kill_and_restart("");
    let (client, _) = daemon.client(uri);
    let found = client.call(&DomainLookupByName { name: "survivor".into() }).unwrap();
    assert_eq!((found.id, found.uuid), (dom.id, dom.uuid));
    assert_eq!(process(&daemon, "survivor"), before);
    client.call(&DomainSuspend { dom: found.clone() }).unwrap();
    assert_eq!(client.call(&DomainGetState { dom: found.clone(), flags: 0 }).unwrap().state, 3);

    let (kind, stream) =
        client.open_stream(&DomainScreenshot { dom: found.clone(), screen: 0, flags: 0 }).unwrap();
    let (mut picture, mut buffer) = (Vec::new(), vec![0; 65_536]);
    loop {
        match stream.stream_recv(&mut buffer, 0, false).unwrap() {
            Received::Data(0) => break,
            Received::Data(count) => picture.extend_from_slice(&buffer[..count]),
            other => panic!("{other:?}"),
        }
    }
    stream.stream_finish().unwrap();
    let begins = match kind.as_deref() {
        Some("image/png") => &b"\x89PNG"[..],
        // Older emulators make no others.
        Some("image/x-portable-pixmap") => b"P6",
        other => panic!("{other:?}"),
    };
    assert!(picture.starts_with(begins) && picture.len() > 100, "{} bytes", picture.len());
    client.call(&DomainDestroy { dom: found }).unwrap();
}

#[test]
fn a_console_is_read_and_written_through_the_daemon() {
    let Some((daemon, uri)) = daemon() else { return };
    let Some(kernel) = std::env::var_os("FERROVIRT_GUEST_KERNEL") else {
        return println!("SKIPPED: FERROVIRT_GUEST_KERNEL is not set; run cargo xtask test");
    };
    let (client, _) = daemon.client(uri);
    let xml = format!(
        "<domain type='qemu'><name>talker</name><memory unit='MiB'>256</memory>
           <os><type arch='x86_64' machine='q35'>hvm</type><kernel>{}</kernel>
             <cmdline>console=ttyS0 earlyprintk=serial panic=0</cmdline></os>
           <devices><emulator>{EMULATOR}</emulator><serial type='pty'/></devices></domain>",
        kernel.display()
    );
    let dom = client.call(&DomainCreateXml { xml_desc: xml, flags: 1 }).unwrap();
    let open = |flags| client.open_stream(&DomainOpenConsole { dom: dom.clone(), dev_name: None, flags });
    let ((), stream) = open(0).unwrap();
    client.call(&DomainResume { dom: dom.clone() }).unwrap();
    assert_eq!(stream.stream_send(b"\r\n", false).unwrap(), Some(2));
    let (mut said, mut buffer) = (Vec::new(), vec![0; 4096]);
    while !String::from_utf8_lossy(&said).contains("Linux version") {
        match stream.stream_recv(&mut buffer, 0, false).unwrap() {
            Received::Data(count) if count > 0 => said.extend_from_slice(&buffer[..count]),
            other => panic!("{other:?} after {}", String::from_utf8_lossy(&said)),
        }
    }
    // Whoever comes later takes the console over only by force.
    assert_eq!(open(2).err().unwrap().code(), ErrorCode::OperationFailed);
    let ((), _other) = open(1).unwrap();
    client.call(&DomainDestroy { dom }).unwrap();
}

#[test]
fn who_asks_a_guest_that_hangs_is_told_so_in_time() {
    let Some((mut daemon, uri)) = daemon() else { return };
    let dom = start(&daemon.client(uri).0, "hung");
    // The setting holds for guests that are found again, too, and a start could take QEMU longer.
    daemon.kill_and_restart("monitor_timeout = 1\n");
    let (client, _) = daemon.client(uri);
    let pid = process(&daemon, "hung");
    kill_process(pid, Signal::STOP).unwrap();
    let cmd = "{\"execute\":\"query-status\"}".to_owned();
    let call = QemuDomainMonitorCommand { dom: dom.clone(), cmd, flags: 0 };
    assert_eq!(client.call(&call).unwrap_err().code(), ErrorCode::OperationTimeout);
    kill_process(pid, Signal::CONT).unwrap();
    client.call(&DomainDestroy { dom }).unwrap();
}

#[test]
fn a_guest_that_hangs_holds_up_nobody_else() {
    let Some((daemon, uri)) = daemon() else { return };
    let (client, _) = daemon.client(uri);
    let hung = start(&client, "hung");
    let pid = process(&daemon, "hung");
    kill_process(pid, Signal::STOP).unwrap();
    // More questions to its monitor than there are workers, from several clients.
    let call = |serial, dom: &DomainId| {
        let cmd = "{\"execute\":\"query-status\"}".to_owned();
        let header = Header::call(Program::Qemu, 1, serial);
        let call = QemuDomainMonitorCommand { dom: dom.clone(), cmd, flags: 0 };
        OutgoingMessage::new(header, &call).unwrap().bytes().to_vec()
    };
    let mut waiting: Vec<_> = (0..6).map(|_| daemon.raw()).collect();
    for stream in &mut waiting {
        let open = ConnectOpen { name: Some(uri.to_owned()), flags: 0 };
        let open = OutgoingMessage::new(Header::call(Program::Remote, 1, 1), &open).unwrap();
        stream.write_all(open.bytes()).unwrap();
        let calls: Vec<u8> = (2..7).flat_map(|serial| call(serial, &hung)).collect();
        stream.write_all(&calls).unwrap();
    }
    // What does not ask the guest is answered, and so is everything about others.
    assert_eq!(client.call(&DomainGetInfo { dom: hung.clone() }).unwrap().state, 1);
    assert!(client.call(&DomainGetXmlDesc { dom: hung.clone(), flags: 0 }).unwrap().contains("hung"));
    let other = start(&client, "other");
    client.call(&DomainSuspend { dom: other.clone() }).unwrap();
    client.call(&DomainDestroy { dom: other }).unwrap();
    // One that stays stuck is ended, too, but the driver gives it its time first.
    kill_process(pid, Signal::CONT).unwrap();
    client.call(&DomainDestroy { dom: hung.clone() }).unwrap();
    assert_eq!(client.call(&DomainIsActive { dom: hung }).unwrap(), 0);
}
