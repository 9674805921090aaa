//! The ways to a stock libvirtd, by their URIs: programs, TCP with SASL, TLS, and its administration.
//!
//! The daemon has a network of its own, so what goes over the network is done by this program again, started there.

#[path = "../../../src/rpc/tests/common/mod.rs"]
mod common;
#[path = "../../../tests/support/script.rs"]
mod script;

use common::Daemon;
use ferrovirt::{AdminConnection, Connection, OpenOptions};
use ferrovirt_core::abi::*;
use ferrovirt_core::driver::{Authenticator, Credential};
use ferrovirt_core::{Error, ErrorCode, Result};
use rcgen::*;
use script::write_script;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Where the part in the daemon's network finds what it needs.
const FOLDER: &str = "FERROVIRT_TEST_FOLDER";

/// Runs a test of this program in the daemon's network.
fn in_network(daemon: &Daemon, test: &str) {
    let output = daemon
        .in_network(std::env::current_exe().unwrap().to_str().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(FOLDER, daemon.folder())
        .env("SASL_CONF_PATH", daemon.folder())
        .output()
        .unwrap();
    let complaints = fs::read(daemon.socket("stderr")).unwrap();
    let said = [&output.stdout[..], &output.stderr, b"the daemon:\n", &complaints].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn refusal(uri: &str) -> Error {
    Connection::open(Some(uri)).err().unwrap_or_else(|| panic!("{uri} can be opened"))
}

#[test]
fn programs_lead_to_a_daemon() {
    let Some(daemon) = Daemon::start() else { return };
    if !Path::new("/usr/bin/nc").exists() {
        eprintln!("SKIPPED: no netcat, which is what leads to the socket here");
        return;
    }
    let socket = daemon.socket("libvirt-sock");
    let script = |name: &str, text: &str| {
        let path = daemon.folder().join(name);
        write_script(&path, text);
        path.display().to_string()
    };
    let direct = script("direct", &format!("#!/bin/sh\nexec nc -U {}\n", socket.display()));
    let opened = Connection::open(Some(&format!("test+ext:///default?command={direct}"))).unwrap();
    assert_eq!(opened.uri().unwrap(), format!("test+ext:///default?command={direct}"));
    assert!(!opened.is_secure().unwrap(), "nobody knows what the program does");

    // Like ssh, it hands its last argument to a shell; which host that is on is not the test's matter.
    let ssh = script("ssh", "#!/bin/sh\nfor last; do :; done\nexec sh -c \"$last\"\n");
    let uri = format!("test+ssh://me@far/default?command={ssh}&socket={}", socket.display());
    let opened = Connection::open(Some(&uri)).unwrap();
    assert_eq!(opened.list_all_domains(0).unwrap().len(), 1);
    assert!(opened.is_secure().unwrap());

    let complaining = script("complaining", "#!/bin/sh\necho 'no route to far' >&2\nexit 255\n");
    let err = refusal(&format!("test+ssh://far/default?command={complaining}"));
    assert_eq!(err.code(), ErrorCode::SystemError);
    assert!(err.message().contains("no route to far"), "{err}");
}

#[test]
fn a_daemon_is_administered() {
    let Some(daemon) = Daemon::start() else { return };
    let uri = format!("libvirtd:///system?socket={}", daemon.socket("libvirt-admin-sock").display());
    let admin = AdminConnection::open(Some(&uri), 0).unwrap();
    assert!(admin.is_alive().unwrap());
    assert!(admin.lib_version().unwrap() >= 5_000_000);
    let names: Vec<_> =
        admin.list_servers(0).unwrap().iter().map(|server| server.name().to_owned()).collect();
    assert!(names.iter().any(|name| name == "libvirtd"), "{names:?}");
    let socket = daemon.socket("libvirt-sock").display().to_string();
    let client = Connection::open(Some(&format!("test+unix:///default?socket={socket}"))).unwrap();
    let server = admin.lookup_server("libvirtd", 0).unwrap();
    let clients = server.list_clients(0).unwrap();
    assert_eq!(clients.len(), 1);
    let info = clients[0].info(0).unwrap();
    assert!(info.get("unix_process_id").is_some(), "{info:?}");
    let limits = server.client_limits(0).unwrap();
    assert!(limits.get("nclients_max").is_some());
    let (count, outputs) = admin.logging_outputs(0).unwrap();
    assert!(count >= 1 && !outputs.is_empty());
    clients[0].close(0).unwrap();
    // What the daemon does with a client that it closes takes its time.
    while client.hostname().is_ok() {}
    assert!(!client.is_alive().unwrap());
    assert_eq!(admin.lookup_server("nosuch", 0).err().unwrap().code(), ErrorCode::NoServer);
}

/// Answers with a name and a password.
struct Fred(&'static str);

impl Authenticator for Fred {
    fn kinds(&self) -> &[i32] {
        &[VIR_CRED_AUTHNAME as i32, VIR_CRED_PASSPHRASE as i32]
    }

    fn answer(&self, questions: &mut [Credential]) -> Result<()> {
        for question in questions {
            let answer = if question.kind == VIR_CRED_AUTHNAME as i32 { "fred" } else { self.0 };
            question.answer = Some(answer.into());
        }
        Ok(())
    }
}

#[test]
fn sasl_lets_in_and_encrypts() {
    if !Path::new("/usr/sbin/saslpasswd2").exists() {
        eprintln!("SKIPPED: no saslpasswd2 (sasl2-bin), which makes the password file");
        return;
    }
    let settings = "auth_unix_rw = \"none\"\nauth_unix_ro = \"sasl\"\nunix_sock_ro_perms = \"0777\"\nlisten_tls = 0\n\
                    listen_tcp = 1\nlisten_addr = \"127.0.0.1\"\nauth_tcp = \"sasl\"\n";
    let Some(daemon) = Daemon::start_listening(
        |_| settings.to_owned(),
        |folder| {
            let database = folder.join("passwd.db");
            fs::write(
                folder.join("libvirt.conf"),
                format!("mech_list: digest-md5\nsasldb_path: {}\n", database.display()),
            )
            .unwrap();
            let mut child = Command::new("/usr/sbin/saslpasswd2")
                .args(["-p", "-c", "-a", "libvirt", "-f"])
                .arg(&database)
                .arg("fred")
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"secret\n").unwrap();
            assert!(child.wait().unwrap().success());
        },
    ) else {
        return;
    };
    in_network(&daemon, "in_network_sasl");
}

#[test]
#[ignore = "started by another test, in the daemon's network"]
fn in_network_sasl() {
    let Some(folder) = folder() else { return };
    let uri = "test+tcp://127.0.0.1/default";
    let open =
        |password, uri: &str| OpenOptions::new().authenticator(Arc::new(Fred(password))).open(Some(uri));
    let conn = open("secret", uri).unwrap();
    assert!(conn.is_encrypted().unwrap() && conn.is_secure().unwrap());
    // More than one packet of the encryption, in both directions.
    let xml = "<domain type='test'><name>web</name><description>LONG</description><memory>1024</memory>\
               <os><type>hvm</type></os></domain>";
    let long = "x".repeat(300_000);
    let web = conn.define_domain(&xml.replace("LONG", &long), 0).unwrap();
    assert!(web.xml_desc(0).unwrap().contains(&long));
    assert_eq!(refusal(uri).code(), ErrorCode::AuthFailed, "nobody there who answers");
    assert_eq!(refusal(&format!("{uri}?auth=polkit")).code(), ErrorCode::AuthFailed);

    let file = folder.join("auth.conf");
    fs::write(
        &file,
        "[credentials-f]\nauthname=fred\npassword=secret\n[auth-libvirt-127.0.0.1]\ncredentials=f\n",
    )
    .unwrap();
    let with_file = format!("{uri}?auth=sasl.DIGEST-MD5&authfile={}", file.display());
    assert!(Connection::open(Some(&with_file)).unwrap().is_alive().unwrap());
    assert_eq!(open("wrong", uri).err().unwrap().code(), ErrorCode::AuthFailed);
    let no_mechanism = format!("{uri}?auth=sasl.NONE");
    assert_eq!(open("secret", &no_mechanism).err().unwrap().code(), ErrorCode::AuthFailed);
}

#[test]
fn certificates_let_in_by_tls() {
    let settings = |folder: &Path| {
        let path = |name: &str| folder.join(name).display().to_string();
        format!(
            "auth_unix_rw = \"none\"\nlisten_tls = 1\nlisten_addr = \"127.0.0.1\"\nauth_tls = \"none\"\n\
             ca_file = \"{}\"\ncert_file = \"{}\"\nkey_file = \"{}\"\n\
             tls_allowed_dn_list = [\"O=T*,CN=goo?\"]\n",
            path("cacert.pem"),
            path("servercert.pem"),
            path("serverkey.pem")
        )
    };
    let Some(daemon) = Daemon::start_listening(settings, make_certificates) else { return };
    in_network(&daemon, "in_network_tls");
}

#[test]
#[ignore = "started by another test, in the daemon's network"]
fn in_network_tls() {
    let Some(folder) = folder() else { return };
    let uri = |host: &str, who: &str| format!("test://{host}/default?pkipath={}", folder.join(who).display());
    let conn = Connection::open(Some(&uri("localhost", "good"))).unwrap();
    assert!(conn.is_encrypted().unwrap() && conn.is_secure().unwrap());
    let xml = "<domain type='test'><name>web</name><description>LONG</description><memory>1024</memory>\
               <os><type>hvm</type></os></domain>";
    let long = "x".repeat(300_000);
    let web = conn.define_domain(&xml.replace("LONG", &long), 0).unwrap();
    assert!(web.xml_desc(0).unwrap().contains(&long));

    let err = refusal(&uri("127.0.0.1", "good"));
    assert_eq!(err.code(), ErrorCode::AuthFailed, "the daemon's certificate is for another name: {err}");
    let lenient = format!("{}&no_verify=1", uri("127.0.0.1", "good"));
    assert!(Connection::open(Some(&lenient)).is_ok());
    assert_eq!(refusal(&uri("localhost", "bad")).code(), ErrorCode::Rpc, "not on the daemon's list");
    let err = refusal("test+tls://localhost/default?pkipath=/nowhere");
    assert!(err.code() == ErrorCode::SystemError && err.message().contains("/nowhere/cacert.pem"), "{err}");
}

/// An authority, the daemon's certificate, and those of two clients in folders of their own.
fn make_certificates(folder: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "the test's own authority");
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let sign = |folder: &Path, side: &str, usage: ExtendedKeyUsagePurpose, host: Option<&str>, name: &str| {
        let hosts: Vec<_> = host.into_iter().map(str::to_owned).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Tests");
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("cacert.pem"), &authority).unwrap();
        fs::write(folder.join(format!("{side}cert.pem")), certificate.pem()).unwrap();
        fs::write(folder.join(format!("{side}key.pem")), key.serialize_pem()).unwrap();
    };
    sign(folder, "server", ExtendedKeyUsagePurpose::ServerAuth, Some("localhost"), "localhost");
    for name in ["good", "bad"] {
        sign(&folder.join(name), "client", ExtendedKeyUsagePurpose::ClientAuth, None, name);
    }
}
