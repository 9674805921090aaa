//! Clients from the network: over TCP, and over TLS with certificates.

mod common;

use common::Daemon;
use ferrovirt::{Connection, ErrorCode};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::net::TcpListener;
use std::path::Path;

/// A port that nobody has; somebody else may still be faster.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Puts an authority and a certificate for each side into a folder; the client's is for `client`.
fn write_certificates(folder: &Path, client: &str) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let signed = authority.self_signed(&authority_key).unwrap();
    std::fs::write(folder.join("cacert.pem"), signed.pem()).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    for (side, names, common) in
        [("server", vec!["localhost".to_owned()], "localhost"), ("client", vec![], client)]
    {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, common);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        std::fs::write(folder.join(format!("{side}cert.pem")), certificate.pem()).unwrap();
        std::fs::write(folder.join(format!("{side}key.pem")), key.serialize_pem()).unwrap();
    }
}

/// A daemon that listens for TLS on a port, and for clients with certificates like these.
fn with_tls(client: &str, settings: &str) -> (Daemon, u16) {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    write_certificates(folder.path(), client);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let settings = format!(
        "listen_addr = \"127.0.0.1\"\ntls_port = \"{port}\"\nca_file = \"{}\"\ncert_file = \"{}\"\nkey_file = \"{}\"\n{settings}",
        path("cacert.pem"),
        path("servercert.pem"),
        path("serverkey.pem")
    );
    (Daemon::in_folder(folder, &settings, &["--listen"]), port)
}

fn tls_uri(daemon: &Daemon, port: u16) -> String {
    format!("test+tls://localhost:{port}/default?pkipath={}", daemon.folder().display())
}

#[test]
fn a_client_with_a_certificate_is_let_in() {
    let (daemon, port) = with_tls("web", "tls_allowed_dn_list = [\"*CN=web*\"]\n");
    let connection = Connection::open(Some(&tls_uri(&daemon, port))).unwrap();
    assert!(connection.is_encrypted().unwrap() && connection.is_secure().unwrap());
    assert_eq!(connection.list_all_domains(0).unwrap().len(), 1);
    let capabilities = connection.capabilities().unwrap();
    assert!(capabilities.contains("</capabilities>"));
}

#[test]
fn one_whose_name_is_not_in_the_list_is_not() {
    let (daemon, port) = with_tls("stranger", "tls_allowed_dn_list = [\"*CN=web*\"]\n");
    let err = Connection::open(Some(&tls_uri(&daemon, port))).err().unwrap();
    assert_eq!(err.code(), ErrorCode::Rpc, "{err}");
    // Nobody else is disturbed, least of all by somebody who does not shake hands.
    let silent = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    daemon.client("test:///default");
    drop(silent);
}

#[test]
fn tcp_is_for_whom_it_is_opened() {
    let port = free_port();
    let settings = format!(
        "listen_addr = \"127.0.0.1\"\nlisten_tls = 0\nlisten_tcp = 1\ntcp_port = \"{port}\"\nauth_tcp = \"none\"\n"
    );
    let daemon = Daemon::in_folder(tempfile::tempdir().unwrap(), &settings, &["--listen"]);
    let connection = Connection::open(Some(&format!("test+tcp://127.0.0.1:{port}/default"))).unwrap();
    assert!(!connection.is_secure().unwrap());
    assert_eq!(connection.lookup_domain_by_name("test").unwrap().numeric_id(), 1);
    drop(daemon);
}
