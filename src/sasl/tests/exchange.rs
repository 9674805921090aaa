//! Both halves against each other, with a password file of the test's own.
//!
//! The library reads its configuration once a process, from a folder that the environment names: the part that logs in is this
//! program again.

use ferrovirt_core::ErrorCode;
use ferrovirt_core::abi::{VIR_CRED_AUTHNAME, VIR_CRED_PASSPHRASE};
use ferrovirt_rpc::frame::Codec;
use ferrovirt_sasl::{Client, ClientStep, Ends, MIN_SSF, Protection, Server, Step};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const PASSWORDS: &str = "/usr/sbin/saslpasswd2";
const MARK: &str = "FERROVIRT_TEST_SASL";

#[test]
fn a_client_and_a_server_agree() {
    if !Path::new(PASSWORDS).exists() {
        eprintln!("SKIPPED: no {PASSWORDS} (sasl2-bin), which makes the password file");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("passwd.db");
    let configuration = format!("mech_list: digest-md5\nsasldb_path: {}\n", database.display());
    std::fs::write(folder.path().join("libvirt.conf"), configuration).unwrap();
    let mut make = Command::new(PASSWORDS)
        .args(["-p", "-c", "-a", "libvirt", "-f"])
        .arg(&database)
        .arg("fred")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    make.stdin.take().unwrap().write_all(b"secret\n").unwrap();
    assert!(make.wait().unwrap().success());
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "configured", "--ignored", "--nocapture"])
        .env("SASL_CONF_PATH", folder.path())
        .env(MARK, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

fn server() -> Server {
    Server::new(Ends::default(), Protection::Needed(MIN_SSF)).unwrap()
}

fn client() -> Client {
    let kinds = [VIR_CRED_AUTHNAME as i32, VIR_CRED_PASSPHRASE as i32];
    let ends = Ends { host: Some("localhost"), ..Ends::default() };
    Client::new(ends, &kinds, Protection::Needed(MIN_SSF)).unwrap()
}

/// The client's next step, with questions answered.
fn go(client: &mut Client, password: &str, mut step: impl FnMut(&mut Client) -> ClientStep) -> Step {
    loop {
        match step(client) {
            ClientStep::Go(step) => return step,
            ClientStep::Ask(questions) => {
                let answer = |kind: Option<i32>| {
                    if kind == Some(VIR_CRED_AUTHNAME as i32) { "fred" } else { password }
                };
                let answers =
                    questions.iter().map(|question| Some(answer(question.credential()).into())).collect();
                client.answer(answers);
            }
        }
    }
}

fn log_in(client: &mut Client, server: &mut Server, password: &str) -> ferrovirt_core::Result<()> {
    let mechanisms = server.mechanisms()?;
    assert_eq!(mechanisms, "DIGEST-MD5");
    let mut ours = go(client, password, |client| client.start(&mechanisms).unwrap());
    let mut theirs = server.start(client.mechanism(), ours.data.as_deref())?;
    while !(ours.complete && theirs.complete) {
        ours = go(client, password, |client| client.step(theirs.data.as_deref()).unwrap());
        if !theirs.complete {
            theirs = server.step(ours.data.as_deref())?;
        }
    }
    Ok(())
}

#[test]
#[ignore = "started by another test, with a configuration"]
fn configured() {
    if std::env::var_os(MARK).is_none() {
        return;
    }
    let (mut ours, mut theirs) = (client(), server());
    log_in(&mut ours, &mut theirs, "secret").unwrap();
    assert_eq!(theirs.username().unwrap(), "fred");
    assert!(ours.ssf().unwrap() >= MIN_SSF && theirs.ssf().unwrap() >= MIN_SSF);
    let (mut ours, mut theirs) = (ours.into_layer().unwrap().unwrap(), theirs.into_layer().unwrap().unwrap());
    let plain = vec![b'x'; ours.room()];
    let coded = ours.encode(&plain).unwrap();
    assert_ne!(coded, plain);
    let (first, second) = coded.split_at(coded.len() / 2);
    let mut decoded = theirs.decode(first).unwrap();
    decoded.extend(theirs.decode(second).unwrap());
    assert!(decoded == plain);

    let (mut ours, mut theirs) = (client(), server());
    let err = log_in(&mut ours, &mut theirs, "wrong").unwrap_err();
    assert_eq!(err.code(), ErrorCode::AuthFailed);
    assert!(server().start("NOSUCH", None).is_err());
    assert!(theirs.username().is_err());
    let Err(err) = client().start("NOSUCH") else { panic!("there is no such mechanism") };
    assert_eq!(err.code(), ErrorCode::AuthFailed);
}
