//! Logging in by SASL: our client on our daemon, over TCP and the host's own sockets.

mod common;
#[path = "../../../tests/support/port.rs"]
mod port;

use common::Daemon;
use ferrovirt::{Connection, ErrorCode, OpenOptions};
use ferrovirt_core::Result;
use ferrovirt_core::abi::{VIR_CRED_AUTHNAME, VIR_CRED_PASSPHRASE};
use ferrovirt_core::driver::{Authenticator, Credential};
use port::Port;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Answers with a name and a password.
struct Answers(&'static str, &'static str);

impl Authenticator for Answers {
    fn kinds(&self) -> &[i32] {
        &[VIR_CRED_AUTHNAME as i32, VIR_CRED_PASSPHRASE as i32]
    }

    fn answer(&self, questions: &mut [Credential]) -> Result<()> {
        for question in questions {
            let is_name = question.kind == VIR_CRED_AUTHNAME as i32;
            question.answer = Some(if is_name { self.0 } else { self.1 }.into());
        }
        Ok(())
    }
}

fn add_user(database: &Path, name: &str) {
    let mut child = Command::new("/usr/sbin/saslpasswd2")
        .args(["-p", "-c", "-a", "libvirt", "-f"])
        .arg(database)
        .arg(name)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"secret\n").unwrap();
    assert!(child.wait().unwrap().success());
}

/// A daemon that knows fred and mallory, and lets fred in; and its TCP port.
fn daemon() -> Option<(Daemon, Port)> {
    if !Path::new("/usr/sbin/saslpasswd2").exists() {
        eprintln!("SKIPPED: no saslpasswd2 (sasl2-bin), which makes the password file");
        return None;
    }
    let (folder, port) = (tempfile::tempdir().unwrap(), Port::reserve());
    let database = folder.path().join("passwd.db");
    ["fred", "mallory"].iter().for_each(|name| add_user(&database, name));
    let text = format!("mech_list: digest-md5\nsasldb_path: {}\n", database.display());
    std::fs::write(folder.path().join("libvirt.conf"), text).unwrap();
    let settings = format!(
        "listen_addr = \"127.0.0.1\"\nlisten_tls = 0\nlisten_tcp = 1\ntcp_port = \"{}\"\n\
         auth_tcp = \"sasl\"\nauth_unix_ro = \"sasl\"\nsasl_allowed_username_list = [ \"fred*\" ]\n",
        port.number
    );
    let place = folder.path().display().to_string();
    let variables = [("SASL_CONF_PATH", place.as_str())];
    Some((Daemon::in_environment(folder, &settings, &["--listen"], &variables), port))
}

fn open(uri: &str, name: &'static str, password: &'static str) -> Result<Connection> {
    OpenOptions::new().authenticator(Arc::new(Answers(name, password))).open(Some(uri))
}

#[test]
fn who_knows_the_password_is_let_in_and_all_is_encrypted() {
    let Some((_daemon, port)) = daemon() else { return };
    let uri = format!("test+tcp://127.0.0.1:{}/default", port.number);
    let connection = open(&uri, "fred", "secret").unwrap();
    assert!(connection.is_encrypted().unwrap() && connection.is_secure().unwrap());
    // More than one packet of the encryption, in both directions.
    let long = "x".repeat(300_000);
    let xml = format!(
        "<domain type='test'><name>web</name><description>{long}</description><memory>1024</memory>\
         <os><type>hvm</type></os></domain>"
    );
    let domain = connection.define_domain(&xml, 0).unwrap();
    assert!(domain.xml_desc(0).unwrap().contains(&long));
    for (name, password) in [("fred", "wrong"), ("nobody", "secret"), ("mallory", "secret")] {
        let refused = open(&uri, name, password).err().unwrap();
        assert_eq!(refused.code(), ErrorCode::AuthFailed, "{name}: {refused}");
    }
    let nobody_answers = Connection::open(Some(&uri)).err().unwrap();
    assert_eq!(nobody_answers.code(), ErrorCode::AuthFailed, "{nobody_answers}");
}

#[test]
fn sockets_of_the_host_can_ask_for_a_password_too() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("SKIPPED: only root's daemon has a socket for reading");
    }
    let Some((daemon, _)) = daemon() else { return };
    let uri = format!("test+unix:///default?socket={}", daemon.socket("libvirt-sock-ro").display());
    assert_eq!(open(&uri, "fred", "wrong").err().unwrap().code(), ErrorCode::AuthFailed);
    let connection = open(&uri, "fred", "secret").unwrap();
    assert!(connection.is_secure().unwrap());
    assert_eq!(connection.list_all_domains(0).unwrap().len(), 1);
}
