//! Emulated TPMs, with real swtpm.

use crate::guests::{Events, Host, xml};
use ferrovirt::{Domain, ErrorCode};
use ferrovirt_core::abi::{
    VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED, VIR_DOMAIN_UNDEFINE_KEEP_TPM,
    VIR_DOMAIN_UNDEFINE_TPM,
};
use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;

const SECRET: &str = "11111111-2222-3333-4444-555555555555";

fn installed() -> bool {
    let found = ["swtpm", "swtpm_setup"].iter().all(|name| Path::new("/usr/bin").join(name).exists());
    if !found {
        eprintln!("SKIPPED: swtpm and swtpm_setup are not installed");
    }
    found
}

/// A guest with this backend.
fn guest(host: &Host, name: &str, backend: &str) -> Domain {
    let tpm = format!("<devices><tpm model='tpm-tis'>{backend}</tpm>");
    let text = xml(&host.guest(name, "")).replace("<devices>", &tpm);
    host.connection.define_domain(&text, 0).expect("defined")
}

fn emulator(version: &str, more: &str) -> String {
    format!("<backend type='emulator' version='{version}'>{more}</backend>")
}

fn state(host: &Host, domain: &Domain) -> PathBuf {
    Path::new(&host.path("lib/swtpm")).join(domain.uuid().to_string())
}

/// The number of the process that is the guest's TPM.
fn process(host: &Host, name: &str) -> u32 {
    let id = host.connection.lookup_domain_by_name(name).expect("known").id().id;
    let file = host.path(&format!("run/qemu/swtpm/{id}-{name}-swtpm.pid"));
    fs::read_to_string(file).expect("noted").trim().parse().expect("a number")
}

fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn a_guest_has_its_tpm_beside_it_and_keeps_what_it_knows() {
    if !installed() {
        return;
    }
    let host = Host::open();
    let domain = guest(&host, "safe", &emulator("2.0", ""));
    domain.create(0).expect("started");
    let pid = process(&host, "safe");
    assert!(runs(pid));
    let nvram = state(&host, &domain).join("tpm2/tpm2-00.permall");
    let before = fs::metadata(&nvram).expect("made").len();
    let told = domain.qemu_monitor_command(r#"{"execute":"query-tpm"}"#, 0).expect("asked");
    assert!(told.contains("emulator"), "{told}");
    domain.destroy(0).expect("ended");
    assert!(!runs(pid));
    assert!(before > 0 && nvram.exists());
    // It is made once.
    let log = host.path("log/swtpm/safe-swtpm.log");
    let made = |log: &str| fs::read_to_string(log).expect("a log").matches("Successfully authored").count();
    assert_eq!(made(&log), 1);
    domain.create(0).expect("started again");
    assert_eq!(made(&log), 1);
    domain.managed_save(0).expect("saved");
    domain.create(0).expect("taken up again");
    domain.destroy(0).expect("ended");
    domain.undefine(VIR_DOMAIN_UNDEFINE_KEEP_TPM).expect("gone");
    assert!(nvram.exists());
    let both = VIR_DOMAIN_UNDEFINE_KEEP_TPM | VIR_DOMAIN_UNDEFINE_TPM;
    let domain = guest(&host, "other", &emulator("1.2", ""));
    domain.create(0).expect("started");
    assert!(state(&host, &domain).join("tpm1.2").is_dir());
    assert_eq!(domain.undefine(both).expect_err("keep and remove").code(), ErrorCode::OperationInvalid);
    domain.destroy(0).expect("ended");
    domain.undefine(0).expect("gone");
    assert!(!state(&host, &domain).exists());
}

#[test]
fn what_outlives_a_guest_is_what_its_definition_says() {
    if !installed() {
        return;
    }
    let host = Host::open();
    let lasting = emulator("2.0", "").replace("version=", "persistent_state='yes' version=");
    let domain = guest(&host, "lasting", &lasting);
    domain.create(0).expect("started");
    // What is undefined now is transient.
    domain.undefine(0).expect("undefined");
    domain.destroy(0).expect("ended");
    assert!(state(&host, &domain).exists());
    let domain = guest(&host, "passing", &emulator("2.0", ""));
    domain.create(0).expect("started");
    domain.undefine(0).expect("undefined");
    assert!(state(&host, &domain).exists());
    domain.destroy(0).expect("ended");
    assert!(!state(&host, &domain).exists());
    // A place of the user's own stays.
    let folder = host.path("mine");
    let domain = guest(&host, "own", &emulator("2.0", &format!("<source type='dir' path='{folder}'/>")));
    domain.create(0).expect("started");
    domain.destroy(0).expect("ended");
    domain.undefine(VIR_DOMAIN_UNDEFINE_TPM).expect("gone");
    assert!(Path::new(&folder).join("tpm2-00.permall").exists());
}

#[test]
fn a_secret_encrypts_the_state_and_banks_are_switched() {
    if !installed() {
        return;
    }
    let host = Host::open();
    let inside =
        format!("<encryption secret='{SECRET}'/><active_pcr_banks><sha256/><sha512/></active_pcr_banks>");
    let domain = guest(&host, "sealed", &emulator("2.0", &inside).replace("version=", "debug='2' version="));
    let err = domain.create(0).expect_err("there is no secret");
    assert_eq!(err.code(), ErrorCode::NoSecret);
    assert!(!state(&host, &domain).exists(), "what a start made that failed is gone");
    let secret = format!(
        "<secret ephemeral='no' private='yes'><uuid>{SECRET}</uuid><usage type='vtpm'><name>v</name></usage></secret>"
    );
    let secret = host.connection.define_secret(&secret, 0).expect("defined");
    let err = domain.create(0).expect_err("it has no value");
    assert_eq!(err.code(), ErrorCode::NoSecret, "{err}");
    secret.set_value(b"sesame", 0).expect("set");
    domain.create(0).expect("started");
    let arguments = fs::read(format!("/proc/{}/cmdline", process(&host, "sealed"))).expect("runs");
    let arguments = String::from_utf8_lossy(&arguments);
    assert!(arguments.contains("pwdfd=") && arguments.contains("level=2"), "{arguments}");
    assert!(!arguments.contains("sesame"));
    let log = fs::read_to_string(host.path("log/swtpm/sealed-swtpm.log")).expect("a log");
    assert!(log.contains("Successfully activated PCR banks sha256,sha512"), "{log}");
    domain.destroy(0).expect("ended");
    // Another secret does not open it.
    let banks = "<active_pcr_banks>\n          <sha256/>\n          <sha512/>\n        </active_pcr_banks>";
    let plain = xml(&domain).replace(banks, "");
    assert!(!plain.contains("<sha256"), "{plain}");
    let domain = host.connection.define_domain(&plain, 0).expect("defined");
    secret.set_value(b"mustard", 0).expect("set");
    domain.create(0).expect_err("the state is sealed with another secret");
    assert!(state(&host, &domain).join("tpm2/tpm2-00.permall").exists(), "it was there before");
    secret.set_value(b"sesame", 0).expect("set");
    domain.create(0).expect("started");
}

#[test]
fn a_tpm_of_somebody_else_is_connected_to() {
    if !installed() {
        return;
    }
    let host = Host::open();
    let socket = host.path("outside.sock");
    let backend =
        format!("<backend type='external'><source type='unix' mode='connect' path='{socket}'/></backend>");
    let domain = guest(&host, "outside", &backend);
    domain.create(0).expect_err("nobody listens");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("listens");
    let state = host.path("outside");
    fs::create_dir(&state).expect("a folder");
    let mut emulator = Command::new("/usr/bin/swtpm")
        .args(["socket", "--tpm2", "--terminate", "--ctrl", "type=unixio,fd=0"])
        .args(["--tpmstate", &format!("dir={state}")])
        .stdin(OwnedFd::from(listener))
        .spawn()
        .expect("runs");
    domain.create(0).expect("started");
    let events = Events::of(&host.connection);
    domain.destroy(0).expect("ended");
    events.until(&("outside".to_owned(), VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED));
    emulator.wait().expect("it ends with its guest, not by us");
}
